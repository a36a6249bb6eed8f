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
};
