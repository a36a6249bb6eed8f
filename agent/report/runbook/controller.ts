/** Events and alarms of the controller itself: disk, clock, temperature, configuration. */
import { NO_CURE, type Chapter } from "./entry.ts";

export const controllerEvents: Chapter = {
  "command.refused": {
    level: "warn", says: "a command came over Sparkplug, and nobody writes there",
    means: "A host application wanted something of the rack or of a machine. Nothing was done: over Sparkplug only a rebirth can be asked for.",
    cause: "`topic` and `metrics` say what was wanted. Somebody takes the rack for one that is steered from there, or tries what it can do.",
    cure: "Limits are set by the grid and by `curtailctl limit`. Keep others than the host application from publishing to NCMD and DCMD in the broker's access list.",
  },
  "state.imported": {
    level: "warn", says: "this controller has taken over a rack",
    means: "It knows what the one before it knew at `exportedAt`: documents older than that are refused. Its journal goes on from `logHead` of the other one.",
    cause: "`curtaild state import` before this start.", cure: "Keep the former controller's journal: it ends at `logHead`.",
  },
  "decision.failed": {
    level: "error", says: "a fault of curtaild met what the grid has said; the rack is under its failsafe limit",
    means: "Nothing the grid has said counts until the fault is gone, but that it has stopped the rack: an emergency stays one. The failsafe limit holds and all else goes on.",
    cause: "A bug of ours. `reason` is what it says; the daemon's log has the place in the code.",
    cure: "Ask the operator to send the limit in another form, or to take back the document that came last (`curtailctl grid show`). Send us the log: `curtailctl doctor --bundle`.",
  },
  "decision.recovered": {
    level: "info", says: "what the grid has said counts again", means: "`decision.failed` is over.", cause: "The document that met the fault has ended or was replaced.", cure: NO_CURE,
  },
  "storage.failed": {
    level: "error", says: "something could not be kept on disk",
    means: "What cannot be kept cannot raise: no limit rises until the disk takes writes again. Lower limits hold at once, as ever.",
    cause: "The disk is full, read-only after an error, or /var/lib/curtaild belongs to somebody else: `reason` says what was seen.",
    cure: "`df -h /var/lib/curtaild`, `dmesg | tail`, `ls -ld /var/lib/curtaild`. Free space or replace the card, then `systemctl restart curtaild`.",
  },
  "storage.recovered": {
    level: "info", says: "the disk takes writes again", means: "Limits may rise again.", cause: "The fault is gone.", cure: NO_CURE,
  },
  "alarm.raised": {
    level: "warn", says: "something is wrong with the controller",
    means: "`alarm` names it; each alarm has an entry of its own (`curtailctl explain disk-full`). The rack is kept as before.",
    cause: "`figure` is what was measured.", cure: "Read the alarm's entry; `curtailctl doctor` looks at everything at once.",
  },
  "alarm.cleared": {
    level: "info", says: "the controller is as it should be again", means: "`alarm` is over.", cause: "What was measured is in order again.", cure: NO_CURE,
  },
  "config.reloaded": {
    level: "warn", says: "the configuration was read again",
    means: "`live` lists what holds from now on, `changes` from what to what, `restart` what was changed in the file and waits for a restart.",
    cause: "`curtailctl reload`, `systemctl reload curtaild`, or SIGHUP.", cure: "With anything in `restart`: `systemctl restart curtaild`; `curtailctl hold --for 5m` before it, to leave the rack as it is.",
  },
  "config.refused": {
    level: "error", says: "the configuration has faults and was not taken",
    means: "The one that was in force stays in force. A restart now would run the last good one under the failsafe limit.",
    cause: "A fault in the file: `faults` lists them.", cure: "Correct the file; `curtaild check /etc/curtaild/config.yaml` names each fault with its line and cure. Then reload again.",
  },
  "hold.announced": {
    level: "warn", says: "a technician has announced a restart",
    means: "When the daemon stops within `forS` seconds, the rack is left as it is instead of being parked at the failsafe limit.",
    cause: "`curtailctl hold` by `who`.", cure: "`curtailctl hold --end` takes it back.",
  },
  "hold.ended": {
    level: "info", says: "the announced restart is called off", means: "A stop parks the rack again as policy.onStop says.", cause: "`curtailctl hold --end` by `who`.", cure: NO_CURE,
  },
  "technician.ordered": {
    level: "info", says: "somebody gave an order at the rack",
    means: "Every order on the control socket is written down with the name and uid of who gave it, also one that was refused (`refused` says why). What came of it stands beside it.",
    cause: "A command of curtailctl by `who`, or another program on act.sock.", cure: NO_CURE,
  },
  "log.changed": {
    level: "info", says: "the log's level was changed", means: "`room` writes from `level` on up, until the daemon ends.", cause: "`curtailctl loglevel` by `who`.", cure: "`curtailctl loglevel info` undoes it; so does a restart.",
  },
};

/** Named in alarm.raised and alarm.cleared. */
export const alarms: Chapter = {
  "clock-unsynced": {
    level: "warn", says: "the clock is not synchronised",
    means: "Limits that depend on the time are taken at their smallest, so the rack may earn less than it could. Nothing is exceeded.",
    cause: "No time server is reached, or the clock was set by a jump within the last minute.",
    cure: "`timedatectl`; start systemd-timesyncd or chrony and let UDP 123 out. On a site without a time server set grid.clock: heartbeat.",
  },
  "disk-full": {
    level: "error", says: "the disk is nearly full",
    means: "Soon nothing can be kept, and then no limit rises.",
    cause: "Logs, captures or another program on the same disk.",
    cure: "`du -xh / | sort -h | tail`; `journalctl --vacuum-size=100M`; move what does not belong there.",
  },
  "memory-low": {
    level: "warn", says: "the controller is short of memory",
    means: "The kernel may soon end programs; the daemon would be back within seconds under the safe limit.",
    cause: "Another program on this machine, or a leak.", cure: "`ps aux --sort=-rss | head`; end what does not belong here. If it is curtaild, restart it and send a `curtailctl doctor --bundle`.",
  },
  "controller-hot": {
    level: "warn", says: "the controller is hot",
    means: "It may slow down or switch itself off. The rack's own cooling is another matter.",
    cause: "Hot air of the miners, a blocked vent, a dead fan.", cure: "Move it out of the hot aisle or give it air. Above 95 °C shut it down in order before it does so itself.",
  },
  "network-down": {
    level: "error", says: "no network port has a link",
    means: "Miners, meters and brokers cannot be reached; the rack stays as it was told last, and the failsafe limit holds when the heartbeat is too old.",
    cause: "A pulled cable, a dead switch, a port that is down.", cure: "Look at the lamps of the port and the switch; `ip link` shows which is down.",
  },
  "loop-slow": {
    level: "warn", says: "the daemon's own loop is slow",
    means: "Cycles come late. From 6 s on the watchdog restarts the daemon under the safe limit.",
    cause: "A controller that is too weak, too hot or too busy; swapping; a bug of ours.",
    cure: "`top`; end what eats the processor. If nothing does, send a `curtailctl doctor --bundle`.",
  },
  "host-unread": {
    level: "warn", says: "the controller's health cannot be read",
    means: "Temperature, disk or memory are unknown; the rack is kept as before.", cause: "The system hides /proc or /sys from the service, or they do not answer.", cure: "`curtailctl doctor`; undo drop-ins that hide more than the unit does.",
  },
};
