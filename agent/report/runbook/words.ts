/** The words status and documents use: states, compliance, sources of limits, codes of refusal. */
import { NO_CURE, type Chapter, type Entry } from "./entry.ts";

const entry = (means: string, cause: string, cure: string = NO_CURE): Entry => ({ level: "info", says: "", means, cause, cure });

export const states: Chapter = {
  init: entry("The daemon has started and waits for the grid to confirm. Until then the failsafe limit holds beside what is stored.", "A start.", "It passes within seconds of the first heartbeat. If it stays: `curtailctl doctor`, then ask the operator whether heartbeats are sent."),
  controlled: entry("The grid is heard, and nothing it allows binds the rack.", "All is well."),
  limited: entry("The grid is heard, and a limit binds the rack.", "An allocation, an event, or a limit of the rack's own."),
  failsafe: entry("The grid is not heard, or has not confirmed: the failsafe limit holds. What was still valid holds too, if smaller.", "No heartbeat for longer than allowed: the uplink, the broker, or the operator's system.", "`curtailctl doctor` looks at the uplink and brokers. If they are fine, ask the operator. It ends by itself when the heartbeat is back."),
  emergency: entry("The grid has called an emergency: every miner sleeps until it is released.", "A signed EMERGENCY.", "Only the operator's RELEASE ends it, whatever is restarted here."),
  restoring: entry("The rack waits its random delay, or climbs its ramp, after an emergency or an outage.", "So that racks do not all rise at once.", "Wait; `curtailctl status` says how long still."),
};

export const complianceWords: Chapter = {
  "not-limited": entry("Nothing limits the rack.", "The grid allows more than the rack can draw."),
  settling: entry("The rack is on its way down and still within the time it has.", "A new, lower limit."),
  compliant: entry("The meter shows the rack within its limit.", "All is well."),
  unverified: entry("Nothing proves that the rack is within its limit, and nothing proves the opposite.", "No fresh meter with role rack, or silent miners.", "`curtailctl devices` and `curtailctl modbus read`: bring the meter and the silent miners back."),
  "at-floor": entry("Everything that can be put to sleep sleeps, and the rack still draws more than its limit.", "Sleeping miners, fans, switches and foreign load draw something; or miners that do not answer.", "Tell the operator the rack's floor. Bring silent miners back; take foreign load off the feed."),
  violating: entry("The meter shows more than the limit, and the time to come down is over.", "Miners that do not answer or do not obey, or load on the feed that is no miner.", "`curtailctl devices` shows who draws what; switch off by hand what does not obey. `curtailctl events` shows which orders failed."),
};

export const sources: Chapter = {
  allocation: entry("The grid's allocation to this rack, or its share of a site's.", "A document of the operator."),
  event: entry("A limit event of the grid.", "A document of the operator; `bindingDoc` names it."),
  breaker: entry("What the rack's own feed carries (node.breakerW).", "The grid allows more than the feed can carry.", "Nothing; correct node.breakerW if it is wrong."),
  schedule: entry("A schedule of the rack or of its allocation.", "The time of day."),
  thermal: entry("Something is too hot.", "Hot air, dead fans.", "Look after the cooling; the limit rises by itself when it is cooler."),
  technician: entry("Somebody limited the rack with curtailctl.", "`curtailctl limit` or `curtailctl stop`.", "`curtailctl limit clear`."),
  estop: entry("The emergency stop at the rack was pressed.", "A contact, or `curtailctl estop`.", "Make sure it is safe, release the button, then take the stop back as its command says."),
  contract: entry("A contract's limit on energy or peak power.", "The interval's energy is nearly used up."),
};

export const refusals: Chapter = {
  SCHEMA: entry("It is no document as GLA/1 has it.", "A fault in the operator's system, or a stranger who publishes.", "Send the operator the reason; check who may publish (broker ACL)."),
  NEGATIVE: entry("A power in it is below zero.", "A fault in the operator's system.", "Send the operator the reason."),
  UNSIGNED: entry("It carries no signature, and signatures are required.", "A stranger who publishes, or an operator who has not begun to sign.", "Check the broker's ACL; ask the operator."),
  BAD_SIGNATURE: entry("Its signature is none of a key this rack knows.", "A forgery, a key that has been taken back, or keys this rack has not got.", "Ask the operator for its fingerprint (`curtailctl device-key` shows ours); check grid.rootKeyFile."),
  AUDIENCE: entry("It is signed, but for another rack or topic.", "A document copied from elsewhere, by mistake or on purpose.", "Ask the operator; check who may publish."),
  REPLAY: entry("Its number is not newer than the last on its topic.", "An old message sent again, or an operator who lost count after a restart.", "When the operator restarted, it has to begin a new epoch. Otherwise somebody replays: check who may publish."),
  EXPIRED: entry("Its time is over.", "A slow link, or clocks that disagree.", "Check this clock (`timedatectl`) and the operator's."),
  INVALID_TIME: entry("Its times make no sense: they end before they begin, or lie too far ahead.", "A fault in the operator's system, or clocks that disagree.", "Check this clock; send the operator the reason."),
  NOT_APPLICABLE: entry("It cannot be applied here: no share is granted, or what it refers to is not there.", "An event for a site or area this rack has no share of.", "Ask the operator for the share, or set grid.shares."),
  TOO_LARGE: entry("It is larger than documents may be.", "A fault, or somebody who tries.", "Send the operator the reason; check who may publish."),
  STORAGE: entry("It could not be kept on disk, and what cannot be kept cannot raise.", "The disk: see storage.failed.", "See storage.failed."),
  FLOOD: entry("Too many messages came at once.", "A loop in somebody's system, or somebody who tries.", "Find who publishes; the broker can limit it."),
  INTERNAL: entry("A fault of curtaild met this document. Nothing of it was taken and what was in force holds; an EMERGENCY stops the rack all the same.", "A bug of ours: the daemon's log has it with the place in the code, once a minute.", "Ask the operator to send the limit in another form (the short form is the plainest). Send us the log and the document: `curtailctl doctor --bundle`."),
};
