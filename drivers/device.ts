/** The common part of a driver whose machine is told points and perhaps sleep: what it can do as data, and orders by name. */
import type { Capability, OperatingPoint, Setpoint, Telemetry, Transition } from "../agent/core/model.ts";
import type { Watts } from "../agent/core/units.ts";
import { DeviceError } from "../agent/runtime/errors.ts";
import { alike } from "./alike.ts";
import type { Actuators, Device, MinerOptions } from "./driver.ts";
import { nameplateOf } from "./models.ts";

/** What orders cost on their way. One constant a driver. */
export interface Costs {
  readonly down: Transition;
  readonly up: Transition;
  readonly sleep: Transition;
  readonly wake: Transition;
}

/** What a driver brings. Points, what they cost and whether it can sleep may become more exact after a reading. */
export interface Craft {
  readonly description: () => string;
  readonly costs: () => Costs;
  readonly points: () => readonly OperatingPoint[];
  readonly sleeps: () => boolean;
  readonly read: (signal: AbortSignal) => Promise<Telemetry>;
  /** A sleeping machine is woken to it. */
  readonly run: (point: OperatingPoint, signal: AbortSignal) => Promise<void>;
  readonly sleep: (signal: AbortSignal) => Promise<void>;
  readonly orderDeadlineMs?: number;
  readonly blink?: (on: boolean, signal: AbortSignal) => Promise<void>;
  readonly restart?: (signal: AbortSignal) => Promise<void>;
}

export function deviceOf({ id, model }: Pick<MinerOptions, "id" | "model">, craft: Craft): Device {
  const points = async ({ point: wanted }: Extract<Setpoint, { kind: "points" }>, signal: AbortSignal): Promise<void> => {
    const known = craft.points();
    const point = known.find((candidate) => candidate.id === wanted);
    if (point === undefined) throw new DeviceError("out-of-range", `no point "${wanted}"; known: ${known.map((one) => one.id).join(", ")}`);
    await craft.run(point, signal);
  };
  const capabilities = capabilitiesOf(craft, model.sleepPower);
  const awake: Actuators = { points };
  const both: Actuators = { points, sleep: (_, signal) => craft.sleep(signal) };
  return {
    id,
    get description() {
      return craft.description();
    },
    get nameplate() {
      return nameplateOf(model, craft.points());
    },
    get capabilities() {
      return capabilities();
    },
    get actuators() {
      return craft.sleeps() ? both : awake;
    },
    read: craft.read,
    ...(craft.orderDeadlineMs !== undefined && { orderDeadlineMs: craft.orderDeadlineMs }),
    ...(craft.blink !== undefined && { blink: craft.blink }),
    ...(craft.restart !== undefined && { restart: craft.restart }),
    [Symbol.asyncDispose]: async () => {},
  };
}

/** Made anew only where what they are made from has changed. */
function capabilitiesOf(craft: Craft, sleepPower: Watts): () => readonly Capability[] {
  let from: readonly unknown[] = [];
  let capabilities: readonly Capability[] = [];
  return () => {
    const [costs, points, sleeps] = [craft.costs(), craft.points(), craft.sleeps()];
    if (costs !== from[0] || points !== from[1] || sleeps !== from[2]) {
      from = [costs, points, sleeps];
      const sleep = sleeps ? [{ kind: "sleep" as const, sleepPower, down: costs.sleep, up: costs.wake }] : [];
      capabilities = alike([{ kind: "points", points, down: costs.down, up: costs.up }, ...sleep]);
    }
    return capabilities;
  };
}
