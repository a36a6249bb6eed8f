/** The recent past of rack and machines, so that nobody needs a database to see the last event. Gone with the process; what is evidence is in the journal. */
import type { Decision } from "../../core/decide.ts";
import type { Compliance } from "../../core/model.ts";
import type { Tick } from "../../core/time.ts";
import type { HashrateFacts } from "../bundle/facts.ts";
import { knownW, hottestC } from "../devices.ts";
import { hundredths, isoTime, whole } from "../figures.ts";
import type { StatusDocument } from "../status.ts";
import { Ring, ringBytes, type Fold } from "./ring.ts";

export interface HistoryRows<Columns extends readonly string[], Row extends readonly unknown[]> {
  /** When the first row begins; each begins stepS after the one before. */
  readonly from: string;
  /** The last look, in the last row; null: there was none yet. */
  readonly to: string | null;
  readonly stepS: number;
  readonly columns: Columns;
  readonly rows: readonly Row[];
}

export type RackRow = readonly [leastW: number | null, meanW: number | null, mostW: number | null, limitW: number | null, hashrateThs: number | null, compliance: Compliance["kind"] | null];
export type MachineRow = readonly [powerW: number | null, hashrateThs: number | null, hottestC: number | null];
export type RackHistory = HistoryRows<typeof RACK_COLUMNS, RackRow>;
export type MachineHistory = HistoryRows<typeof MACHINE_COLUMNS, MachineRow>;

export const RACK_COLUMNS = ["leastW", "meanW", "mostW", "limitW", "hashrateThs", "compliance"] as const;
export const MACHINE_COLUMNS = ["powerW", "hashrateThs", "hottestC"] as const;

const RACK_FOLDS: readonly Fold[] = ["least", "mean", "most", "least", "mean", "most"];
const MACHINE_FOLDS: readonly Fold[] = ["mean", "mean", "most"];
/** The worst of a step is what it is remembered by. */
const COMPLIANCE: readonly Compliance["kind"][] = ["not-limited", "compliant", "settling", "unverified", "at-floor", "violating"];

type FineAndCoarse<T> = readonly [fine: T, coarse: T];
interface Size {
  readonly stepS: number;
  readonly rows: number;
}

const DAY_S = 86_400;
/** A quarter of an hour by seconds, a day by minutes: 51 + 46 kB. */
const RACK: FineAndCoarse<Size> = [{ stepS: 1, rows: 900 }, { stepS: 60, rows: DAY_S / 60 }];
/** Twenty minutes by 10 s, a day by 5 min: 408 rows of 12 B, 4.9 MB for 1,000 machines. Machines are polled every few seconds. */
const MACHINES: FineAndCoarse<Size> = [{ stepS: 10, rows: 120 }, { stepS: 300, rows: DAY_S / 300 }];
/** What the machines' past may take; with more of them it reaches less far back. */
export const MOST_MACHINE_BYTES = 5_000_000;

function machineSizes(machines: number): FineAndCoarse<Size> {
  const share = Math.min(1, MOST_MACHINE_BYTES / bytesOf(MACHINES, machines * MACHINE_FOLDS.length));
  const shared = ({ stepS, rows }: Size): Size => ({ stepS, rows: Math.max(1, Math.floor(rows * share)) });
  return [shared(MACHINES[0]), shared(MACHINES[1])];
}

const bytesOf = (sizes: FineAndCoarse<Size>, columns: number): number => sizes.reduce((sum, { rows }) => sum + ringBytes({ rows, columns }), 0);

/** What the whole past of so many machines takes, in bytes. */
export const historyBytes = (machines: number): number => bytesOf(RACK, RACK_FOLDS.length) + bytesOf(machineSizes(machines), machines * MACHINE_FOLDS.length);

function ringsOf([fine, coarse]: FineAndCoarse<Size>, folds: readonly Fold[]): FineAndCoarse<Ring> {
  const ring = ({ stepS, rows }: Size): Ring => new Ring({ stepMs: stepS * 1000, rows, folds });
  return [ring(fine), ring(coarse)];
}

export class PastOfRack {
  readonly #rack = ringsOf(RACK, RACK_FOLDS);
  readonly #ids: readonly string[];
  readonly #machines: FineAndCoarse<Ring>;
  #machineStep = -1;
  #now: Tick | null = null;

