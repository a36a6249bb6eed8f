/** The part of core's state that has to survive a restart of the daemon: what was wanted, what was learnt, what is owed. */
import type { KeptHeat } from "./heat.ts";
import { keptHeat, NO_HEAT, recalledHeat } from "./heat.ts";
import type { Setpoint } from "./model.ts";
import type { DeviceState, RackState } from "./state.ts";
import { startDevice, startState } from "./state.ts";
import type { Restart } from "./grid.ts";
import type { OutletState } from "./outlets.ts";
import type { Millis } from "./units.ts";
import { millis, watts } from "./units.ts";
import type { KeptWear } from "./wear.ts";
import { keptWear, NEW, recalledWear } from "./wear.ts";
import type { Mode } from "./mode.ts";
import { restoringFrom } from "./mode.ts";

export interface Memory {
  readonly devices: Readonly<Record<string, { readonly target: Setpoint | null; readonly gain: number; readonly wear?: KeptWear; readonly heat?: KeptHeat; readonly outlet?: OutletState }>>;
  /** An emergency or the way back from one was running. */
  readonly restoring: boolean;
  /** And it waits, or is to wait, for the mains. */
  readonly held?: boolean;
}

export function remember({ devices, mode }: RackState): Memory {
  const kept = [...devices].map(([id, { target, gain, wear, heat, outlet }]) => [id, { target, gain: Math.round(gain * 1000) / 1000, ...keptWear(wear), ...keptHeat(heat), ...(outlet !== null && { outlet: keptOutlet(outlet) }) }]);
  return { devices: Object.fromEntries(kept), restoring: comesBack(mode), ...(waits(mode) && { held: true }) };
}

/** What of it may not wait, as a text: another one has to be written down at once. What was learnt may. */
export const owed = ({ devices, mode }: RackState): string =>
  JSON.stringify([[...devices].map(([id, { target, heat, outlet }]) => [id, target, keptHeat(heat), outlet === null ? null : keptOutlet(outlet)]), comesBack(mode), waits(mode)]);

const keptOutlet = (outlet: OutletState): OutletState => ({ ...outlet, orderedAt: millis(0) });
const comesBack = ({ emergency, restoring }: Mode): boolean => emergency || restoring !== null;
const waits = ({ held, restoring }: Mode): boolean => held || (restoring !== null && restoring.hold !== null);

/** Starts again from what was written down. The way back from an emergency begins anew, with the delay drawn before. */
export function recall(memory: Memory, context: { readonly uptime: Millis; readonly u: number; readonly restart: Restart }): RackState {
  const { uptime, u, restart } = context;
  const fresh = startState(uptime);
  const devices = new Map(Object.entries(memory.devices).map(([id, { wear, heat, ...kept }]): [string, DeviceState] => [id, { ...startDevice, ...kept, wear: wear === undefined ? NEW : recalledWear(wear), heat: heat === undefined ? NO_HEAT : recalledHeat(heat, uptime) }]));
  if (!memory.restoring) return { ...fresh, devices };
  const held = memory.held === true;
  const restoring = restoringFrom(uptime, held, { u, restart });
  return { ...fresh, devices, mode: { ...fresh.mode, held, restoring }, ramp: { budget: { kind: "limited", power: watts(0) }, at: uptime } };
}
