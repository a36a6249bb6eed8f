/** The energy record of one interval, a quarter hour unless the operator asks for another, as it is kept, sent and billed by. */

/** A register at the two ends of the interval; Wh as the meter counts. */
export interface RegisterRecord {
  readonly meter: string;
  readonly startWh: number | null;
  readonly endWh: number | null;
}

export interface IntervalRecord {
  readonly v: 1;
  readonly type: "INTERVAL";
  /** Aligned to the clock, UTC. */
  readonly from: string;
  readonly to: string;
  /** `ok`: counted by a register, or measured for 99 % of the time; `estimated`: what was not measured is estimated; `missing`: neither, and the energy is what was seen. */
  readonly quality: "ok" | "estimated" | "missing";
  readonly measuredS: number;
  readonly estimatedS: number;
  readonly missingS: number;
  readonly energyWh: number | null;
  /** How `energyWh` came about. */
  readonly energyBy: "register" | "power" | "none";
  /** The same from power alone. */
  readonly powerWh: number | null;
  readonly registers: readonly RegisterRecord[];
  /** A register rolled over, or a meter was replaced or set back. */
  readonly registerNote: "rolled" | "replaced" | null;
  /** Counted by the registers while nobody looked, before or within this interval, and not in `energyWh`. */
  readonly bridgedWh: number | null;
  readonly maxW: number | null;
  /** What the limits allowed; null: for part of the time nothing limited. */
  readonly allottedWh: number | null;
  /** Seconds from the beginning, and the limit from then on; null: none. */
  readonly limits: readonly (readonly [number, number | null])[];
  /** Above the limit at all, also while coming down in time. */
  readonly overS: number;
  readonly overWh: number;
  /** Above limit and tolerance when the time to respond was over. */
  readonly violatingS: number;
  /** Terahashes done. */
  readonly hashesTh: number | null;
  readonly jPerTh: number | null;
  /** `stepped`: the clock was set within it, and its ends are not where they seem. */
  readonly clock: "synced" | "unsynced" | "heartbeat" | "stepped";
  readonly cost: Cost | null;
}

export interface Cost {
  readonly currency: string;
  readonly energy: number;
  readonly tax: number;
}

/** Of one machine: id, Wh, terahashes, seconds known. What it drew is by its outlet, the inlet or its own word. */
export type MachineRow = readonly [id: string, wh: number, hashesTh: number, knownS: number];

/** What the grid is told: efficiency and what energy costs are the farm's own business. */
export function forTheGrid(record: IntervalRecord): Omit<IntervalRecord, "hashesTh" | "jPerTh" | "cost"> {
  const { hashesTh: _hashes, jPerTh: _efficiency, cost: _cost, ...rest } = record;
  return rest;
}
