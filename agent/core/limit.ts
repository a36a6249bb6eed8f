/**
 * The effective limit: the minimum of everything that states one (GLA/1 principle 3). Now is an interval, and a
 * document states the smallest it states anywhere in it (principle 4), so an uncertain clock can lower, never raise.
 */
import type { Allocation, DocumentRef, Heard, LevelEvent, LimitEvent, PowerInterval, SetpointEvent, Span } from "./grid.ts";
import type { PowerLimit } from "./model.ts";
import type { Now } from "./time.ts";
import type { Instant, Watts } from "./units.ts";
import { watts } from "./units.ts";

export type LimitSource =
  | "allocation" | "event" | "emergency" | "failsafe" | "schedule" | "breaker" | "thermal" | "technician" | "estop" | "contract";

/** One voice in the minimum. `until`: when it may change by itself; null: not by time. */
export interface Statement {
  readonly source: LimitSource;
  readonly power: Watts;
  readonly ref: DocumentRef | null;
  readonly until: Instant | null;
  /** It falls by itself while it holds: following it is no new drop. */
  readonly slope?: true;
}

export interface EffectiveLimit {
  readonly limit: PowerLimit;
  /** What binds; null when nothing does. */
  readonly binding: Statement | null;
}

/** Does any moment of now lie in the span? Spans end exclusively. */
export function overlaps(span: Span, now: Now): boolean {
  const begun = span.start === null || now.latest === null || span.start <= now.latest;
  const open = span.end === null || now.earliest < span.end;
  return begun && open;
}

/** Does every moment of now lie in one span or another? */
export function covered(spans: readonly Span[], now: Now): boolean {
  let reached: number = now.earliest;
  const byStart = [...spans].sort((a, b) => (a.start ?? -Infinity) - (b.start ?? -Infinity));
  for (const span of byStart) {
    if ((span.start ?? -Infinity) > reached) return false;
    const end = span.end ?? Infinity;
    if (end > reached) reached = end;
    if (now.latest !== null && reached > now.latest) return true;
  }
  return reached === Infinity;
}

export function effectiveLimit(statements: readonly Statement[]): EffectiveLimit {
  let binding: Statement | null = null;
  for (const statement of statements) if (binding === null || statement.power < binding.power) binding = statement;
  return { limit: binding === null ? { kind: "unlimited" } : { kind: "limited", power: binding.power }, binding };
}

/** Everything the grid's documents state for now. Without an allocation in force the failsafe limit stands in for it. */
export function gridStatements(heard: Heard, now: Now, failsafe: { readonly power: Watts; readonly joins: boolean }): Statement[] {
  const statements = [
    ...heard.allocations.flatMap((allocation) => allocationStatements(allocation, now)),
    ...heard.limits.flatMap((event) => eventStatements(event, now)),
    ...heard.levels.flatMap((event) => levelStatements(event, now, { allocations: heard.allocations, failsafe: failsafe.power })),
  ];
  const inForce = covered(heard.allocations.map((allocation) => allocation.valid), now);
  if (failsafe.joins || !inForce) statements.push({ source: "failsafe", power: failsafe.power, ref: null, until: null });
  return statements;
}

/**
 * What of all heard binds now, as one word: while it stays the same no cycle need follow at once. A raise that is not on disk changes nothing
 * that binds, nor does a drop when it gets there. An end, a ramp or a failsafe limit that changed has the second until the next cycle.
 */
export function bindingWord(heard: Heard, now: Now, failsafe: Watts): string {
  const { binding } = effectiveLimit(gridStatements(heard, now, { power: failsafePower(failsafe, heard.allocations), joins: false }));
  const latches = heard.latches.map(({ action, ref }) => `${action} ${ref.id}`);
  return [binding?.power ?? "none", setpointInForce(heard.setpoints, now)?.power ?? "none", ...latches].join(" ");
}

/** The failsafe limit: the smallest of config's and every document's (a document may only lower it). */
export function failsafePower(configured: Watts, allocations: readonly Allocation[]): Watts {
  return allocations.reduce<Watts>((least, { failsafe }) => (failsafe?.limit != null && failsafe.limit < least ? failsafe.limit : least), configured);
}

function allocationStatements(allocation: Allocation, now: Now): Statement[] {
  if (!overlaps(allocation.valid, now)) return [];
  const { ref, ceiling, valid } = allocation;
  const statements: Statement[] = [];
  if (ceiling !== null) statements.push({ source: "allocation", power: ceiling, ref, until: valid.end });
  for (const { span, limit } of allocation.schedule) {
    if (limit !== null && overlaps(span, now)) statements.push({ source: "allocation", power: limit, ref, until: span.end });
  }
  return statements;
}

function eventStatements(event: LimitEvent, now: Now): Statement[] {
  if (event.expires !== null && now.earliest >= event.expires) return [];
  return event.intervals
    .filter(({ span }) => overlaps(span, now))
    .map((interval) => ({
      source: "event" as const, power: leastOf(interval, now), ref: event.ref, until: interval.span.end ?? event.expires,
      ...(interval.from !== undefined && { slope: true as const }),
    }));
}

/** The smallest a slope states in any moment of now: it is straight, so at one end of what now shares with it. */
function leastOf({ span, limit, from }: PowerInterval, now: Now): Watts {
  if (from === undefined || span.start === null || span.end === null || span.end <= span.start) return limit;
  const [start, end] = [span.start, span.end];
  const at = (moment: number): number => from + ((limit - from) * (Math.min(Math.max(moment, start), end) - start)) / (end - start);
  return watts(Math.max(0, Math.min(at(now.earliest), at(now.latest ?? end))));
}

/** A step of the ladder: the smallest that an allocation in force makes of it. Where none says what it means, the failsafe limit stands in. */
function levelStatements(event: LevelEvent, now: Now, { allocations, failsafe }: { readonly allocations: readonly Allocation[]; readonly failsafe: Watts }): Statement[] {
  if (event.expires !== null && now.earliest >= event.expires) return [];
  return event.intervals.filter(({ span }) => overlaps(span, now)).map(({ span, level }) => {
    const meant = allocations.flatMap(({ valid, firm, levels }) => {
      const fraction = levels?.[level];
      return firm === null || fraction === undefined || !overlaps(valid, now) ? [] : [watts(Math.floor(firm * fraction))];
    });
    const power = meant.length === 0 ? failsafe : meant.reduce((least, one) => (one < least ? one : least));
    return { source: "event" as const, power, ref: event.ref, until: span.end ?? event.expires };
  });
}

/** The wanted draw in force: of each that speaks the one that goes first, of equals the smallest; of several speakers the smallest. null: none. */
export function setpointInForce(setpoints: readonly SetpointEvent[], now: Now): Statement | null {
  const first = new Map<string | null, { readonly priority: number; readonly statement: Statement }>();
  for (const { priority, ...event } of setpoints) {
    const speaker = event.ref.by ?? null;
    for (const statement of eventStatements(event, now)) {
      const held = first.get(speaker);
      const before = held === undefined || priority < held.priority || (priority === held.priority && statement.power < held.statement.power);
      if (before) first.set(speaker, { priority, statement });
    }
  }
  return effectiveLimit([...first.values()].map(({ statement }) => statement)).binding;
}
