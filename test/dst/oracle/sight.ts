/** What the judge is shown: plain figures of the true world, the operator's documents, and what the agent said aloud. */

/** A document the operator issued. */
export interface Issued {
  readonly topic: string;
  readonly type: string;
  readonly id: string;
  readonly seq: number;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly wire: string;
  readonly genuine: boolean;
}

export interface Choice {
  readonly watts: number;
  readonly ths: number;
}

export interface MachineSight {
  readonly id: string;
  /** Really drawn, W. */
  readonly powerW: number;
  /** What it would settle at as it has been told, W. */
  readonly toldW: number;
  readonly asleepW: number;
  /** The most it can draw. */
  readonly highestW: number;
  /** What it draws and hashes at each setting it may be told, sleep first, W and TH/s. */
  readonly choices: readonly Choice[];
  /** What it hashes now, TH/s. */
  readonly hashrateThs: number;
  /** What it says it draws; null: it does not answer. */
  readonly saysW: number | null;
  /** It has power and starts: it takes no order yet. */
  readonly boots: boolean;
  /** Its outlet is closed. */
  readonly fed: boolean;
  /** An order reaches it and it obeys. */
  readonly obeys: boolean;
  /** What it draws over what it would, settled, at the same setting: cold boards draw less. At most 1. */
  readonly warmth: number;
  /** Its hottest board that runs, °C; null: none runs. */
  readonly boardC: number | null;
  /** How often its firmware has ended mining because of heat. */
  readonly trips: number;
  /** Asleep: the setting that it holds and passes through on waking, W; else 0. */
  readonly wakesToW: number;
}

export interface Sight {
  /** Monotonic time of the true world. */
  readonly nowMs: number;
  /** Its wall time. */
  readonly wallMs: number;
  readonly powerW: number;
  /** Energy registers of all machines together, Wh. */
  readonly energyWh: () => number;
  readonly machines: () => readonly MachineSight[];
  readonly meteredOutlets: number;
  readonly nominalW: number;
  /** What the meter shows, W; null: it does not answer. */
  readonly meterW: () => number | null;
  /** A controller runs. */
  readonly alive: boolean;
  /** The last status handed to the network since the controller started; null: none yet. */
  readonly said: Said | null;
}

export interface Said {
  readonly effectiveLimitW: number | null;
  readonly compliance: string;
  readonly state: string;
}

/** What stands on the controller's disk. */
export interface Kept {
  /** The number of the last document kept of a topic; -1: none. */
  seq(topic: string): number;
  /** An emergency stands there. */
  latched(topic: string): boolean;
}

/** The agent's journal, as it is written. */
export interface Entry {
  readonly name: string;
  readonly [field: string]: unknown;
}

export const CLAUSES = {
  a1: "true power within limit, tolerance and open grants; energy over it within what the grants hold",
  a2: "no word of compliance while the rack is over its limit; a meter that is off by more than 5 % is called out",
  a3: "violating, at-floor and the zero limit are said of what is so",
  b: "the published limit is never above the lawful one",
  "b-twin": "what was refused changes no order",
  c: "without open grants nothing passes the limit, on the way up neither",
  d: "five seconds after an expiry or a start the decision is in force and every reachable machine is told",
  e: "97 % of what is reachable is used",
  f: "no setpoint outside its envelope, no outlet on too soon, no machine turned back without need",
  g: "every order names a cause that stands in the journal",
  h: "no firmware trips for heat, and no board stays over its limit, where the agent could have told it in time",
  i: "where nothing happens a machine is changed once in five minutes",
  inputs: "what the judge is shown agrees with itself",
  alive: "the daemon does not end by itself",
} as const;
export type Clause = keyof typeof CLAUSES;

export interface Violation {
  readonly atS: number;
  readonly clause: Clause;
  readonly detail: string;
}

/** Where clauses put what they find, and count how often they had something to judge. */
export interface Verdicts {
  judged(clause: Clause): void;
  broken(clause: Clause, detail: string): void;
}
