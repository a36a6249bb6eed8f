/** Events of the way between the grid operator and this rack. */
import { NO_CURE, type Chapter } from "./entry.ts";

export const gridEvents: Chapter = {
  "signal.accepted": {
    level: "info", says: "a grid document was verified and taken",
    means: "An allocation, limit, emergency or other document of the operator holds from now on, or from the time it names.",
    cause: "The operator published it.", cure: NO_CURE,
  },
  "signal.refused": {
    level: "warn", says: "a grid document was refused",
    means: "What came did not verify or cannot be followed. Nothing of it is in force; what held before holds on. `count` of them came in the last minute.",
    cause: "`code` and `reason` say why; each code has an entry of its own below (`curtailctl explain REPLAY`). With `alarm: true` somebody may be forging or replaying documents.",
    cure: "Read the entry of the code. Tell the operator the document's id and the reason. With an alarm, tell whoever guards the broker, and check its ACL.",
  },
  "signal.cancelled": {
    level: "info", says: "a grid document was cancelled",
    means: "The operator took it back; it binds no more. What else is in force binds on.",
    cause: "A CANCEL of the operator, or its own end while it waited.", cure: NO_CURE,
  },
  "signal.superseded": {
    level: "info", says: "a newer grid document took the place of another",
    means: "`by` names the document that holds instead.", cause: "The operator published a newer one.", cure: NO_CURE,
  },
  "signal.ended": {
    level: "info", says: "a grid document has run out",
    means: "Its time is over; the rack goes to what else is in force.", cause: "Its end was reached.", cure: NO_CURE,
  },
  "signal.unconfirmed": {
    level: "error", says: "the grid is heard and has confirmed nothing for two minutes",
    means: "The failsafe limit holds until the operator confirms. Heartbeats come, but what they name is not what this rack holds.",
    cause: "The operator's system does not know what it has said here: it was set up anew, or another system speaks too. `topics` are those on which the two differ.",
    cure: "Ask the operator for the documents again, or for a heartbeat whose `last` is what `held` in `curtailctl --json status` shows.",
  },
  "signal.confirmed": {
    level: "info", says: "the grid has confirmed again",
    means: "The failsafe limit holds no more.", cause: "A heartbeat named what is held, or a document came after one.", cure: NO_CURE,
  },
  "emergency.latched": {
    level: "error", says: "the grid has called an emergency",
    means: "Every miner is put to sleep and stays so, over restarts and power cuts, until the operator releases it.",
    cause: "A signed EMERGENCY of the operator.",
    cure: "Nothing at the rack ends it. Ask the operator; `curtailctl grid documents` names the document and `curtailctl status` what is drawn.",
  },
  "emergency.released": {
    level: "warn", says: "the grid has released the emergency",
    means: "The rack may rise again, after its random delay and along its ramp.",
    cause: "A signed RELEASE of the operator.", cure: NO_CURE,
  },
  "keys.changed": {
    level: "warn", says: "the operator's signing keys have changed",
    means: "Documents are verified with the keys named in `kids` from now on.",
    cause: "A key set signed with the operator's root key.", cure: "Nothing, when the operator has announced it; ask otherwise.",
  },
  "gap.opened": {
    level: "warn", says: "a grid document is missing",
    means: "A newer document exists than the one held. Until it comes no limit is raised.",
    cause: "A message was lost, or the broker forgot what it retains.",
    cure: "It usually heals in seconds: the agent asks the broker again. When it stays, ask the operator to publish what it retains for this rack again.",
  },
  "gap.healed": {
    level: "info", says: "the missing grid document has come",
    means: "What the operator said is complete again.", cause: "The broker sent it, or the operator published it again.", cure: NO_CURE,
  },
  "link.connected": {
    level: "info", says: "connected to the broker",
    means: "Documents can come and reports can go. `count` says how often since the start.", cause: "The broker answered.", cure: NO_CURE,
  },
  "link.lost": {
    level: "warn", says: "lost the connection to the broker",
    means: "Nothing new is heard. The limit in force holds; when the heartbeat is older than allowed, the failsafe limit holds too.",
    cause: "The network, the broker, or its credentials: `reason` says what was seen.",
    cure: "`curtailctl doctor` tries name, port, TLS and login one after the other. Most often: the uplink is down, a certificate has run out, or the broker restarts.",
  },
  "vtn.answered": {
    level: "info", says: "the VTN is heard",
    means: "A whole answer came and was taken: what its events state is in force beside all else.", cause: "The VTN answered, for the first time or again.", cure: NO_CURE,
  },
  "vtn.lost": {
    level: "warn", says: "the VTN is lost",
    means: "No whole answer came for longer than openadr.lostAfterS. Its events in force bind on, and the failsafe limit holds besides.",
    cause: "The network, the VTN, its certificate or our credentials: `reason` says what was seen last.",
    cure: "`curtailctl grid show` says the reason. Not let in (401, 403): ask for the client id and secret again. TLS: openadr.caFile is not the VTN's authority, or this clock is wrong. Sent elsewhere: the address in openadr.url has moved.",
  },
  "vtn.said": {
    level: "warn", says: "the VTN says something that people should read",
    means: "An alert, or words that this rack cannot follow. With type UNCLEAR the failsafe limit holds while its interval lasts.",
    cause: "The program's owner wrote it; `text` is theirs.", cure: "Read it. For UNCLEAR and for CONTROL and DISPATCH types tell the program's owner what this rack follows (docs/openadr.md).",
  },
  "mode.changed": {
    level: "info", to: { failsafe: "warn", emergency: "error" }, says: "the rack's state under the grid has changed",
    means: "`from` and `to` are states; each has an entry below (`curtailctl explain failsafe`).",
    cause: "A document, the loss or return of the heartbeat, or the end of a delay.", cure: "See the entry of the state in `to`; `curtailctl why` says it in a sentence.",
  },
  "limit.changed": {
    level: "info", says: "another limit binds the rack",
    means: "The rack may draw `toW` from now on, because of `source`; each source has an entry below.",
    cause: "A document began or ended, or something of the rack's own became the smallest limit.", cure: "`curtailctl why` says why in a sentence.",
  },
};
