/** What a report says, as data: everything in it comes from the journal, the energy records and the configuration, but for the hashrate, and that says so. */
import type { IntervalRecord } from "../energy/record.ts";

export interface ReportFacts {
  readonly v: 1;
  readonly type: "REPORT";
  /** The document's id, or the stretch of time. */
  readonly about: string;
  readonly operator: string;
  readonly node: string;
  readonly software: string;
  readonly at: string;
  readonly from: string;
  readonly to: string;
  /** Lines of the journal it rests on, and where the journal stood: compare with what the operator has seen. */
  readonly journal: { readonly firstLine: number | null; readonly lastLine: number | null; readonly head: string };
  readonly order: OrderFacts | null;
  readonly result: ResultFacts | null;
  readonly energy: EnergyFacts;
  readonly timeline: readonly TimelineEntry[];
  readonly curve: CurveFacts;
  /** What the journal does not hold: from the daemon's memory of the last day; null: it does not reach so far back. */
  readonly hashrate: HashrateFacts | null;
  readonly intervals: readonly IntervalRecord[];
}

export interface HashrateFacts {
  readonly from: string;
  readonly stepS: number;
  /** Terahashes a second, the mean of each step; null: unknown. */
  readonly rowsThs: readonly (number | null)[];
}

/** What the operator is told of an order that has ended: what the rack did, and nothing of what it earns or pays. */
export function forTheOperator({ about, at, from, to, journal, order, result, energy, curve }: ReportFacts): object {
  const { usedWh, meterBefore, meterAfterW, tenOfTen, missing } = energy;
  const of = order === null ? null : { id: order.id, type: order.type, topic: order.topic, sha256: order.sha256, receivedAt: order.receivedAt };
  return { v: 1, type: "REPORT", id: about, at, from, to, order: of, result, energy: { usedWh, meterBefore, meterAfterW, tenOfTen, missing }, curve, journal };
}

/** The grid's document as it was received. */
export interface OrderFacts {
  readonly id: string;
  readonly type: string;
  readonly topic: string;
  readonly signer: string | null;
  readonly sha256: string;
  readonly receivedAt: string;
  readonly line: number;
  /** Whole, with its signature; null: only its hash was kept. */
  readonly message: string | null;
  /** What is signed in it, decoded. */
  readonly content: Readonly<Record<string, unknown>> | null;
}

/** How the rack did under the order. */
export interface ResultFacts {
  /** When it was what limits the rack. */
  readonly boundFrom: string;
  readonly boundTo: string;
  readonly limitW: number | null;
  readonly toleranceW: number;
  /** From its beginning (arrival, where it begins at once) to the first order sent, to the last acknowledged, and to the meter under the limit; null: not seen. */
  readonly firstOrderS: number | null;
  readonly lastAcknowledgedS: number | null;
  readonly underLimitS: number | null;
  readonly ordersSent: number;
  readonly measuredS: number;
  /** NAESB maximum base load: demand stays at or below the limit. Judged from the moment the rack was under it. */
  readonly withinS: number;
  readonly withinPct: number | null;
  readonly overWh: number;
  readonly worstOverW: number;
}

export interface EnergyFacts {
  readonly usedWh: number | null;
  /** NAESB meter before / meter after: the mean of the minutes before, held for the length of the order. */
  readonly meterBefore: Baseline | null;
  readonly meterAfterW: number | null;
  /** The mean of the same quarter hours on the ten days before that had no order. */
  readonly tenOfTen: (Baseline & { readonly days: readonly string[] }) | null;
  /** Why a baseline is not there. */
  readonly missing: readonly string[];
  /** Over all quarter hours of the report. */
  readonly totalWh: number | null;
  readonly allottedWh: number | null;
  readonly cost: { readonly currency: string; readonly energy: number; readonly tax: number } | null;
}

export interface Baseline {
  readonly powerW: number;
  readonly baselineWh: number;
  readonly notUsedWh: number;
}

export interface TimelineEntry {
  readonly at: string;
  readonly line: number;
  readonly what: string;
}

/** Columns of equal length; least and most of the seconds in them, so that no peak is hidden. */
export interface CurveFacts {
  readonly from: string;
  readonly stepS: number;
  readonly columns: readonly ["leastW", "meanW", "mostW", "limitW"];
  readonly rows: readonly CurveRow[];
}

export type CurveRow = readonly [leastW: number | null, meanW: number | null, mostW: number | null, limitW: number | null];
