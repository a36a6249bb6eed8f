/** What the rack could give up and take on, and how soon: what an operator plans with before anything is ordered. */
import { allocate, FREE, type Candidate } from "./allocate.ts";
import type { Decision } from "./decide.ts";
import { settleTime } from "./settle.ts";
import type { PowerLimit } from "./model.ts";
import type { Ahead } from "./outlook.ts";
import type { Instant, Millis, Watts } from "./units.ts";
import { millis, seconds, watts } from "./units.ts";
import type { View } from "./view.ts";
import { canBeSet, expectedAt, lowestOf } from "./view.ts";

/** From an operator's word to the first machine that moves, and from the last that has moved to the meter: a cycle, an exchange, a reading. */
const LEAD = seconds(2);

export interface Flexibility {
  readonly machines: number;
  /** null: no machine can be told anything. */
  readonly emergency: Emergency | null;
  shed(within: Millis): Watts;
  /** `rise`: watts a millisecond that the ramp allows. */
  add(within: Millis, rise: number): Watts;
  /** What could be shed after each change of the limit that is known, by what it leaves and by what machines are too hot to draw. */
  hours(ahead: readonly Ahead[]): readonly Hour[];
  /** What would be drawn if nothing limited. */
  most(): Watts;
  /** The most hashrate at each of a few draws, by rising power. */
  curve(steps?: number): readonly { readonly power: number; readonly hashrate: number }[];
}

/** From this moment on. */
export interface Hour {
  readonly at: Instant;
  readonly limit: PowerLimit;
  readonly draw: Watts;
  readonly shed: Watts;
}

/** What an EMERGENCY comes to: when the last machine is down, and what is still drawn after half a minute. */
export interface Emergency {
  readonly within: Millis;
  readonly after30s: Watts;
}

const STEPS = 10;
const HALF_A_MINUTE = seconds(30);

/** `grace`: how long machines get before outlets open that may. */
export function flexibilityOf({ views, floor, draw, uptime, reasons }: Pick<Decision, "views" | "floor" | "draw" | "uptime" | "reasons">, grace: Millis): Flexibility {
  const reachable = views.filter((view) => view.known && view.state.quarantine === null && canBeSet(view));
  const sum = (moves: readonly (readonly Move[])[], within: Millis): number => moves.reduce((total, of) => total + gained(of, within), 0);
  let falls: Move[][] | null = null;
  const least = lowestOf(reachable);
  const beside = Math.max(0, floor - least);
  const top = (): number => reachable.reduce((total, view) => total + expectedAt(view, view.most), 0);
  return {
    machines: reachable.length,
    most: () => watts(top() + beside),
    emergency: reachable.length === 0 ? null : emergencyOf(reachable, { draw, grace }),
    shed(within) {
      falls ??= reachable.map(fallsOf);
      return watts(sum(falls, within));
    },
    add: (within, rise) => watts(Math.min(rise * within, sum(reachable.map((view) => risesOf(view, restOf(view, { uptime, ...reasons }))), within))),
    hours: (ahead) => ahead.map(({ at, effective: { limit } }) => {
      const drawn = Math.min(top() + beside, limit.kind === "limited" ? limit.power : Infinity);
      return { at, limit, draw: watts(drawn), shed: watts(Math.max(0, drawn - floor)) };
    }),
    curve(steps = STEPS) {
      const candidates = reachable.map(({ curve, most: hottest, state }): Candidate => ({ curve, ...FREE, to: hottest, gain: state.gain }));
      const most = top();
      const found = Array.from({ length: steps + 1 }, (_, step) => allocate(candidates, least + ((most - least) * step) / steps));
      return found.filter(({ power }, index) => power !== found[index - 1]?.power).map(({ power, hashrate }) => ({ power: power + beside, hashrate }));
    },
  };
}

/** What cannot sleep goes on; an outlet that may open ends it. */
function emergencyOf(views: readonly View[], { draw, grace }: { readonly draw: Decision["draw"]; readonly grace: Millis }): Emergency {
  const downs = views.flatMap((view) => {
    const sleeps = view.curve.setpoints[0] === null ? [] : [{ after: millis(settleTime(view, 0) + LEAD), power: Math.max(0, view.draw.low - expectedAt(view, 0)) }];
    const opens = view.device.feed === null || view.device.feed.outlet.opens === "never" ? [] : [{ after: millis(grace + 2 * LEAD), power: view.draw.low }];
    return sleeps.length + opens.length === 0 ? [] : [[...sleeps, ...opens]];
  });
  return {
    within: millis(Math.max(0, ...downs.map((moves) => Math.min(...moves.map(({ after }) => after))))),
    after30s: watts(Math.max(0, draw.high - downs.reduce((total, moves) => total + gained(moves, HALF_A_MINUTE), 0))),
  };
}

/** What a machine can do: so many watts, so much later. By time. */
interface Move {
  readonly after: Millis;
  readonly power: number;
}

const fallsOf = (view: View): Move[] => movesOf(view, (to) => to < view.actual || (view.actual < 0 && to === 0), (to) => view.draw.low - expectedAt(view, to));
const risesOf = (view: View, rest: Millis): Move[] =>
  movesOf(view, (to) => view.actual >= 0 && to > view.actual && to <= view.most, (to) => expectedAt(view, to) - view.draw.high).map(({ after, power }) => ({ after: millis(after + rest), power }));

/** What has just been put to sleep rests, and after an outage all do: that delays what is added and never what is shed. */
function restOf({ actual, state }: View, { uptime, minOff, notBefore }: { readonly uptime: Millis; readonly minOff: Millis; readonly notBefore: Millis | null }): Millis {
  const own = actual === 0 && state.turnedAt !== null ? state.turnedAt + minOff : 0;
  return millis(Math.max(0, own - uptime, (notBefore ?? 0) - uptime));
}

function movesOf(view: View, reaches: (to: number) => boolean, gains: (to: number) => number): Move[] {
  const moves: Move[] = [];
  for (let to = 0; to < view.curve.power.length; to += 1) {
    if (view.curve.setpoints[to] === null || !reaches(to)) continue;
    const power = gains(to);
    if (power > 0) moves.push({ after: millis(settleTime(view, to) + LEAD), power });
  }
  return moves.sort((a, b) => a.after - b.after);
}

const gained = (moves: readonly Move[], within: Millis): number => moves.reduce((most, { after, power }) => (after <= within && power > most ? power : most), 0);
