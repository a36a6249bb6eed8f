/**
 * What the rack can shed and add, for the operator's planning: retained, and said anew when machines come and go or its
 * figures have moved far. Sums only; per-ASIC hashrate, pools and efficiency stay on the farm.
 */
import type { Decision } from "../core/decide.ts";
import type { Flexibility } from "../core/flexibility.ts";
import { flexibilityOf } from "../core/flexibility.ts";
import type { Ahead } from "../core/outlook.ts";
import type { Instant, Millis } from "../core/units.ts";
import { millis, seconds } from "../core/units.ts";
import { hundredths, isoTime, whole } from "./figures.ts";
import { limitW } from "./status.ts";

/** What a proof test at this rack has measured of one model of machine, in place of what its driver assumes. */
export interface ProvenTransition {
  readonly model: string;
  readonly machines: number;
  /** The slowest of them; null: not measured. */
  readonly shedS: number | null;
  readonly wakeS: number | null;
  readonly sleepW: number | null;
  readonly measuredAt: string;
}

export interface CapabilityContext {
  readonly at: Instant;
  readonly nominalW: number;
  readonly heartbeatTimeoutS: number;
  readonly shareFrom: "operator" | "config" | null;
  /** How long machines get before outlets open that may. */
  readonly outletGrace: Millis;
  readonly rampPercentPerMinute: number;
  readonly proven: readonly ProvenTransition[];
  /** The limits that follow, as far as they are known. */
  readonly ahead: () => readonly Ahead[];
}

const [SOON, MINUTE, FIVE_MINUTES] = [seconds(5), seconds(60), seconds(300)];

export function capabilityDocument(decision: Decision, context: CapabilityContext) {
  const flexible = flexibilityOf(decision, context.outletGrace);
  const rise = (context.nominalW * context.rampPercentPerMinute) / 100 / MINUTE;
  const { emergency } = flexible;
  return {
    v: 1,
    type: "CAPABILITY",
    at: isoTime(context.at),
    nominalW: context.nominalW,
    floorW: whole(decision.floor),
    failsafeLimitW: whole(decision.failsafe),
    heartbeatTimeoutS: context.heartbeatTimeoutS,
    shedW: shedOf(flexible),
    addW: { within5s: whole(flexible.add(SOON, rise)), within60s: whole(flexible.add(MINUTE, rise)), within300s: whole(flexible.add(FIVE_MINUTES, rise)) },
    ahead: hoursOf(flexible, context.ahead()),
    emergency: emergency === null ? null : { withinS: Math.ceil(emergency.within / 1_000), after30sW: whole(emergency.after30s) },
    curve: flexible.curve().map(({ power, hashrate }) => ({ powerW: whole(power), hashrateThs: hundredths(hashrate) })),
    transitions: context.proven,
    shareFrom: context.shareFrom,
    devices: { total: decision.views.length, reachable: flexible.machines },
  };
}

const HOURS_AT_MOST = 12;

/** What could be shed later, in the document's words. */
export const hoursOf = (flexible: Flexibility, ahead: readonly Ahead[]) =>
  flexible.hours(ahead).slice(0, HOURS_AT_MOST).map(({ at, limit, draw, shed }) => ({ from: isoTime(at), limitW: limitW(limit), drawW: whole(draw), shedW: whole(shed) }));

/** And now. */
export const shedOf = (flexible: Flexibility) => ({ within5s: whole(flexible.shed(SOON)), within60s: whole(flexible.shed(MINUTE)), within300s: whole(flexible.shed(FIVE_MINUTES)) });

/** A change of so much of nominal power is worth a word, but not more often than this. */
const FAR = 0.1;
const FIGURES_AT_MOST = seconds(60);
/** Machines that come up one by one after a start are one change. */
const SETTLING = seconds(5);

/** When the operator has to be told again. */
export class CapabilityWatch {
  #words = "";
  #figures: readonly number[] = [];
  #toldAt: Millis | null = null;
  #changedAt: Millis | null = null;
  #lookedAt: Millis | null = null;

  /** A broker newly connected to has nothing yet. */
  renew(): void {
    this.#words = "";
    this.#toldAt = null;
  }

  /** Whether it is to be told now; `shed` is asked once in five seconds. */
  due(decision: Decision, { nominalW, shed }: { readonly nominalW: number; readonly shed: () => ReturnType<typeof shedOf> }): boolean {
    const { uptime } = decision;
    const devices = decision.views.map(({ known, state }) => `${known}${state.quarantine !== null}`).join();
    const key = JSON.stringify([devices, whole(decision.failsafe)]);
    const first = this.#toldAt === null;
    if (key !== this.#words) {
      this.#words = key;
      this.#changedAt = uptime;
    }
    const changed = this.#changedAt !== null && (first || uptime - this.#changedAt >= SETTLING);
    const looks = this.#lookedAt === null || uptime - this.#lookedAt >= SETTLING;
    if (!changed && !looks) return false;
    this.#lookedAt = uptime;
    const { within60s, within300s } = shed();
    const figures = [within60s ?? 0, within300s ?? 0];
    const moved = figures.some((figure, index) => Math.abs(figure - (this.#figures[index] ?? 0)) > FAR * nominalW);
    const late = this.#toldAt === null || millis(uptime - this.#toldAt) >= FIGURES_AT_MOST;
    if (!changed && !(moved && late)) return false;
    this.#changedAt = null;
    this.#toldAt = uptime;
    this.#figures = figures;
    return true;
  }
}
