/** A rig in a process of its own, asked over the IPC channel. Ends with the benchmark, however that ends. */
import { startRig, type RigAsic, type RigOptions, type RigPdu } from "../../drivers/sim/rig.ts";

export interface RigTold {
  readonly asics: readonly RigAsic[];
  readonly pdus: readonly RigPdu[];
  readonly nominalW: number;
}

/** What the ASICs took since the counts were last set to zero, by the simulators' own clock. */
export interface Tally {
  /** ASICs with at least one acknowledged write. */
  readonly written: number;
  readonly writes: number;
  readonly requests: number;
  /** Of one machine, by its driver, the mean. */
  readonly requestsOf: Readonly<Record<string, number>>;
  /** Wall time of the last acknowledged write of any ASIC; null: none. */
  readonly lastWriteAtMs: number | null;
  /** CPU time of this process, user and system. */
  readonly cpuMs: number;
}

export type RigQuestion = { readonly ask: "tally" } | { readonly ask: "reset" } | { readonly ask: "fault"; readonly ids: readonly string[]; readonly fault: string };

export interface RigAnswer {
  readonly tally: Tally;
}

const options = JSON.parse(process.argv[2] ?? "{}") as RigOptions;
const rig = await startRig(options);

function tally(): Tally {
  const counts = rig.counts();
  const writers = counts.filter(({ writes }) => writes > 0);
  const { user, system } = process.cpuUsage();
  return {
    written: writers.length,
    writes: writers.reduce((sum, { writes }) => sum + writes, 0),
    requests: counts.reduce((sum, { requests }) => sum + requests, 0),
    requestsOf: Object.fromEntries([...new Set(rig.asics.map(({ driver }) => driver))].map((name) => {
      const ids = new Set(rig.asics.flatMap(({ id, driver }) => (driver === name ? [id] : [])));
      return [name, counts.reduce((sum, { id, requests }) => sum + (ids.has(id) ? requests : 0), 0) / ids.size];
    })),
    lastWriteAtMs: writers.reduce<number | null>((last, { lastWriteAtMs }) => Math.max(last ?? 0, lastWriteAtMs ?? 0), null),
    cpuMs: (user + system) / 1000,
  };
}

process.on("message", (question: RigQuestion) => {
  if (question.ask === "reset") rig.resetCounts();
  if (question.ask === "fault") for (const id of question.ids) rig.fault(id, question.fault);
  process.send?.({ tally: tally() } satisfies RigAnswer);
});
process.once("disconnect", () => void rig.close().finally(() => process.exit(0)));
process.send?.({ asics: rig.asics, pdus: rig.pdus, nominalW: rig.nominalW } satisfies RigTold);
