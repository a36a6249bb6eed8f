/** A miner kept within its owner's bounds, whatever its driver: nothing outside is offered to plan with, and nothing outside is ordered. */
import type { Capability, CapabilityKind, OperatingPoint, Setpoint, Telemetry } from "../agent/core/model.ts";
import { megahertz, millivolts, watts, type Megahertz, type Millivolts, type Watts } from "../agent/core/units.ts";
import { DeviceError } from "../agent/runtime/errors.ts";
import { alike } from "./alike.ts";
import type { Actuators, Device } from "./driver.ts";
import type { MinerModel } from "./models.ts";

/** Bounds of settings, both ends included; null: none. */
export interface Bounds {
  readonly frequencyMin: Megahertz | null;
  readonly frequencyMax: Megahertz | null;
  readonly voltageMin: Millivolts | null;
  readonly voltageMax: Millivolts | null;
  readonly powerMax: Watts | null;
}

/** The model with its envelope narrowed, for what drivers set besides the points they offer. */
export function narrowed(model: MinerModel, bounds: Bounds): MinerModel {
  const { frequency, voltage } = model.envelope;
  return {
    ...model,
    envelope: {
      frequency: { min: megahertz(Math.max(frequency.min, bounds.frequencyMin ?? 0)), max: megahertz(Math.min(frequency.max, bounds.frequencyMax ?? Infinity)) },
      voltage: { min: millivolts(Math.max(voltage.min, bounds.voltageMin ?? 0)), max: millivolts(Math.min(voltage.max, bounds.voltageMax ?? Infinity)) },
    },
  };
}

export const guarded = (device: Device, bounds: Bounds): Device => new Guarded(device, bounds);

class Guarded implements Device {
  readonly id: string;
  readonly orderDeadlineMs?: number;
  readonly debts?: NonNullable<Device["debts"]>;
  readonly blink?: NonNullable<Device["blink"]>;
  readonly restart?: NonNullable<Device["restart"]>;
  readonly #device: Device;
  readonly #bounds: Bounds;
  #acting: { readonly of: Actuators; readonly guarded: Actuators } | null = null;
  /** The device's own list and what is left of it. */
  #offered: { readonly of: readonly Capability[]; readonly left: readonly Capability[] } | null = null;

  constructor(device: Device, bounds: Bounds) {
    const { id, orderDeadlineMs, debts, blink, restart } = device;
    this.#device = device;
    this.#bounds = bounds;
    this.id = id;
    if (orderDeadlineMs !== undefined) this.orderDeadlineMs = orderDeadlineMs;
    if (debts !== undefined) this.debts = debts;
    if (blink !== undefined) this.blink = (on, signal) => blink.call(device, on, signal);
    if (restart !== undefined) this.restart = (signal) => restart.call(device, signal);
  }

  get description(): string {
    return this.#device.description;
  }

  get nameplate(): Device["nameplate"] {
    return this.#device.nameplate;
  }

  /** Those the device has now: some learn with their first reading that they can sleep. */
  get actuators(): Actuators {
    const of = this.#device.actuators;
    if (this.#acting?.of !== of) {
      const act = (setpoint: Setpoint, signal: AbortSignal): Promise<void> => this.#act(setpoint, signal);
      this.#acting = { of, guarded: Object.fromEntries((Object.keys(of) as CapabilityKind[]).map((kind) => [kind, act])) };
    }
    return this.#acting.guarded;
  }

  get capabilities(): readonly Capability[] {
    const of = this.#device.capabilities;
    if (this.#offered?.of === of) return this.#offered.left;
    const left = alike(of.map((capability) => this.#narrow(capability)));
    this.#offered = { of, left };
    return left;
  }

  read(signal: AbortSignal): Promise<Telemetry> {
    return this.#device.read(signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.#device[Symbol.asyncDispose]());
  }

  #narrow(capability: Capability): Capability {
    if (capability.kind === "points") {
      const points = capability.points.filter((point) => this.#outside(point) === null);
      return { ...capability, points };
    }
    if (capability.kind === "power-limit") return { ...capability, max: watts(Math.min(capability.max, this.#bounds.powerMax ?? Infinity)) };
    return capability;
  }

  #act(setpoint: Setpoint, signal: AbortSignal): Promise<void> {
    const outside = this.#refused(setpoint);
    if (outside !== null) return Promise.reject(new DeviceError("out-of-range", `${outside}, as limits in the configuration say`));
    const act = this.#device.actuators[setpoint.kind] as ((setpoint: Setpoint, signal: AbortSignal) => Promise<void>) | undefined;
    return act?.(setpoint, signal) ?? Promise.resolve();
  }

  /** How a setpoint leaves the bounds; null: it does not. */
  #refused(setpoint: Setpoint): string | null {
    if (setpoint.kind === "points") {
      const point = pointIn(this.#device.capabilities, setpoint.point);
      const outside = point === undefined ? null : this.#outside(point);
      return outside === null ? null : `point ${setpoint.point} is ${outside}`;
    }
    const { powerMax } = this.#bounds;
    return setpoint.kind === "power-limit" && isOutside(setpoint.power, null, powerMax) ? `${setpoint.power} W is above ${powerMax} W` : null;
  }

  /** How a point leaves the bounds; null: it does not. What it does not state cannot leave them. */
  #outside({ frequency, voltage, power }: OperatingPoint): string | null {
    const { frequencyMin, frequencyMax, voltageMin, voltageMax, powerMax } = this.#bounds;
    if (isOutside(frequency, frequencyMin, frequencyMax)) return `${frequency} MHz, outside ${frequencyMin ?? 0} to ${frequencyMax ?? "any"} MHz`;
    if (isOutside(voltage, voltageMin, voltageMax)) return `${voltage} mV, outside ${voltageMin ?? 0} to ${voltageMax ?? "any"} mV`;
    return isOutside(power, null, powerMax) ? `${power} W, above ${powerMax} W` : null;
  }
}

function pointIn(capabilities: readonly Capability[], id: string): OperatingPoint | undefined {
  const offer = capabilities.find(({ kind }) => kind === "points");
  return offer?.kind === "points" ? offer.points.find((point) => point.id === id) : undefined;
}

const isOutside = (value: number | null, min: number | null, max: number | null): boolean => value !== null && ((min !== null && value < min) || (max !== null && value > max));
