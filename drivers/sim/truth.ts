import type { AsicState } from "./asic.ts";
import type { SimMachine } from "./machine.ts";

/** What really happens in the rig, whatever anybody says about it. Powers at the wall. */
export interface RigTruth {
  readonly atMs: number;
  readonly powerW: number;
  readonly asics: readonly AsicTruth[];
}

export interface AsicTruth {
  readonly id: string;
  readonly powerW: number;
  readonly hashrateThs: number;
  /** Mean over the boards that run; 0 while none is clocked. */
  readonly frequencyMHz: number;
  readonly voltageMV: number;
  readonly state: AsicState;
}

export function truthOf(machines: Iterable<SimMachine>, atMs: number): RigTruth {
  const asics = Array.from(machines, ({ id, body }) => ({
    id,
    powerW: tenth(body.powerW),
    hashrateThs: tenth(body.hashrateThs),
    frequencyMHz: tenth(body.frequencyMHz),
    voltageMV: Math.round(body.voltageMV),
    state: body.state,
  }));
  return { atMs: Math.round(atMs), powerW: tenth(asics.reduce((sum, asic) => sum + asic.powerW, 0)), asics };
}

const tenth = (value: number): number => Math.round(value * 10) / 10;
