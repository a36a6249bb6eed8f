/** Events of contacts: the emergency stop, lamps, the contactor. */
import { NO_CURE, type Chapter } from "./entry.ts";

export const contactEvents: Chapter = {
  "estop.latched": {
    level: "error", says: "the emergency stop was pushed, or its contact cannot be read",
    means: "Every machine goes to sleep, and outlets open where policy.outlets lets them. It holds over restarts, whatever the grid says, until it is cleared at the rack.",
    cause: "`contact` is `open`: somebody pushed the button, or its cable is cut. `unreadable`: three reads over two seconds said nothing: the box has no power, or its network is down.",
    cure: "Look why it was pushed. Then turn the button until it comes out, `curtailctl estop` shows what the contacts say, and `curtailctl estop reset` clears it.",
  },
  "estop.reset": {
    level: "warn", says: "a technician has cleared the emergency stop", means: "The rack wakes as far as its limit allows, after the delay that spreads restarts.", cause: "`curtailctl estop reset` by `who`.", cure: NO_CURE,
  },
  "output.switched": {
    level: "info", says: "a lamp or the contactor was switched", means: "`output` reads `on`, as it should.", cause: "What a lamp shows has changed, or an emergency stop opened or released the contactor.", cure: NO_CURE,
  },
  "output.failed": {
    level: "error", says: "a lamp or the contactor does not follow",
    means: "`output` could not be switched, or does not read as ordered; it is tried again every second. A contactor that does not open leaves the machines under power, asleep.",
    cause: "`message` says what was seen: no network, a box that takes no orders, or a relay that sticks.",
    cure: "`curtailctl pdu` shows what its box says; look at its network and its relay. Cut the rack at its breaker if power has to go.",
  },
};
