/** What a technician does to one machine: find it, restart it, take it out of the rack's control and back. */
import * as z from "zod";
import { asleepForHeat } from "../core/heat.ts";
import type { Capability } from "../core/model.ts";
import type { Daemon } from "../daemon.ts";
import { ControlError, type ControlRoute } from "../link/control.ts";
import { deviceOf, parse, who } from "./asked.ts";
import { DeviceError } from "../runtime/errors.ts";

/** A machine that has not obeyed by then has not heard. */
const DEADLINE_MS = 10_000;

export function serviceRoutes(daemon: Daemon): ControlRoute[] {
  const order = z.strictObject({ who });
  const switching = z.strictObject({ on: z.boolean(), who });
  const pinning = z.strictObject({ at: z.string().min(1).max(100).nullable(), who });
  return [
    {
      method: "POST",
      path: "/devices/:id/maintenance",
      socket: "act",
      does: "Leaves a miner alone, or takes it up again.",
      takes: switching,
      async handle(request) {
        const { on, who: name } = parse(switching, request);
        const found = deviceOf(daemon, request);
        await daemon.technician.maintain(found, on, name);
        return { ok: true, device: found.device.id, maintenance: on };
      },
    },
    {
      method: "POST",
      path: "/devices/:id/pin",
      socket: "act",
      does: "Has a miner run at one point as long as the limit leaves room for it; null: where it earns most.",
      takes: pinning,
      async handle(request) {
        const { at, who: name } = parse(pinning, request);
        const found = deviceOf(daemon, request);
        if (at !== null && !mayBe(found.device.capabilities, at)) throw new ControlError(409, `${found.device.id} has no point ${at}`, `curtailctl device ${found.device.id} names what it takes.`);
        await daemon.technician.pin(found, at, name);
        return { ok: true, device: found.device.id, pin: at };
      },
    },
    {
      method: "POST",
      path: "/devices/:id/blink",
      socket: "act",
      does: "Lets a miner's lamp blink, or no more.",
      takes: switching,
      async handle(request) {
        const { on, who: name } = parse(switching, request);
        const { device } = deviceOf(daemon, request);
        if (device.blink === undefined) throw new ControlError(409, `${device.id}: this driver knows no way to make it blink`, "docs/drivers.md says which do.");
        await obeyed(device.blink(on, AbortSignal.timeout(DEADLINE_MS)));
        daemon.told("device.blinked", { device: device.id, on, who: name });
        return { ok: true, device: device.id, blinking: on };
      },
    },
    {
      method: "POST",
      path: "/devices/:id/restart",
      socket: "act",
      does: "Boots a miner anew.",
      takes: order,
      async handle(request) {
        const { who: name } = parse(order, request);
        const { device } = deviceOf(daemon, request);
        const hot = daemon.decision?.views.find(({ device: { id } }) => id === device.id)?.state.heat;
        const asleep = hot === undefined ? null : asleepForHeat(hot);
        if (asleep !== null) throw new ControlError(409, `${device.id} is not restarted: ${asleep}`, "It wakes by itself when it has rested and is cool; curtailctl maintenance takes it out of the rack's control.");
        if (device.restart === undefined) throw new ControlError(409, `${device.id}: this driver knows no way to restart it`, "docs/drivers.md says which do.");
        await obeyed(device.restart(AbortSignal.timeout(DEADLINE_MS)));
        daemon.told("device.restarted", { device: device.id, who: name });
        return { ok: true, device: device.id };
      },
    },
    {
      method: "POST",
      path: "/devices/:id/forget",
      socket: "act",
      does: "Forgets what was learnt of a miner: another stands in its place.",
      takes: order,
      async handle(request) {
        const { who: name } = parse(order, request);
        const found = deviceOf(daemon, request);
        daemon.forget(found, name);
        return { ok: true, device: found.device.id };
      },
    },
  ];
}

async function obeyed(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (error instanceof DeviceError) throw new ControlError(409, `${error.code}: ${error.message}`, "curtailctl device ID shows what is known of it.");
    if (error instanceof DOMException) throw new ControlError(409, `the miner did not answer within ${DEADLINE_MS / 1000} s`, "curtailctl device ID shows what is known of it.");
    throw error;
  }
}

const mayBe = (capabilities: readonly Capability[], at: string): boolean =>
  capabilities.some((capability) => (at === "sleep" ? capability.kind === "sleep" : capability.kind === "points" && capability.points.some(({ id }) => id === at)));
