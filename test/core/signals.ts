/** What the grid may have said, for the core's tests. Times are seconds from ZERO; power is in watts. */
import type { Allocation, DocumentRef, Failsafe, Heard, Latch, LimitEvent, Restart, Span } from "../../agent/core/grid.ts";
import type { Now } from "../../agent/core/time.ts";
import type { Instant } from "../../agent/core/units.ts";
import { instant, millis, seconds, watts } from "../../agent/core/units.ts";

/** Where wall time starts in these tests. */
export const ZERO = 1_800_000_000_000;
export const at = (second: number): Instant => instant(ZERO + second * 1000);

/** [earliest, latest] in seconds; null: no upper bound, as without a synchronised clock. */
export const now = (earliest: number, latest: number | null = earliest): Now => ({
  uptime: seconds(1000), earliest: at(earliest), latest: latest === null ? null : at(latest),
});
export const certain = (moment: Instant, uptime: number): Now => ({ uptime: millis(uptime), earliest: moment, latest: moment });

/** Seconds; null: open on that side. */
export const span = (start: number | null, end: number | null): Span => ({ start: start === null ? null : at(start), end: end === null ? null : at(end) });

export const ref = (id: string): DocumentRef => ({ id, topic: `gla/1/demo/${id}`, epoch: 1, seq: 1 });
const watt = (power: number | null) => (power === null ? null : watts(power));

export interface AllocationWords {
  readonly id?: string;
  readonly valid?: Span;
  readonly ceiling?: number | null;
  readonly firm?: number;
  readonly levels?: readonly number[];
  readonly schedule?: readonly (readonly [start: number | null, end: number | null, limit: number | null])[];
  readonly failsafe?: Partial<Failsafe> | null;
  readonly restart?: Restart;
}

export const allocation = (words: AllocationWords = {}): Allocation => ({
  ref: ref(words.id ?? "allocation"), valid: words.valid ?? span(null, null), ceiling: watt(words.ceiling ?? null), firm: watt(words.firm ?? null), levels: words.levels ?? null,
  schedule: (words.schedule ?? []).map(([start, end, limit]) => ({ span: span(start, end), limit: watt(limit) })),
  failsafe: words.failsafe == null ? null : { limit: null, heartbeatTimeout: seconds(120), onLoss: "FAILSAFE_NOW", scheduleTrust: seconds(3600), ...words.failsafe },
  restart: words.restart ?? null, report: null,
});

export const event = (id: string, intervals: readonly (readonly [start: number | null, end: number | null, limit: number])[], expires = 1e6): LimitEvent => ({
  ref: ref(id), expires: at(expires), intervals: intervals.map(([start, end, limit]) => ({ span: span(start, end), limit: watts(limit) })),
});

export const stop: Latch = { ref: ref("emergency"), action: "STOP" };

export const nothingHeard: Heard = { allocations: [], limits: [], levels: [], setpoints: [], latches: [], heartbeat: { bornAt: null, confirmedAt: null, gapSince: null } };

/** An operator who is there: a heartbeat just counted and everything confirmed. Uptimes in seconds. */
export const heard = (over: Partial<Omit<Heard, "heartbeat">> = {}, heartbeat: { readonly born?: number | null; readonly confirmed?: number | null; readonly gap?: number | null } = {}): Heard => {
  const uptime = (second: number | null | undefined, otherwise: number | null) => (second === undefined ? otherwise : second);
  const [born, confirmed, gap] = [uptime(heartbeat.born, 1000), uptime(heartbeat.confirmed, 1000), uptime(heartbeat.gap, null)];
  return {
    allocations: [], limits: [], levels: [], setpoints: [], latches: [], ...over,
    heartbeat: { bornAt: born === null ? null : seconds(born), confirmedAt: confirmed === null ? null : seconds(confirmed), gapSince: gap === null ? null : seconds(gap) },
  };
};
