/**
 * Rack truth: what meters, outlets and machines say of the same watts, held against each other. Each check says whether
 * something is wrong now; it is worth an event when it has been wrong for long enough. Nobody who is silent is wrong.
 */
import type { Millis } from "./units.ts";
import { seconds } from "./units.ts";

export interface MeterTruth {
  readonly id: string;
  /** Its total is the rack's. */
  readonly isRack: boolean;
  /** Its outlets are all there are behind it, and all of them metered. */
  readonly complete: boolean;
  /** null: not known now. */
  readonly power: number | null;
  readonly outlets: readonly OutletTruth[];
}

export interface OutletTruth {
  readonly name: string;
  readonly power: number | null;
  /** Something on it is registered: a miner, or what the configuration says it feeds. */
  readonly registered: boolean;
}

export interface DeviceTruth {
  readonly id: string;
  /** The outlet it hangs on and what that shows; null: no metered outlet is known. */
  readonly outlet: { readonly name: string; readonly power: number | null } | null;
  /** By its own word. */
  readonly own: number | null;
  /** Nothing is on its way: its words and its outlet speak of the same. */
  readonly settled: boolean;
  /** What it should draw when it is asleep or its outlet is open; null: it should run. */
  readonly whenOff: number | null;
}

export interface Check {
  readonly key: string;
  /** null: nobody can say. */
  readonly wrong: boolean | null;
  /** How long it has to be wrong. */
  readonly after: Millis;
  readonly begun: string;
  readonly ended: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** Watts too many, where it is about that: their energy is counted. */
  readonly excess?: number;
}

const DISAGREES = { fraction: 0.05, watts: 50, after: seconds(60) } as const;
const UNREGISTERED = { outlet: 50, fraction: 0.03, watts: 150, after: seconds(300) } as const;
/** One reading may catch a socket while somebody plugs something in. */
const OUTLET_AFTER = seconds(10);

export function checks(meters: readonly MeterTruth[], devices: readonly DeviceTruth[], nominal: number): Check[] {
  return [...devices.flatMap(ownWord), ...inletAndOutlets(meters), ...strangers(meters), ...meters.flatMap(unexplained), ...whileOff(meters, devices, nominal)];
}

const differ = (a: number, b: number): boolean => Math.abs(a - b) > Math.max(DISAGREES.watts, DISAGREES.fraction * Math.max(a, b));

/** A machine and its outlet. */
function ownWord({ id, outlet, own, settled }: DeviceTruth): Check[] {
  if (outlet === null) return [];
  const known = settled && own !== null && outlet.power !== null;
  return [{
    key: `own ${id}`, wrong: known ? differ(own, outlet.power) : null, after: DISAGREES.after, begun: "power.disagreed", ended: "power.agreed",
    fields: { device: id, ownW: rounded(own), outlet: outlet.name, outletW: rounded(outlet.power) },
  }];
}

/** Outlets together that show more than what feeds them: one of the two is wrong. */
function inletAndOutlets(meters: readonly MeterTruth[]): Check[] {
  const feeders = meters.filter(({ isRack, outlets }) => isRack && outlets.length === 0);
  const pdus = meters.filter(({ isRack, outlets }) => !isRack && outlets.some(({ power }) => power !== null));
  if (feeders.length === 0 || pdus.length === 0) return [];
  const [inlet, outlets] = [sum(feeders.map(({ power }) => power)), sum(pdus.flatMap((pdu) => pdu.outlets.map(({ power }) => power)))];
  const known = inlet !== null && outlets !== null;
  return [
    {
      key: "inlet", wrong: known ? outlets > inlet && differ(inlet, outlets) : null, after: DISAGREES.after, begun: "power.disagreed", ended: "power.agreed",
      fields: { meter: feeders.map(({ id }) => id).join(" + "), inletW: rounded(inlet), outlets: pdus.map(({ id }) => id).join(" + "), outletsW: rounded(outlets) },
    },
    ...(pdus.every(({ complete }) => complete) ? [surplus(feeders.map(({ id }) => id).join(" + "), inlet, outlets)] : []),
  ];
}

/** Outlets that draw with nobody registered on them. */
function strangers(meters: readonly MeterTruth[]): Check[] {
  return meters.flatMap(({ outlets }) => outlets.filter(({ registered }) => !registered).map(({ name, power }) => ({
    key: `outlet ${name}`, wrong: power === null ? null : power > UNREGISTERED.outlet, after: OUTLET_AFTER, begun: "load.unregistered", ended: "load.removed",
    fields: { where: name, powerW: rounded(power) }, excess: power ?? 0,
  })));
}

/** What a PDU's own inlet shows beyond its outlets. */
const unexplained = ({ id, complete, power, outlets }: MeterTruth): Check[] => (complete && outlets.length > 0 ? [surplus(id, power, sum(outlets.map((outlet) => outlet.power)))] : []);

function surplus(where: string, feeder: number | null, outlets: number | null): Check {
  const excess = feeder === null || outlets === null ? null : feeder - outlets;
  return {
    key: `feeder ${where}`, wrong: excess === null || feeder === null ? null : excess > Math.max(UNREGISTERED.fraction * feeder, UNREGISTERED.watts), after: UNREGISTERED.after,
    begun: "load.unregistered", ended: "load.removed", fields: { where, powerW: rounded(excess), feederW: rounded(feeder), outletsW: rounded(outlets) }, excess: excess ?? 0,
  };
}

/** Energy drawn while everything should be off. */
function whileOff(meters: readonly MeterTruth[], devices: readonly DeviceTruth[], nominal: number): Check[] {
  const racks = meters.filter(({ isRack }) => isRack);
  if (racks.length === 0 || devices.length === 0) return [];
  const expected = sum(devices.map(({ whenOff }) => whenOff));
  const power = sum(racks.map((meter) => meter.power));
  const off = expected !== null && devices.every(({ settled }) => settled);
  const excess = off && power !== null ? power - expected : null;
  return [{
    key: "off", wrong: expected === null ? false : excess === null ? null : excess > Math.max(UNREGISTERED.fraction * nominal, UNREGISTERED.watts), after: UNREGISTERED.after,
    begun: "load.unregistered", ended: "load.removed", fields: { where: "rack, which should be off", powerW: rounded(power), expectedW: rounded(expected) }, excess: excess ?? 0,
  }];
}

/** null where a part is not known. */
function sum(parts: readonly (number | null)[]): number | null {
  let total = 0;
  for (const part of parts) {
    if (part === null) return null;
    total += part;
  }
  return total;
}

const rounded = (power: number | null): number | null => (power === null ? null : Math.round(power));
