/** Assembles what is recorded for others to rely on. */
import type { Clock } from "../runtime/clock.ts";
import type { Disk } from "../runtime/disk.ts";
import { openJournal, type Journal } from "../record/journal.ts";
import type { SigningKey } from "../signal/jws.ts";
import type { Attendant } from "./attendant.ts";
import { Recorder, type RecordOptions } from "./journal.ts";
import { sealedBy } from "./seal.ts";

export interface EvidenceOptions extends Omit<RecordOptions, "journal"> {
  readonly clock: Clock;
  /** Where the journal lies. */
  readonly disk: Disk;
  readonly key: SigningKey | null;
  readonly keepDays: number;
  readonly packAfterDays: number;
}

export interface Evidence {
  readonly attendants: readonly Attendant[];
  readonly journal: Journal;
  readonly logHead: () => string | null;
  /** After the daemon's last word. */
  close(): Promise<void>;
}

/** Rejects when the journal cannot be read: the rack is kept without one then, and says so. */
export async function openEvidence(options: EvidenceOptions): Promise<Evidence> {
  const { clock, disk, key, keepDays, packAfterDays } = options;
  const journal: Journal = await openJournal({ disk, clock, seal: sealedBy(key), keepDays, packAfterDays, trouble: (reason) => recorder.trouble(reason) });
  const recorder = new Recorder({ ...options, journal });
  return { attendants: [recorder], journal, logHead: () => recorder.logHead, close: () => journal.close() };
}
