/** Events of single machines. */
import { NO_CURE, type Chapter } from "./entry.ts";

export const deviceEvents: Chapter = {
  "device.found": {
    level: "info", says: "a miner answers", means: "It is read and can be told what to do.", cause: "It was read for the first time, or again.", cure: NO_CURE,
  },
  "device.lost": {
    level: "warn", says: "a miner does not answer",
    means: "A silent miner is not an idle one: it is counted at what the meter leaves possible, without a meter at its nameplate, and the others make room for it.",
    cause: "`reason` and `message` say what was seen: no network, a reboot, an API that hangs, or no power.",
    cure: "Ping it; look at its lamps and its switch port. `curtailctl restart ID` if its API still answers, else switch its outlet off for 30 s by hand.",
  },
  "device.hot": {
    level: "warn", says: "a miner is held lower because it is too hot",
    means: "Before its firmware has to, it gets no raise, then less power step by step, and sleeps where that is not enough (`asleep`). The others take over what it leaves.",
    cause: "`by` and `reading`: a board or a chip at its `limit`, fans that stand, or air within 10 °C of the warmest that it is made for. Warm air, dust, a fan that is worn out.",
    cure: "Look at fans, filters and the air at its inlet. It comes back by itself when it has been 5 °C under its limit for a minute.",
  },
  "device.cooled": {
    level: "info", says: "a miner has cooled and is planned with in full", means: "It was under its limit by 5 °C for long enough at each step up.", cause: "Cooler air, or fans that turn again.", cure: NO_CURE,
  },
  "device.quarantined": {
    level: "warn", says: "a miner does not do as told and is kept asleep",
    means: "What it draws does not follow what it confirms. It is put to sleep for a while and then tried again.",
    cause: "A firmware that reads back orders without following them, a wrong model in the configuration, or a fault of its supply.",
    cure: "Check its model and firmware with `curtailctl probe HOST`. If it comes back here, take it out with `curtailctl maintenance ID` and look at it.",
  },
  "device.readmitted": {
    level: "info", says: "a miner is tried again", means: "Its quarantine is over; it gets power like the others.", cause: "The time of its quarantine has passed.", cure: NO_CURE,
  },
  "device.restarted": {
    level: "warn", says: "a technician has restarted a miner", means: "It boots and comes back under the limit.", cause: "`curtailctl restart` by `who`.", cure: NO_CURE,
  },
  "device.replaced": {
    level: "info", says: "a miner is replaced by another", means: "What was learnt of the old machine is forgotten; the new one is used from the daemon's next start on.",
    cause: "`curtailctl replace` by `who`.", cure: "Restart the daemon if that is still to come: `systemctl restart curtaild`.",
  },
  "device.rebooted": {
    level: "warn", says: "a miner has started anew", means: "Its uptime went back, from `wasS` to `isS` seconds: it may be at its own default settings, and is told again.",
    cause: "A technician, its firmware, or its supply.", cure: "If it does so again and again, look at its log and its supply.",
  },
  "device.blinked": {
    level: "info", says: "a technician lets a miner blink", means: "Its lamp shows where it stands; its work goes on.", cause: "`curtailctl blink` by `who`.", cure: "`curtailctl blink ID --off` ends it.",
  },
  "miner.appeared": {
    level: "info", says: "discovery has found a miner that is new", means: "Something mines in the network that was not there at the last look, or came back. If `device` is null the configuration does not name it, and curtaild does not control it.",
    cause: "A machine was plugged in, or its network works again. `is` says what it is.", cure: "`curtailctl discover NETWORK --write` makes its entry in the configuration; then `curtailctl map` finds its outlet.",
  },
  "miner.vanished": {
    level: "warn", says: "discovery does not find a miner any more", means: "Two looks in a row have not found it, nor anybody else at its address.",
    cause: "It was taken out, has no power, or its network is down. `outlet` says where it hung.", cure: "Look for it there. If another stands in its place: `curtailctl replace ID HOST`.",
  },
  "miner.changed": {
    level: "warn", says: "discovery finds another machine or firmware at a known address", means: "It is not what it was (`was`, `is`): a driver made for the one may not control the other.",
    cause: "Its firmware was changed or updated, or the machine was swapped; then `mac` and `wasMac` differ.", cure: "`curtailctl discover HOST --write --update` puts what it is into the configuration; then `curtailctl reload`.",
  },
  "miner.moved": {
    level: "warn", says: "a miner has another address", means: "The same machine (`mac`, `serial`) answers at `address` and no longer at `from`. Configured by its old one it is not controlled.",
    cause: "DHCP gave it a new lease.", cure: "Give it a fixed lease, or `curtailctl replace ID HOST` with its new address.",
  },
  "pool.strayed": {
    level: "warn", says: "a miner hashes for somebody it may not hash for",
    means: "Its power pays another. curtaild changes no pool and leaves it running.",
    cause: "`url` and `worker` are not among `pools` of the configuration: somebody changed its pools, a backup pool has taken over, or the configuration is out of date.",
    cure: "Look at the miner's pools in its own web interface and change its password; if they are right, add them to `pools` in the configuration.",
  },
  "pool.returned": {
    level: "info", says: "a miner hashes for whom it may again", means: "Its active pool and worker are among `pools` of the configuration, or it has stopped hashing (`to`).", cause: "Its pools were put right.", cure: NO_CURE,
  },
  "firmware.released": {
    level: "info", says: "what orders had switched off in a miner is on again",
    means: "Its firmware's own controllers, or boards, named in `gave`, work as before curtailment.", cause: "Nothing has limited the rack for a minute.", cure: NO_CURE,
  },
  "firmware.held": {
    level: "warn", says: "what orders had switched off in a miner could not be switched on again",
    means: "It runs on without what `owes` names; the next try is in five minutes.", cause: "`reason` is what the miner said.", cure: "Look at the miner; `curtailctl device ID` shows what is still owed.",
  },
  "maintenance.begun": {
    level: "warn", says: "a miner is left alone",
    means: "It is told nothing, also after a restart of the daemon; it is counted at what the meter says.", cause: "`curtailctl maintenance` by `who`.", cure: "`curtailctl maintenance ID --end` takes it up again.",
  },
  "pin.set": {
    level: "warn", says: "a technician has pinned a miner", means: "It runs at `pin` as long as the limit leaves room for it, before all others; also after a restart of the daemon.", cause: "`curtailctl pin` by `who`.", cure: "`curtailctl pin ID --end` lets it go where it earns most.",
  },
  "pin.cleared": {
    level: "info", says: "a miner is no longer pinned by a technician", means: "It runs where the plan has it, or where the configuration pins it.", cause: "`curtailctl pin --end` by `who`.", cure: NO_CURE,
  },
  "maintenance.ended": {
    level: "info", says: "a miner is under control again", means: "It is planned and told like the others.", cause: "`curtailctl maintenance --end` by `who`.", cure: NO_CURE,
  },
};
