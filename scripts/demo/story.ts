/** The story as a table: what the grid operator does, what the rack may then draw, and in which state it has to end up. */

/** What happens at the beginning of a step. Parts are of the rack's nominal power. */
export type Act =
  | { readonly kind: "start-daemon" }
  | { readonly kind: "allocate"; readonly part: number }
  | { readonly kind: "heartbeat"; readonly beats: boolean }
  | { readonly kind: "asic"; readonly answers: boolean }
  | { readonly kind: "emergency" }
  | { readonly kind: "release" };

export interface Step {
  readonly name: string;
  /** For the time axis: it has to fit under its step. */
  readonly mark: string;
  readonly title: string;
  readonly acts: readonly Act[];
  /** What the rack may draw at the end of the step. */
  readonly limitPart: number;
  /** `lower`: done when it stays under the limit; `raise`: done when it uses what it may. */
  readonly goal: "lower" | "raise";
  /** From the signal; the step's own length where it is shorter. */
  readonly withinS: number;
  /** Is at least 97 % of the limit to be used at the end? Not while something is broken. */
  readonly uses: boolean;
  readonly state: "controlled" | "limited" | "failsafe" | "emergency";
  /** How long it lasts when the whole takes `DEFAULT_DURATION_S`. */
  readonly seconds: number;
}

export interface Story {
  readonly steps: readonly Step[];
  /** What the configuration allows while the grid is silent. */
  readonly failsafePart: number;
  readonly durationS: number;
}

export const DEFAULT_DURATION_S = 75;
/** The rack needs this long for what is asked of it; a shorter story would only show that. */
export const LEAST_DURATION_S = 70;
/** With fewer, one silent machine alone draws more than the failsafe limit. */
export const LEAST_ASICS = 6;
/** The demo's documents say this instead of the usual 120 s. */
export const HEARTBEAT_TIMEOUT_S = 4;

/** GLA/1: the bound for firmware that tunes live, and what the heartbeat's silence takes on top until it counts. */
const RESPONSE_S = 15;
const anyTime = Infinity;

/** `limitPart`: where the first drop goes; the second goes to half of it and the failsafe limit is a third. */
export function tellStory({ limitPart, durationS }: { readonly limitPart: number; readonly durationS: number }): Story {
  const half = limitPart / 2;
  const failsafePart = limitPart / 3;
  const [first, second] = [percent(limitPart), percent(half)];
  const steps: readonly Step[] = [
    {
      name: "full", mark: "full", title: "the daemon starts under a full allocation",
      acts: [{ kind: "allocate", part: 1 }, { kind: "heartbeat", beats: true }, { kind: "start-daemon" }],
      limitPart: 1, goal: "raise", withinS: anyTime, uses: true, state: "controlled", seconds: 7,
    },
    {
      name: `drop-${first}`, mark: `${first} %`, title: `the allocation drops to ${first} %`,
      acts: [{ kind: "allocate", part: limitPart }],
      limitPart, goal: "lower", withinS: RESPONSE_S, uses: true, state: "limited", seconds: 9,
    },
    {
      name: `drop-${second}`, mark: `${second} %`, title: `the allocation drops to ${second} %`,
      acts: [{ kind: "allocate", part: half }],
      limitPart: half, goal: "lower", withinS: RESPONSE_S, uses: true, state: "limited", seconds: 9,
    },
    {
      name: "asic-silent", mark: "mute", title: "one ASIC falls silent",
      acts: [{ kind: "asic", answers: false }],
      limitPart: half, goal: "lower", withinS: RESPONSE_S, uses: false, state: "limited", seconds: 6,
    },
    {
      name: "heartbeat-lost", mark: "lost", title: "the grid's heartbeat dies",
      acts: [{ kind: "heartbeat", beats: false }],
      limitPart: failsafePart, goal: "lower", withinS: HEARTBEAT_TIMEOUT_S + RESPONSE_S, uses: false, state: "failsafe", seconds: 10,
    },
    {
      name: "heartbeat-back", mark: "back", title: "the heartbeat and the ASIC return",
      acts: [{ kind: "asic", answers: true }, { kind: "heartbeat", beats: true }],
      limitPart: half, goal: "raise", withinS: anyTime, uses: true, state: "limited", seconds: 8,
    },
    {
      name: "emergency", mark: "stop", title: "the grid orders an emergency stop",
      acts: [{ kind: "emergency" }],
      limitPart: 0, goal: "lower", withinS: RESPONSE_S, uses: false, state: "emergency", seconds: 6,
    },
    {
      name: "released", mark: "go", title: "the emergency stop is released",
      acts: [{ kind: "release" }],
      limitPart: half, goal: "raise", withinS: anyTime, uses: true, state: "limited", seconds: 11,
    },
    {
      name: "lifted", mark: "lifted", title: "the limit is lifted",
      acts: [{ kind: "allocate", part: 1 }],
      limitPart: 1, goal: "raise", withinS: anyTime, uses: true, state: "controlled", seconds: 9,
    },
  ];
  const stretch = durationS / steps.reduce((sum, step) => sum + step.seconds, 0);
  return { steps: steps.map((step) => ({ ...step, seconds: step.seconds * stretch })), failsafePart, durationS };
}

const percent = (part: number): string => String(Math.round(part * 1000) / 10);
