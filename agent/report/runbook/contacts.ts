/** Events of outlets and contacts: what is switched, the emergency stop, lamps, the contactor. */
import { NO_CURE, type Chapter } from "./entry.ts";

export const contactEvents: Chapter = {
  "outlet.ordered": {
    level: "warn", says: "an outlet is being switched",
    means: "`outlet` was told to be `on`, or not. The next of outlet.switched or outlet.failed says what became of it.",
    cause: "`who` is `agent` or a technician; `why` is the document, `shortfall`, `emergency`, or the technician's reason.", cure: NO_CURE,
  },
  "outlet.switched": {
    level: "warn", says: "an outlet was switched", means: "It reads as ordered, and one that was opened no longer draws.", cause: "See outlet.ordered before it.", cure: NO_CURE,
  },
  "outlet.failed": {
    level: "error", says: "an outlet does not do as told",
    means: "Its state is read again before anything else is tried; nothing is assumed of it. The machine on it is counted at what the meter says.",
    cause: "`code` and `message` say what was seen: `timeout` and `unreachable` the PDU did not answer, `refused` it took no order, the outlet is locked or rests, or it reads off and still draws.",
    cure: "`curtailctl pdu ID` shows state and power of each outlet. A relay that sticks: cut the outlet at its breaker, and exchange the PDU. A PDU that does not answer: its network and its allowed clients.",
  },
  "outlet.locked": {
    level: "warn", says: "a technician has locked an outlet", means: "Nobody switches it, whatever the limit, until it is unlocked; also after a restart.", cause: "`curtailctl outlet PDU/N lock --reason WHY` by `who`.", cure: "`curtailctl outlet PDU/N unlock --reason WHY` when nobody works on it any more.",
  },
  "outlet.unlocked": {
    level: "info", says: "an outlet is no longer locked", means: "It is switched again as policy.outlets says.", cause: "`curtailctl outlet PDU/N unlock --reason WHY` by `who`.", cure: NO_CURE,
  },
  "map.started": {
    level: "info", says: "a technician looks which outlet feeds which miner", means: "One miner at a time is taken down for about half a minute and brought back.", cause: "`curtailctl map` by `who`.", cure: "`curtailctl map stop` ends it.",
  },
  "map.ended": {
    level: "info", says: "the search for outlets has ended", means: "`pairs` were found. Nothing is written before somebody says so; every miner is brought back.", cause: "It is done, or `why` says what stopped it.", cure: "`curtailctl map show` shows what was found.",
  },
  "temperature.exceeded": {
    level: "error", says: "a thermostat of the room has opened: the rack is limited",
    means: "The rack draws at most `limitW` until the contact has been closed for a while.",
    cause: "The room is too hot, or the contact cannot be read (`unreadable`): that counts as too hot.",
    cure: "Look at the room's cooling. `curtailctl why` says when the limit ends.",
  },
  "temperature.restored": {
    level: "info", says: "the thermostat is closed again: its limit has ended", means: "The rack may rise as far as its other limits allow.", cause: "The room has cooled.", cure: NO_CURE,
  },
  "frequency.low": {
    level: "warn", says: "the frequency of the mains is low: the rack sheds a step",
    means: "The rack's own meter shows less than policy.underFrequency.belowHz, and the rack draws at most `limitW` until the mains have been well for a while.",
    cause: "The grid lacks power.", cure: NO_CURE,
  },
  "frequency.restored": {
    level: "info", says: "the frequency of the mains has been well for a while: the step has ended", means: "The rack may rise as far as its other limits allow.", cause: "The grid has recovered.", cure: NO_CURE,
  },
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
