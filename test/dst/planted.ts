/** One bug for each clause, planted at the seams and never in the product, and one in what the judge is shown. */
import type { Setpoint } from "../../agent/core/model.ts";
import { millis, terahash, watts } from "../../agent/core/units.ts";
import type { Clock } from "../../agent/runtime/clock.ts";
import type { Device, Meter } from "../../drivers/driver.ts";
import type { Happening } from "./catalogue.ts";
import type { Clause } from "./oracle/sight.ts";
import type { Sabotage } from "./sabotage.ts";

export interface Planted {
  readonly name: string;
  readonly clause: Clause;
  readonly seeds: readonly number[];
  readonly sabotage: Sabotage;
  /** Instead of what the seed draws. */
  readonly happenings?: readonly Happening[];
}

const SEEDS = [1, 2, 3, 4, 6] as const;

/** A meter that shows so much of what is drawn, of which the judge knows nothing. */
const shows = (part: number) => (honest: Meter): Meter => ({
  ...honest,
  read: async (signal) => {
    const reading = await honest.read(signal);
    const shown = (power: number | null): ReturnType<typeof watts> | null => (power === null ? null : watts(power * part));
    return { ...reading, power: shown(reading.power), outlets: reading.outlets.map((outlet) => ({ ...outlet, power: shown(outlet.power) })) };
  },
});

/** A driver whose points claim to draw so much of what they do. */
const claims = (part: number) => (honest: Device): Device => {
  const capabilities = honest.capabilities.map((capability) =>
    capability.kind === "points" ? { ...capability, points: capability.points.map((point) => ({ ...point, power: watts(point.power * part) })) } : capability);
  return { ...honest, capabilities };
};

/** A driver that offers a setting the machine does not have. */
function inventive(honest: Device): Device {
  const capabilities = honest.capabilities.map((capability) => {
    const [lowest] = capability.kind === "points" ? capability.points : [];
    if (capability.kind !== "points" || lowest === undefined) return capability;
    return { ...capability, points: [{ ...lowest, id: "1", power: watts(lowest.power * 0.5) }, ...capability.points] };
  });
  return { ...honest, capabilities };
}

/** A driver that takes its time with every order. */
function sluggish(honest: Device, clock: Clock): Device {
  const later = <S extends Setpoint>(act: ((setpoint: S, signal: AbortSignal) => Promise<void>) | undefined) => async (setpoint: S, signal: AbortSignal): Promise<void> => {
    await clock.sleep(millis(9_000), signal);
    await act?.(setpoint, signal);
  };
  return { ...honest, actuators: { points: later(honest.actuators.points), sleep: later(honest.actuators.sleep) } };
}

/** A driver whose points promise now this machine more and now that one: a better plan every half minute. */
function fickle(honest: Device, clock: Clock): Device {
  const odd = Number(honest.id.slice(-1)) % 2;
  const promise = (part: number): Device["capabilities"] => honest.capabilities.map((capability) =>
    capability.kind === "points" ? { ...capability, points: capability.points.map((point) => ({ ...point, hashrate: terahash(point.hashrate * part) })) } : capability);
  const promises = [promise(1), promise(1.5)];
  return { ...honest, get capabilities() { return promises[(Math.floor(clock.now().uptime / 30_000) + odd) % 2] ?? honest.capabilities; } };
}

const at = (atS: number, kind: string, u: readonly [number, number, number] = [0.5, 0.5, 0.9]): Happening => ({ kind, atS, lastsS: 0, asic: 0, u });

export const PLANTED: readonly Planted[] = [
  { name: "a meter that shows three quarters", clause: "a1", seeds: SEEDS, sabotage: { meter: shows(0.75) } },
  { name: "a meter that shows two thirds and calls it compliant", clause: "a2", seeds: SEEDS, sabotage: { meter: shows(0.67) } },
  { name: "a meter that shows three times as much", clause: "a3", seeds: SEEDS, sabotage: { meter: shows(3) } },
  { name: "a failsafe limit of everything", clause: "b", seeds: SEEDS, sabotage: { policy: { failsafe: watts(1_000_000) } } },
  { name: "unsigned documents are believed", clause: "b-twin", seeds: SEEDS, sabotage: { signatures: "optional" } },
  { name: "machines draw twice what their driver says", clause: "c", seeds: SEEDS, sabotage: { device: claims(0.5) } },
  { name: "orders take nine seconds", clause: "d", seeds: SEEDS, sabotage: { device: sluggish } },
  { name: "a third of the limit is kept free", clause: "e", seeds: SEEDS, sabotage: { policy: { margin: 0.3 } }, happenings: [at(30, "allocation", [0.7, 0.9, 0.9])] },
  { name: "a setting the machine does not have", clause: "f", seeds: SEEDS, sabotage: { device: inventive } },
  { name: "accepted documents are not written down", clause: "g", seeds: SEEDS, sabotage: { entry: (entry) => (/^(signal\.accepted|limit\.changed|mode\.changed)$/.test(entry.name) ? null : entry) } },
  { name: "nobody guards against heat", clause: "h", seeds: SEEDS, sabotage: { policy: { heat: new Map() } }, happenings: [at(30, "allocation", [0.99, 0.9, 0.9]), { kind: "heat wave", atS: 200, lastsS: 600, asic: 0, u: [0.99, 0.5, 0.5] }] },
  { name: "nobody looks at fans", clause: "h", seeds: SEEDS, sabotage: { policy: { heat: new Map() } }, happenings: [at(30, "allocation", [0.99, 0.9, 0.9]), { kind: "fans stand", atS: 200, lastsS: 300, asic: 0, u: [0.7, 0.5, 0.5] }] },
  { name: "points that promise now this and now that, and no rest between changes", clause: "i", seeds: SEEDS, sabotage: { device: fickle, policy: { wear: { between: millis(0), rotation: Infinity } } }, happenings: [at(30, "allocation", [0.5, 0.9, 0.9])] },
  { name: "the judge is shown a tenth too little", clause: "inputs", seeds: SEEDS, sabotage: { sight: (sight) => ({ ...sight, powerW: sight.powerW * 0.9 }) } },
  { name: "a disk that fails in a way nobody has thought of", clause: "alive", seeds: SEEDS, sabotage: { store: (honest) => ({ ...honest, load: async () => new Map([["core/memory", "{"]]) }) } },
];
