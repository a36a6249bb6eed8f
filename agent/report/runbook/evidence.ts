/** Events of what is recorded for others to rely on: journal, energy records, what waits to be sent, register, licence. */
import { NO_CURE, type Chapter } from "./entry.ts";

export const evidenceEvents: Chapter = {
  "journal.failed": {
    level: "error", says: "the journal cannot be written",
    means: "The rack is kept as before. What happens waits in memory; when 8 MB wait, further lines are only counted.",
    cause: "The disk is full, read-only or failing: `reason` says what was seen.", cure: "`df -h /var/lib/curtaild`, `dmesg | tail`. Free space; the journal goes on by itself within 5 s.",
  },
  "journal.recovered": { level: "info", says: "the journal is written again", means: "What waited is written; a line `lost` counts what found no room.", cause: "The disk takes writes again.", cure: NO_CURE },
  "journal.damaged": {
    level: "error", says: "the journal does not end where it should",
    means: "Lines are missing at its end, or its last line was changed, while the daemon was not running. A line in the journal says so for ever.",
    cause: "Somebody edited or restored files in the journal's directory, or the disk lost what it had promised to keep.", cure: "`sudo curtailctl journal verify` names the lines. Keep the directory as it is and tell whoever relies on it.",
  },
  "outbox.refused": {
    level: "error", says: "the broker does not take a record, and it is set aside",
    means: "It stays on disk and is not sent again; the journal has what it says. The records behind it go on.",
    cause: "The rack may not publish to `topic`, or the broker has a size limit: `reason`.", cure: "Correct the rack's access rights at the broker, then restart curtaild: what was set aside is offered once more.",
  },
  "summaries.stopped": {
    level: "warn", says: "summaries are no longer stored",
    means: "The disk is nearly full and the rest is kept for evidence: limits, energy records and the journal go on.",
    cause: "Less than evidence.reserveMB is free, or the disk refused a write: `reason`.", cure: "Free space: `du -xh /var | sort -h | tail`.",
  },
  "summaries.resumed": { level: "info", says: "summaries are stored again", means: "There is room on the disk.", cause: "Space was freed.", cure: NO_CURE },
  "summaries.dropped": {
    level: "warn", says: "old summaries were dropped", means: "The farm's broker was away for so long that the oldest `count` had to go. Energy records and the journal are whole.",
    cause: "Seven days, or the room set apart for them, are used up.", cure: "Bring the farm's broker back, or set farm: null if there is none.",
  },
  "meter.replaced": {
    level: "warn", says: "a meter counts from another figure",
    means: "Its energy register went from `fromWh` to `toWh` and no rollover explains it. The quarter hour is recorded from measured power instead and marked.",
    cause: "The meter was exchanged or reset.", cure: "Write down both registers and tell whoever bills by them.",
  },
  "equipment.added": { level: "info", says: "a machine or board was seen for the first time", means: "`item` is in the register now.", cause: "It was installed, or its serial could be read for the first time.", cure: "`curtailctl equipment` lists what is known." },
  "equipment.changed": {
    level: "warn", says: "a machine is not what it was",
    means: "`field` of `item` went from `from` to `to`.", cause: "A swap of machine, board or firmware, or a move to another outlet.", cure: "Nothing if it was you. Otherwise find out who was at the rack.",
  },
  "licence.expiring": { level: "warn", says: "the licence ends soon", means: "It holds until `expires`; `daysLeft` are left.", cause: "The calendar.", cure: "Renew it and write the new date into evidence.licence.expires." },
  "licence.expired": {
    level: "error", says: "the licence has expired",
    means: "As evidence.licence.onExpiry says, the rack goes on, comes down to the failsafe limit, or stops mining: `policy`.",
    cause: "The day in evidence.licence.expires is over.", cure: "Renew it and write the new date into the configuration.",
  },
};
