/** What a mixed rack is made of. */
import type { FirmwareName } from "../../drivers/sim/firmwares.ts";

/** Given out in turn, each with models of its own. */
export const MIXED: readonly FirmwareName[] = ["luxos", "whatsminer-v2", "antminer", "braiins", "vnish", "whatsminer-v3"];
/** Their answers come when the work is done. */
export const ANSWERS_LATE: ReadonlySet<string> = new Set<FirmwareName>(["antminer"]);
/** Machines draw some percent more than their models say: without this nothing would be at rest. */
export const MIXED_ROOM = 1.15;
