/**
 * What one kind of machine can be set to, as flat arrays: entry 0 is asleep, then, where boards can be switched one by one,
 * entry k is k of them at the lowest point, and from `first` on its operating points with all boards, by rising power. The
 * upper convex hull over them is what the allocation walks; it is cached with the curve.
 */
import type { Capability, CapabilityOf, OperatingPoint, Setpoint, Transition } from "./model.ts";
import type { Watts } from "./units.ts";
import { terahash, watts } from "./units.ts";

export interface Curve {
  readonly power: Float64Array;
  readonly hashrate: Float64Array;
  readonly frequency: Float64Array;
  /** mV; 0 where a point states none. */
  readonly voltage: Float64Array;
  /** Null for entry 0 of a machine that cannot sleep. */
  readonly setpoints: readonly (Setpoint | null)[];
  /** The lowest point with all boards on, and how many boards that is where they can be switched. */
  readonly first: number;
  readonly points: CapabilityOf<"points"> | null;
  readonly boards: CapabilityOf<"boards"> | null;
  readonly sleep: CapabilityOf<"sleep"> | null;
  /** Over what it may run at. */
  hull(range: Range): Hull;
}

/** The first and the last point a machine may run at; sleep is always open to one that can, and all there is where `to` is 0. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Vertices by rising power with falling slope; slope[k] is TH/s per watt from vertex k to k+1. */
export interface Hull {
  readonly index: Int32Array;
  readonly power: Float64Array;
  readonly hashrate: Float64Array;
  readonly slope: Float64Array;
}

/** Curves are the same for the same capability object, so planning 1,000 alike ASICs shares what drivers share. */
const curves = new WeakMap<readonly Capability[], Curve>();

export function curveOf(capabilities: readonly Capability[], asleep: Watts): Curve {
  let curve = curves.get(capabilities);
  if (curve === undefined) {
    curve = buildCurve(capabilities, asleep);
    curves.set(capabilities, curve);
  }
  return curve;
}

export function capability<K extends Capability["kind"]>(capabilities: readonly Capability[], kind: K): CapabilityOf<K> | null {
  return (capabilities.find((entry) => entry.kind === kind) as CapabilityOf<K> | undefined) ?? null;
}

function buildCurve(capabilities: readonly Capability[], asleep: Watts): Curve {
  const points = capability(capabilities, "points");
  const sleep = capability(capabilities, "sleep");
  const rising = [...(points?.points ?? [])].sort((a, b) => a.power - b.power);
  const boards = capability(capabilities, "boards");
  const fewer = boards === null ? [] : fewerOf(boards, rising[0]);
  const entries = [...fewer, ...rising];
  const power = Float64Array.of(sleep?.sleepPower ?? asleep, ...entries.map((entry) => entry.power));
  const hashrate = Float64Array.of(0, ...entries.map((entry) => entry.hashrate));
  const frequency = Float64Array.of(0, ...entries.map((entry) => entry.frequency ?? 0));
  const voltage = Float64Array.of(0, ...entries.map((entry) => entry.voltage ?? 0));
  const setpoints: (Setpoint | null)[] = [
    sleep === null ? null : { kind: "sleep" },
    ...fewer.map((_, k) => ({ kind: "boards" as const, count: k + 1 })),
    ...rising.map((point) => ({ kind: "points" as const, point: point.id })),
  ];
  return hulled({ power, hashrate, frequency, voltage, setpoints, first: 1 + fewer.length, points, boards, sleep });
}

/** One board, two boards, and so on at the lowest point: power and hashrate go with their number, the base stays. */
function fewerOf({ count, base }: CapabilityOf<"boards">, lowest: OperatingPoint | undefined): Pick<OperatingPoint, "power" | "hashrate" | "frequency" | "voltage">[] {
  if (lowest === undefined || lowest.power <= base) return [];
  return Array.from({ length: Math.max(0, count - 1) }, (_, k) => {
    const share = (k + 1) / count;
    return { ...lowest, power: watts(withShare(lowest.power, share, base)), hashrate: terahash(share * lowest.hashrate) };
  });
}

/** Of what it draws with all boards, what it draws with this share of them. */
export const withShare = (all: number, share: number, base: number): number => base + share * (all - base);

/** By the curve of its model, for each base that was learnt: alike machines share what they are alike in. */
const based = new WeakMap<Curve, Map<number, Curve>>();

/** The same machine, which draws so much besides its boards, W; null: as its model has it. */
export function onBase(model: Curve, base: Watts | null): Curve {
  if (base === null) return model;
  let known = based.get(model);
  if (known === undefined) based.set(model, (known = new Map()));
  let curve = known.get(base);
  if (curve === undefined) {
    const { first } = model;
    const all = model.power[first] as number;
    curve = hulled(model, { power: model.power.map((power, entry) => (entry > 0 && entry < first ? withShare(all, entry / first, base) : power)) });
    known.set(base, curve);
  }
  return curve;
}

/** How many of `first` boards run at an entry. */
export const boardsAt = ({ first }: Curve, entry: number): number => Math.min(entry, first);

/** Boards that stood start: out of sleep, or one by one. From -1 nobody knows. */
export const startsBoards = (curve: Curve, from: number, to: number): boolean => from >= 0 && boardsAt(curve, to) > boardsAt(curve, from);

/** The same machine where its entries are worth something else than their hashrate. */
export const valued = (curve: Curve, worth: Float64Array): Curve => hulled(curve, { hashrate: worth });

