/** Events of the rack as a whole: what it draws against its limit, what people do to it. */
import { NO_CURE, type Chapter } from "./entry.ts";

export const rackEvents: Chapter = {
  "schedule.begun": {
    level: "info", says: "a planned window holds",
    means: "`windows` names the windows of `schedule:` that run now, `limitW` the smallest of their limits. It narrows what the grid allows.",
    cause: "The time of day, or a clock nobody vouches for: then every window may be running, and all of them hold.",
    cure: "None where it was planned; `curtailctl schedule` shows the next ones. With `clock: unsynced` in the status: start systemd-timesyncd or chrony.",
  },
  "schedule.ended": {
    level: "info", says: "no planned window holds", means: "The rack may rise to what else limits it, by its ramp.", cause: "The last window that ran has ended.", cure: NO_CURE,
  },
  "air.cooled": {
    level: "info", says: "the air at the inlets is cool: points above the rated ones are open",
    means: "`open` of `machines` that have such points breathe air of `coolInletC` or less, and the plan may use them, under the same limit. It is told for the first machine and for the last; `airC` is the warmest air.",
    cause: "Cooler weather or better cooling, or the daemon has started and found it so. `policy.heat.coolInletC` says what is cool; air counts as cooler when it is so by two degrees.", cure: NO_CURE,
  },
  "air.warmed": {
    level: "info", says: "the air at the inlets is not cool: machines keep to their rated points",
    means: "Only `open` of `machines` may still run above their rated points; the others come down to these at once. It is told for the first machine and for the last; `airC` is the warmest air. The limit is kept as before, and may not be used up.",
    cause: "Warmer weather, warm air that comes round from the outlets, machines that do not say their air, or the daemon has started and found it so.", cure: "None in warm weather. Otherwise look for warm air that comes round to the inlets.",
  },
  "mains.lost": {
    level: "error", says: "the rack seems to be without mains",
    means: "No machine answers and no meter shows that power flows, or the meter shows no voltage. When the machines come back they are asked whether they had stopped.",
    cause: "An outage, an opened breaker or contactor, or a network switch that died with everything behind it.",
    cure: "Look at the rack: dark means the feed, lit means the network.",
  },
  "mains.returned": {
    level: "warn", says: "the mains are back after an outage",
    means: "The rack comes back as after an emergency: asleep for the restart delay, then by its ramp, under the failsafe limit until the grid confirms.",
    cause: "Power has returned, and every machine that answers had stopped.", cure: NO_CURE,
  },
  "compliance.changed": {
    level: "info", to: { unverified: "warn", "at-floor": "warn", violating: "error" }, says: "the rack's compliance has changed",
    means: "Whether the meter shows the rack within its limit; the words have entries below (`curtailctl explain violating`).",
    cause: "The limit or the draw has changed, or the meter is heard or lost.", cure: "See the entry of the word in `to`.",
  },
  "setpoint.ordered": {
    level: "info", says: "a miner was told a new setpoint",
    means: "`setpoint` is on its way to `device`; `cause` is the document or the reason behind it.",
    cause: "The limit, the plan, or a machine that strays.", cure: NO_CURE,
  },
  "setpoint.acknowledged": {
    level: "info", says: "a miner has taken its setpoint",
    means: "It said yes after `tookMs`. Only the next reading and the meter prove it.", cause: "It answered.", cure: NO_CURE,
  },
  "setpoint.failed": {
    level: "warn", says: "a miner did not take its setpoint",
    means: "The order is repeated with growing pauses, and the others make room meanwhile.",
    cause: "`code` says how: unreachable or timeout (network, a firmware that hangs), refused (wrong password, read-only API, a state that takes no orders), malformed (an answer that is none), out-of-range (outside its envelope).",
    cure: "`curtailctl device ID` shows the last error. Refused: check passwordFile and that the API allows writes. Timeout again and again: restart the miner with `curtailctl restart ID`.",
  },
  "meter.found": {
    level: "info", says: "a meter answers", means: "Its readings count from now on.", cause: "It was read for the first time, or again.", cure: NO_CURE,
  },
  "meter.lost": {
    level: "warn", says: "a meter does not answer",
    means: "What it measured is unknown. The rack is kept at the machines' own words and their upper bounds, which costs power, and compliance is unverified.",
    cause: "Its network, its power, another master on the line, or a wrong unit or profile: `message` says what was seen.",
    cure: "Look at its lamps and its cable; `curtailctl modbus read` asks it directly. For RTU check that only one master is on the line.",
  },
  "meter.disagreed": {
    level: "error", says: "the meter is not believed",
    means: "It stood still while the machines moved, or contradicts them by more than 5 %. It teaches nothing and allows nothing until it agrees again; the rack is kept by the machines' words.",
    cause: "A frozen meter, a current transformer that came off or sits on the wrong phase, a wrong scaling, or load on the feed that is no miner.",
    cure: "Compare with a clamp meter. Check the transformers and the profile's scaling (`curtailctl modbus check`). Look for foreign load on the feed.",
  },
  "meter.agreed": {
    level: "info", says: "the meter is believed again", means: "Its figures follow the orders and the machines again.", cause: "It moves again, or was repaired.", cure: NO_CURE,
  },
  "meter.stalled": {
    level: "error", says: "a meter stands still while its machines draw otherwise",
    means: "It shows the same to the last digit while the machines behind it say that they draw more or less. Where it is the rack's meter it is not believed; where it is a PDU's, single machines cannot be verified.",
    cause: "A PDU whose measuring part hangs, or a gateway that repeats old answers.",
    cure: "Compare with its web page or display. Restart its controller (most PDUs keep their outlets on); look at the gateway.",
  },
  "meter.moved": {
    level: "info", says: "a meter that stood still measures again", means: "Its figures change again.", cause: "It was restarted, or its gateway.", cure: NO_CURE,
  },
  "power.disagreed": {
    level: "warn", says: "two that measure the same power differ by more than 5 %",
    means: "For a minute a machine and its outlet, or the inlet and the outlets behind it, have shown different power. The outlet is believed, then the inlet, then the machine.",
    cause: "`device`: a firmware whose estimate is off, a wrong outlet in the configuration, or a second cord on another outlet. `meter`: transformers of the wrong ratio or direction, or a PDU that does not hang on this inlet.",
    cure: "`curtailctl map` finds which outlet feeds which machine. Compare with clamp meter or display; check ratio and direction of the transformers.",
  },
  "power.agreed": {
    level: "info", says: "two that measure the same power agree again", means: "They are within 5 % of each other.", cause: "What differed was corrected, or the machine runs at another setting.", cure: NO_CURE,
  },
  "load.unregistered": {
    level: "warn", says: "power is drawn that no registered machine explains",
    means: "`where` draws `powerW`: an outlet without a registered miner, a feed beyond the sum of its outlets, or a rack that should be off. It counts against the limit and cannot be lowered.",
    cause: "A machine nobody has entered, a second rack on the same feed, fans or a switch behind the meter, or a miner that does not sleep.",
    cure: "Go and look at `where`. Enter the machine under miners, or say what it is with outlets: [{ outlet: N, feeds: ... }] of its meter.",
  },
  "load.removed": {
    level: "info", says: "the unexplained power is gone", means: "`energyWh` is what it has used meanwhile.", cause: "It was unplugged, switched off or registered.", cure: NO_CURE,
  },
  "technician.limited": {
    level: "warn", says: "a technician has limited the rack",
    means: "The rack draws at most `limitW`, until `untilMs` or until it is cleared. It outlives restarts.",
    cause: "`curtailctl limit` or `curtailctl stop` by `who`.", cure: "`curtailctl limit clear` ends it.",
  },
  "technician.cleared": {
    level: "warn", says: "a technician has ended the limit at the rack",
    means: "The rack may rise to what the grid allows.", cause: "`curtailctl limit clear` by `who`.", cure: NO_CURE,
  },
  "prove.started": {
    level: "warn", says: "a proof test of the rack has begun", means: "It draws at most the first of `limitsW`, and comes back by itself.", cause: "`curtailctl prove` by `who`.", cure: "`curtailctl prove stop` ends it.",
  },
  "prove.step": {
    level: "info", says: "the proof test goes on", means: "`limitW` holds now.", cause: "The step before has settled, or five minutes were over.", cure: NO_CURE,
  },
  "prove.ended": {
    level: "info", says: "the proof test is over", means: "Its limit is gone; `state` says whether it was done or stopped, and `why`.", cause: "It came to its end, was stopped, or could not go on.", cure: "`curtailctl prove show` says what was measured.",
  },
  "drill.started": {
    level: "warn", says: "a drill of the rack has begun", means: "It draws at most the first of `limitsW`, and comes back by itself.", cause: "`curtailctl drill` by `who`.", cure: "`curtailctl prove stop` ends it.",
  },
  "drill.step": {
    level: "info", says: "the drill goes on", means: "`limitW` holds now.", cause: "The step before has settled, or five minutes were over.", cure: NO_CURE,
  },
  "drill.ended": {
    level: "info", says: "the drill is over", means: "Its limit is gone; `state` says whether it was done or stopped, and `why`.", cause: "It came to its end, was stopped, or could not go on.", cure: "`curtailctl prove show` says what was measured.",
  },
};