  constructor(ids: readonly string[]) {
    this.#ids = ids;
    this.#machines = ringsOf(machineSizes(ids.length), ids.flatMap(() => MACHINE_FOLDS));
  }

  /** A decision. Of machines one look a step is enough. */
  look({ views }: Pick<Decision, "views">, { measuredW, effectiveLimitW, hashrateThs, compliance }: Pick<StatusDocument, "measuredW" | "effectiveLimitW" | "hashrateThs" | "compliance">, tick: Tick): void {
    this.#now = tick;
    // Nothing limits: more than any limit, and the least of a step is right.
    const row = [measuredW, measuredW, measuredW, effectiveLimitW ?? Number.POSITIVE_INFINITY, hashrateThs, COMPLIANCE.indexOf(compliance)];
    for (const ring of this.#rack) ring.add(tick.uptime, row);
    const step = Math.floor(tick.uptime / (MACHINES[0].stepS * 1000));
    if (step === this.#machineStep) return;
    this.#machineStep = step;
    const seen = new Map(views.map((view) => [view.device.id, view]));
    const figures = this.#ids.flatMap((id) => {
      const view = seen.get(id);
      const telemetry = view?.device.reading.kind === "known" ? view.device.reading.telemetry : null;
      return [view === undefined ? null : knownW(view.draw), telemetry?.hashrate ?? null, hottestC(telemetry)];
    });
    for (const ring of this.#machines) ring.add(tick.uptime, figures);
  }

  /** The last `seconds`, in the finest steps that reach so far back. */
  rack(seconds: number): RackHistory {
    return this.#tell(this.#rack, { seconds, columns: RACK_COLUMNS, unknown: [null, null, null, null, null, null], rowOf: rackRow });
  }

  /** The rack's hashrate between two wall times; null: nothing of it is remembered. */
  hashrate(from: number, to: number): HashrateFacts | null {
    const now = this.#now;
    const seconds = now === null ? 0 : Math.ceil((now.at - from) / 1000);
    if (seconds <= 0) return null;
    const past = this.rack(Math.min(DAY_S, seconds));
    const begun = Date.parse(past.from);
    const indexOf = (at: number): number => Math.max(0, Math.floor((at - begun) / 1000 / past.stepS) + 1);
    const first = Math.max(0, indexOf(from) - 1);
    const rowsThs = past.rows.slice(first, indexOf(to)).map(([, , , , hashrateThs]) => hashrateThs);
    return rowsThs.every((hashrate) => hashrate === null) ? null : { from: isoTime(begun + first * past.stepS * 1000), stepS: past.stepS, rowsThs };
  }

  /** null: there is no machine of this name. */
  machine(id: string, seconds: number): MachineHistory | null {
    const index = this.#ids.indexOf(id);
    if (index < 0) return null;
    const first = index * MACHINE_FOLDS.length;
    return this.#tell(this.#machines, {
      seconds, columns: MACHINE_COLUMNS, unknown: [null, null, null],
      rowOf: (figures): MachineRow => [whole(known(figures[first])), hundredths(known(figures[first + 1])), whole(known(figures[first + 2]))],
    });
  }

  #tell<Columns extends readonly string[], Row extends readonly unknown[]>(rings: FineAndCoarse<Ring>, as: {
    readonly seconds: number; readonly columns: Columns; readonly unknown: Row; readonly rowOf: (figures: readonly number[]) => Row;
  }): HistoryRows<Columns, Row> {
    const { uptime, at } = this.#now ?? { uptime: 0, at: 0 };
    const to = this.#now === null ? null : isoTime(at);
    const lengthMs = as.seconds * 1000;
    const [fine, coarse] = rings;
    const ring = fine.stepMs * fine.rows >= lengthMs ? fine : coarse;
    const { from, rows } = ring.since(uptime - lengthMs);
    // By the wall clock of now: what was seen before it was set stands where it would stand by it.
    return { from: isoTime(at - uptime + from), to, stepS: ring.stepMs / 1000, columns: as.columns, rows: rows.map((figures) => (figures === null ? as.unknown : as.rowOf(figures))) };
  }
}

function rackRow([least, mean, most, limit, hashrate, compliance]: readonly number[]): RackRow {
  return [whole(known(least)), whole(known(mean)), whole(known(most)), known(limit), hundredths(known(hashrate)), COMPLIANCE[compliance ?? -1] ?? null];
}

const known = (figure: number | undefined): number | null => (figure === undefined || !Number.isFinite(figure) ? null : figure);