function hulled(of: Omit<Curve, "hull">, { power = of.power, hashrate = of.hashrate, setpoints = of.setpoints }: Partial<Pick<Curve, "power" | "hashrate" | "setpoints">> = {}): Curve {
  const { frequency, voltage, first, points, boards, sleep } = of;
  const hulls: { readonly from: number; readonly to: number; readonly hull: Hull }[] = [];
  return {
    power, hashrate, frequency, voltage, setpoints, first, points, boards, sleep,
    hull({ from, to: most }) {
      const to = Math.min(most, setpoints.length - 1);
      for (const known of hulls) if (known.from === from && known.to === to) return known.hull;
      const hull = upperHull({ power, hashrate, setpoints }, { from, to });
      hulls.push({ from, to, hull });
      return hull;
    },
  };
}

/** Entry 0 where the machine can sleep, and every point of the range. One that can do neither has to run at the nearest. */
export function entriesOf({ setpoints }: Pick<Curve, "setpoints">, { from, to }: Range): number[] {
  const highest = Math.min(to, setpoints.length - 1);
  const entries = setpoints[0] === null ? [] : [0];
  for (let entry = Math.max(1, from); entry <= highest; entry++) entries.push(entry);
  return entries.length > 0 ? entries : [Math.max(1, highest)];
}

/** Monotone chain; only increments that gain hashrate stay. */
function upperHull({ power, hashrate, setpoints }: Pick<Curve, "power" | "hashrate" | "setpoints">, range: Range): Hull {
  /** The first `size` of it, shorter than what has been looked at, are the chain. */
  const chain = entriesOf({ setpoints }, range);
  let size = 0;
  for (const entry of chain) {
    const [watts, earned] = [power[entry] as number, hashrate[entry] as number];
    if (size > 0 && earned <= (hashrate[chain[size - 1] as number] as number)) continue;
    while (size >= 2) {
      const [a, b] = [chain[size - 2] as number, chain[size - 1] as number];
      const before = ((hashrate[b] as number) - (hashrate[a] as number)) * (watts - (power[b] as number));
      const after = (earned - (hashrate[b] as number)) * ((power[b] as number) - (power[a] as number));
      if (before > after) break;
      size--;
    }
    chain[size++] = entry;
  }
  return hullAt({ power, hashrate }, chain.slice(0, size));
}

function hullAt(curve: Pick<Curve, "power" | "hashrate">, vertices: readonly number[]): Hull {
  const { length } = vertices;
  // One piece of memory: a plan may have to build thousands of hulls.
  const figures = new Float64Array(3 * length);
  const [power, hashrate, slope] = [figures.subarray(0, length), figures.subarray(length, 2 * length), figures.subarray(2 * length, 3 * length - 1)];
  for (const [k, entry] of vertices.entries()) {
    power[k] = curve.power[entry] as number;
    hashrate[k] = curve.hashrate[entry] as number;
    if (k > 0) slope[k - 1] = (hashrate[k] - (hashrate[k - 1] as number)) / (power[k] - (power[k - 1] as number));
  }
  return { index: new Int32Array(vertices), power, hashrate, slope };
}

const woken = new WeakMap<Curve, Curve>();

/** The same curve without sleep. */
export function awake(curve: Curve): Curve {
  let same = woken.get(curve);
  if (same === undefined) {
    same = curve.setpoints.length < 2 ? curve : hulled(curve, { setpoints: [null, ...curve.setpoints.slice(1)] });
    woken.set(curve, same);
  }
  return same;
}

/** What the driver says of the way from one entry to another; from -1 it is a tune, unless boards have to be switched. */
export function transitionOf({ sleep, points, boards, first }: Curve, from: number, to: number): Transition | undefined {
  if (to === 0) return sleep?.down;
  if (from === 0) return sleep?.up;
  const switched = to < first || (from >= 0 && from < first);
  return (switched ? boards : points)?.[to > from ? "up" : "down"];
}

/** What it draws with all boards at a frequency between two of its points; null: beyond them, or its points state none. */
export function powerBetween({ frequency, power, first }: Pick<Curve, "frequency" | "power" | "first">, megahertz: number): number | null {
  for (let entry = first + 1; entry < frequency.length; entry++) {
    const [below, above] = [frequency[entry - 1] as number, frequency[entry] as number];
    if (below > 0 && below <= megahertz && megahertz < above) return (power[entry - 1] as number) + ((megahertz - below) / (above - below)) * ((power[entry] as number) - (power[entry - 1] as number));
  }
  return null;
}

/** The entry that is this setpoint; -1 when the curve has none. */
export function entryOf(curve: Curve, setpoint: Setpoint | null): number {
  if (setpoint === null) return -1;
  if (setpoint.kind === "sleep") return 0;
  if (setpoint.kind === "boards") return setpoint.count >= 1 && setpoint.count < curve.first ? setpoint.count : -1;
  if (setpoint.kind !== "points") return -1;
  return curve.setpoints.findIndex((entry) => entry?.kind === "points" && entry.point === setpoint.point);
}

export function sameSetpoint(a: Setpoint | null, b: Setpoint | null): boolean {
  if (a === null || b === null) return a === b;
  switch (a.kind) {
    case "points":
      return b.kind === "points" && a.point === b.point;
    case "power-limit":
      return b.kind === "power-limit" && a.power === b.power;
    case "boards":
      return b.kind === "boards" && a.count === b.count;
    case "sleep":
      return b.kind === "sleep";
    case "outlet":
      return b.kind === "outlet" && a.on === b.on;
  }
}
