/** What a VTN's events state for this rack, in core's words. */
import type { Allocation, DocumentRef, LevelEvent, LimitEvent, SetpointEvent, Span } from "../../core/grid.ts";
import { overlaps } from "../../core/limit.ts";
import type { Now } from "../../core/time.ts";
import { instant, watts, type Instant, type Millis, type Watts } from "../../core/units.ts";
import { BEGINNING } from "./duration.ts";
import type { OadrEvent, Said } from "./reading.ts";
import { spansOf } from "./spans.ts";

/** Who said it, as status and `curtailctl` show it. */
export const TONGUE = "OpenADR";

export interface Terms {
  /** What the rack may draw by contract while the VTN is heard and says nothing; null: not stated. */
  readonly contract: Watts | null;
  readonly nominal: Watts;
  readonly failsafe: Watts;
  /** What SIMPLE 0 to 3 mean, as fractions of what is subscribed; null: as the operator's allocation says, else the failsafe limit. */
  readonly levels: readonly number[] | null;
  /** After this long without a whole answer the VTN is lost. */
  readonly lostAfter: Millis;
  /** This device's draw for an id, in [0, 1). */
  readonly u: (id: string) => number;
}

export interface Stated {
  readonly allocations: readonly Allocation[];
  readonly limits: readonly LimitEvent[];
  readonly levels: readonly LevelEvent[];
  readonly setpoints: readonly SetpointEvent[];
  /** Alerts that stop the rack in some moment of now. */
  readonly alerts: readonly { readonly ref: DocumentRef; readonly action: "STOP" | "BLACK_START_HOLD" }[];
}

/** Of setpoints one without a priority goes last. */
const lastPriority = Number.MAX_SAFE_INTEGER;

interface Spoken {
  readonly span: Span;
  readonly said: Said;
}

export function stated(events: readonly OadrEvent[], now: Now, terms: Terms): Stated {
  const spoken = events.map((event) => ({ event, ref: refOf(event), says: spokenBy(event, now, terms) }));
  const subscribed = spoken.flatMap(({ ref, says }) => says.flatMap(({ span, said }) => (said.kind === "subscription" ? [{ ref, span, power: said.power }] : [])));
  const firm = watts(Math.min(...[terms.contract ?? terms.nominal, ...subscribed.filter(({ span }) => overlaps(span, now)).map(({ power }) => power)]));
  const limits: LimitEvent[] = [];
  const levels: LevelEvent[] = [];
  const setpoints: SetpointEvent[] = [];
  const alerts: Stated["alerts"][number][] = [];
  for (const { event, ref, says } of spoken) {
    const powers = says.flatMap(({ span, said }) => {
      const limit = limitOf(said, { terms, firm });
      return limit === null ? [] : [{ span, limit }];
    });
    if (powers.length > 0) limits.push({ ref, intervals: powers, expires: lastOf(powers) });
    const steps = terms.levels !== null ? [] : says.flatMap(({ span, said }) => (said.kind === "level" && said.level > 0 ? [{ span, level: said.level }] : []));
    if (steps.length > 0) levels.push({ ref, intervals: steps, expires: lastOf(steps) });
    const wanted = says.flatMap(({ span, said }) => (said.kind === "setpoint" ? [{ span, limit: said.power }] : []));
    if (wanted.length > 0) setpoints.push({ ref, intervals: wanted, expires: lastOf(wanted), priority: event.priority ?? lastPriority });
    for (const { span, said } of says) if (said.kind === "alert" && overlaps(span, now)) alerts.push({ ref, action: said.action });
  }
  const granted = subscribed.map(({ ref, span, power }) => allocationOf(ref, { valid: span, power, firm }, terms));
  const contract = terms.contract === null ? [] : [allocationOf({ id: "contract", topic: "openadr", epoch: 0, seq: 0, by: TONGUE }, { valid: { start: null, end: null }, power: terms.contract, firm }, terms)];
  return { allocations: [...granted, ...contract, silent(terms)], limits, levels, setpoints, alerts };
}

/** Says nothing and is never in force; its timeout is that of this voice. */
const silent = (terms: Terms): Allocation => ({ ...allocationOf({ id: "terms", topic: "openadr", epoch: 0, seq: 0, by: TONGUE }, { valid: { start: null, end: instant(0) }, power: terms.nominal, firm: terms.nominal }, terms), ceiling: null, firm: null, levels: null });

function allocationOf(ref: DocumentRef, { valid, power, firm }: { readonly valid: Span; readonly power: Watts; readonly firm: Watts }, { levels, lostAfter }: Terms): Allocation {
  return {
    ref, valid, ceiling: power, firm, levels, schedule: [],
    failsafe: { limit: null, heartbeatTimeout: lostAfter, onLoss: "FAILSAFE_NOW", scheduleTrust: lostAfter },
    restart: null, report: null,
  };
}

function limitOf(said: Said, { terms, firm }: { readonly terms: Terms; readonly firm: Watts }): Watts | null {
  switch (said.kind) {
    case "limit": return said.power;
    // What limits in words that nobody here understands is as good as a lost signal.
    case "unclear": return terms.failsafe;
    // Level 0 is normal operation: no statement.
    case "level": return terms.levels === null || said.level === 0 ? null : watts(Math.floor(firm * (terms.levels[said.level] ?? 0)));
    default: return null;
  }
}

const spokenBy = (event: OadrEvent, now: Now, { u }: Terms): Spoken[] =>
  spansOf(event, now, u).flatMap(({ of, span }) => (event.intervals[of]?.says ?? []).map((said) => ({ span, said })));

const lastOf = (intervals: readonly { readonly span: Span }[]): Instant | null => intervals.reduce<Instant | null>((last, { span: { end } }) => (last === null || end === null ? null : end > last ? end : last), instant(0));

export function refOf({ id, program, modificationDateTime, createdDateTime }: OadrEvent): DocumentRef {
  const written = modificationDateTime ?? createdDateTime;
  return { id, topic: `openadr/${program}/${id}`, epoch: 0, seq: written === null || written === BEGINNING ? 0 : written, by: TONGUE };
}
