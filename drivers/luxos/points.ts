/** What a LuxOS miner can run at: the envelope it allows and the profiles it offers. */
import type { Capability, OperatingPoint, Transition } from "../../agent/core/model.ts";
import { megahertz, millis, millivolts, seconds, watts, type Millivolts, type Watts } from "../../agent/core/units.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import { alike } from "../alike.ts";
import { clockAt, terahashAt, wattsAt } from "../cgminer/figures.ts";
import { flagAt, numberAt, rowsAt, type Json, type JsonObject } from "../cgminer/json.ts";
import type { Envelope } from "../models.ts";

/** A board walks to its new frequency in steps of 5 MHz, about 0.15 s each: 30 ms a megahertz, after about 1.5 s until the meter shows it. */
const STEP: Transition = { fixed: seconds(1.5), perMegahertz: millis(30), highest: "ends", hashing: true, confirm: "readback" };
/** Luxor claims less than 5 s to sleep. */
const SLEEP: Transition = { fixed: seconds(5), perMegahertz: millis(0), highest: "ends", hashing: false, confirm: "readback" };
/** Luxor claims less than 10 s to full power; the ramp up from nothing is counted on top. */
const WAKE: Transition = { fixed: seconds(10), perMegahertz: millis(30), highest: "ends", hashing: false, confirm: "readback" };

/** The supply lets go of a board at once; another second or two until the meter shows it. Those that stay walk to the lowest point. */
const BOARD_OFF: Transition = { fixed: seconds(3), perMegahertz: millis(30), highest: "ends", hashing: true, confirm: "readback" };
/** A board is initialised chip by chip before it hashes; the time is not published, half a minute is what stock boards take. */
const BOARD_ON: Transition = { fixed: seconds(30), perMegahertz: millis(30), highest: "ends", hashing: true, confirm: "readback" };

/**
 * Of its lowest point, what a machine draws besides its boards: control board and fans. No maker and no profile says it (fans
 * of an S19 may take 25 W slow and 120 W fast), and what is planned too high here costs some watts on one or two machines.
 */
const BASE = 0.1;

/** `boards`: how many can run; ordered to fewer, those run at the lowest point. null: they cannot be switched. */
export function capabilitiesOf(points: readonly OperatingPoint[], { boards, sleepPower }: { readonly boards: number | null; readonly sleepPower: Watts }): readonly Capability[] {
  const base = watts(Math.max(sleepPower, BASE * (points[0]?.power ?? 0)));
  return alike([
    { kind: "points", points, down: STEP, up: STEP },
    ...(boards === null ? [] : [{ kind: "boards", count: boards, base, down: BOARD_OFF, up: BOARD_ON } as const]),
    { kind: "sleep", sleepPower, down: SLEEP, up: WAKE },
  ]);
}

/** The model's envelope, narrowed by the device's own `limits`; what it does not say narrows nothing. */
export function narrow(model: Envelope, limits: JsonObject | null): Envelope {
  const row = rowsAt(limits, "LIMITS")[0];
  const mhz = { min: clockAt(row, "FrequencyMin"), max: clockAt(row, "FrequencyMax") };
  const mv = { min: voltageAt(row, "VoltageMin"), max: voltageAt(row, "VoltageMax") };
  return {
    frequency: {
      min: mhz.min === null ? model.frequency.min : megahertz(Math.max(model.frequency.min, mhz.min)),
      max: mhz.max === null ? model.frequency.max : megahertz(Math.min(model.frequency.max, mhz.max)),
    },
    voltage: {
      min: mv.min === null ? model.voltage.min : millivolts(Math.max(model.voltage.min, mv.min)),
      max: mv.max === null ? model.voltage.max : millivolts(Math.min(model.voltage.max, mv.max)),
    },
  };
}

/** The points a machine with this envelope may be told. */
export function within(envelope: Envelope, points: readonly OperatingPoint[]): readonly OperatingPoint[] {
  return alike(points.filter((point) => isInside(envelope, point)));
}

function isInside(envelope: Envelope, { frequency, voltage }: OperatingPoint): boolean {
  return (
    (frequency === null || (frequency >= envelope.frequency.min && frequency <= envelope.frequency.max)) &&
    (voltage === null || (voltage >= envelope.voltage.min && voltage <= envelope.voltage.max))
  );
}

/** Throws `out-of-range` with the bounds. */
export function assertInside(envelope: Envelope, point: OperatingPoint): void {
  if (isInside(envelope, point)) return;
  const { frequency, voltage } = envelope;
  throw new DeviceError(
    "out-of-range",
    `point ${point.id} (${point.frequency} MHz, ${point.voltage} mV) is outside ${frequency.min} to ${frequency.max} MHz, ${voltage.min} to ${voltage.max} mV`,
  );
}

/**
 * The device's `profiles` as points, ascending, one a frequency, the id its megahertz as text.
 * Rows the tuner made for itself (`IsDynamic`) come and go and are left out, as is whatever is incomplete.
 */
export function pointsOf(profiles: JsonObject | null): readonly OperatingPoint[] {
  const points = new Map<string, OperatingPoint>();
  for (const row of rowsAt(profiles, "PROFILES")) {
    const point = pointOf(row);
    if (point !== null && !points.has(point.id)) points.set(point.id, point);
  }
  return alike([...points.values()].toSorted((a, b) => a.power - b.power));
}

function pointOf(row: JsonObject): OperatingPoint | null {
  const frequency = clockAt(row, "Frequency");
  const voltage = voltageAt(row, "Voltage");
  const power = wattsAt(row, "Watts");
  const hashrate = terahashAt(row, "Hashrate", 1);
  if (flagAt(row, "IsDynamic") === true || frequency === null || voltage === null || power === null || hashrate === null) return null;
  if (frequency === 0 || voltage === 0 || power === 0 || hashrate === 0) return null;
  return { id: String(frequency), frequency, voltage, power, hashrate };
}

/** No hashboard is fed with more. */
const MOST_VOLTS = 50;

/** LuxOS speaks of volts with two decimals. */
export function voltageAt(row: Json | undefined, key: string): Millivolts | null {
  const volts = numberAt(row, key);
  return volts === null || volts < 0 || volts > MOST_VOLTS ? null : millivolts(Math.round(volts * 1000));
}
