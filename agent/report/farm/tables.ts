/**
 * What is told of rack, machines and outlets on the farm link, and when it is worth telling: a member of a message a line.
 * docs/telemetry.md and the schemas are made from these tables.
 */

export interface Metric {
  readonly means: string;
  readonly kind: "number" | "word" | "flag";
  /** A figure moves when it differs from what was last told by more than the larger of the two; a word or flag, when it is another. */
  readonly deadband: { readonly figure: number; readonly share: number };
  /** What has moved is told this long after the last message at the soonest, s. */
  readonly everyS: number;
  /** false: it moves no message, and goes along with the next. */
  readonly moves: boolean;
}

export type Table<Name extends string> = Readonly<Record<Name, Metric>>;

const any = { figure: 0, share: 0 } as const;
const figure = (means: string, deadband: Metric["deadband"], everyS: number): Metric => ({ means, kind: "number", deadband, everyS, moves: true });
const word = (means: string, everyS = 1): Metric => ({ means, kind: "word", deadband: any, everyS, moves: true });
const flag = (means: string): Metric => ({ means, kind: "flag", deadband: any, everyS: 1, moves: true });
const along = (means: string, kind: Metric["kind"] = "number"): Metric => ({ means, kind, deadband: any, everyS: 0, moves: false });

export const RACK = {
  state: word("init, controlled, limited, failsafe, emergency or restoring"),
  compliance: word("not-limited, settling, compliant, unverified, at-floor or violating"),
  powerW: figure("what is drawn; null: nothing but nameplates is known", { figure: 50, share: 0.005 }, 1),
  powerLowW: along("the least it may be"),
  powerHighW: along("the most it may be"),
  quality: word("measured, estimated or unknown"),
  limitW: figure("what may be drawn; null: no limit", any, 1),
  limitSource: word("where the limit comes from"),
  limitDoc: word("the grid's document that limits"),
  limitRemainingS: along("how long the limit holds still; null: no end is known"),
  budgetW: figure("the limit with its ramp", { figure: 100, share: 0.01 }, 2),
  setpointW: figure("what the grid wants drawn, below the limit", any, 1),
  hashrateThs: figure("of the machines that say", { figure: 1, share: 0.01 }, 2),
  efficiencyJPerTh: along("power over hashrate"),
  asicsTotal: figure("machines of this rack", any, 1),
  asicsAnswering: figure("that can be read", any, 1),
  asicsAsleep: figure("that sleep", any, 1),
  asicsQuarantined: figure("kept asleep because they do not do as told", any, 1),
  drill: flag("a rehearsed document limits"),
} as const satisfies Table<string>;

export const ASIC = {
  state: word("hashing, ramping, asleep, starting, fault, off, quarantined or unknown"),
  powerW: figure("what it draws; null: nothing but its nameplate is known", { figure: 30, share: 0.03 }, 5),
  powerBy: along("who says so: outlet, inlet, asic, model or nameplate", "word"),
  hashrateThs: figure("its own word; it wavers from second to second", { figure: 0.2, share: 0.1 }, 30),
  temperatureC: figure("its hottest board", { figure: 3, share: 0 }, 30),
  frequencyMHz: figure("mean of its boards", { figure: 4, share: 0 }, 5),
  voltageMV: along("mean of its boards"),
  setpoint: word("what is wanted of it"),
  unknownReason: word("why nothing is known: not-polled, unreachable, timeout, malformed, refused or stale", 5),
  quarantineReason: word("why it is kept asleep"),
  maintenance: flag("left alone by a technician's word"),
  poolGuard: word("whom it hashes for: allowed, foreign or unknown; null: nobody watches"),
} as const satisfies Table<string>;

export const OUTLET = {
  on: flag("as its PDU reads it; null: it does not say"),
  powerW: figure("what flows through it", { figure: 30, share: 0.03 }, 10),
  device: word("the machine on it; null: none is registered"),
} as const satisfies Table<string>;

/** Nothing is silent for longer; where there is more than this to tell of, a round takes longer. */
export const REST_S = 60;
const TOPICS_A_ROUND = 2_000;
export const restOf = (topics: number): number => REST_S * Math.max(1, Math.ceil(topics / TOPICS_A_ROUND));
/** After three rounds without a word it is no more there. */
export const goneAfterS = (topics: number): number => 3 * restOf(topics);

/**
 * What goes over the farm link, B/s and B at once: the rack and its events never wait, records have half of it, machines and outlets take
 * what all these leave. At rest 1,000 machines of 360 B and as many outlets of 190 B say something once a minute: 9.2 kB/s.
 */
export const BUDGET = { bytesPerSecond: 16_000, burst: 16_000 } as const;
/**
 * The records' half. 1,000 machines make 0.5 kB/s of them; the rest is for what has waited while the broker was away. With a part of a
 * record beyond it, at most 16 + 160 + 8 + 8 kB go in 10 s: 19.2 kB/s.
 */
export const RECORDS = { bytesPerSecond: 8_000, burst: 8_000 } as const;
