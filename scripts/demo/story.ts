/** The story as a table: what the grid operator does, what the rack may then draw, and in which state it has to end up. */

/** What happens at the beginning of a step. Parts are of the rack's nominal power; null: no limit. */
export type Act =
  | { readonly kind: "start-daemon" }
  | { readonly kind: "allocate"; readonly part: number | null }
  | { readonly kind: "heartbeat"; readonly beats: boolean }
  | { readonly kind: "asic"; readonly answers: boolean }
  /** So many machines follow no order from now on; 0: they hear again. */
  | { readonly kind: "deaf"; readonly count: number }
  | { readonly kind: "emergency" }
  | { readonly kind: "release" };

export interface Step {
  readonly name: string;
  /** For the time axis: it has to fit under its step. */
  readonly mark: string;
  readonly title: string;
  readonly acts: readonly Act[];
  /** What the grid lets the rack draw at the end of the step; null: the breaker alone decides. */
  readonly limitPart: number | null;
  /** `lower`: done when it stays under the limit; `raise`: done when it uses what it may. */
  readonly goal: "lower" | "raise";
  /** Is at least 97 % of the limit to be used at the end? Not while something is broken, nor where nothing limits. */
  readonly uses: boolean;
  readonly state: "controlled" | "limited" | "failsafe" | "emergency";
  /** It lasts so long at least, and from then on until the rack has done it. */
  readonly atLeastS: number;
  /** From the signal; what is done later is not done. */
  readonly withinS: number;
}

export interface Story {
  readonly steps: readonly Step[];
  /** What the configuration allows while the grid is silent. */
  readonly failsafePart: number;
  /** About how long it takes. */
  readonly durationS: number;
}

export const DEFAULT_DURATION_S = 75;
/** With fewer, one silent machine alone draws more than the failsafe limit. */
export const LEAST_ASICS = 6;
/** The demo's documents say this instead of the usual 120 s. */
export const HEARTBEAT_TIMEOUT_S = 4;

/** GLA/1: the bound for firmware that tunes live. */
const RESPONSE_S = 15;
/** Waking up takes 10 s, walking up as long again; cold boards draw less for a minute after that. */
export const PATIENCE_S = 80;

/** `limitPart`: where the first drop goes; the second goes to half of it and the failsafe limit is a third. */
export function tellStory({ limitPart, durationS }: { readonly limitPart: number; readonly durationS: number }): Story {
  const half = limitPart / 2;
  const failsafePart = limitPart / 3;
  const [first, second] = [percent(limitPart), percent(half)];
  const steps: readonly Step[] = [
    {
      name: "full", mark: "full", title: "the daemon starts under a full allocation",
      acts: [{ kind: "allocate", part: 1 }, { kind: "heartbeat", beats: true }, { kind: "start-daemon" }],
      limitPart: 1, goal: "raise", uses: true, state: "controlled", atLeastS: 7, withinS: PATIENCE_S,
    },
    {
      name: `drop-${first}`, mark: `${first} %`, title: `the allocation drops to ${first} %`,
      acts: [{ kind: "allocate", part: limitPart }],
      limitPart, goal: "lower", uses: true, state: "limited", atLeastS: 7, withinS: RESPONSE_S,
    },
    {
      name: `drop-${second}`, mark: `${second} %`, title: `the allocation drops to ${second} %`,
      acts: [{ kind: "allocate", part: half }],
      limitPart: half, goal: "lower", uses: true, state: "limited", atLeastS: 8, withinS: RESPONSE_S,
    },
    {
      name: "asic-silent", mark: "mute", title: "one ASIC falls silent",
      acts: [{ kind: "asic", answers: false }],
      limitPart: half, goal: "lower", uses: false, state: "limited", atLeastS: 6.5, withinS: RESPONSE_S,
    },
    {
      name: "heartbeat-lost", mark: "lost", title: "the grid's heartbeat dies",
      acts: [{ kind: "heartbeat", beats: false }],
      limitPart: failsafePart, goal: "lower", uses: false, state: "failsafe", atLeastS: 8, withinS: HEARTBEAT_TIMEOUT_S + RESPONSE_S,
    },
    {
      name: "heartbeat-back", mark: "back", title: "the heartbeat and the ASIC return",
      acts: [{ kind: "asic", answers: true }, { kind: "heartbeat", beats: true }],
      limitPart: half, goal: "raise", uses: true, state: "limited", atLeastS: 7, withinS: PATIENCE_S,
    },
    {
      name: "emergency", mark: "off", title: "the grid orders an emergency stop",
      acts: [{ kind: "emergency" }],
      limitPart: 0, goal: "lower", uses: false, state: "emergency", atLeastS: 4, withinS: RESPONSE_S,
    },
    {
      name: "released", mark: "on", title: "the emergency stop is released",
      acts: [{ kind: "release" }],
      limitPart: half, goal: "raise", uses: true, state: "limited", atLeastS: 9, withinS: PATIENCE_S,
    },
    {
      name: "lifted", mark: "lifted", title: "the limit is lifted",
      acts: [{ kind: "allocate", part: null }],
      limitPart: null, goal: "raise", uses: false, state: "controlled", atLeastS: 10, withinS: PATIENCE_S,
    },
  ];
  // At the default duration the steps take as long as they say.
  const stretch = durationS / DEFAULT_DURATION_S;
  return { steps: steps.map((step) => ({ ...step, atLeastS: step.atLeastS * stretch })), failsafePart, durationS };
}

const percent = (part: number): string => String(Math.round(part * 1000) / 10);
