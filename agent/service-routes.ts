/** What a technician does to one machine: find it, restart it, take it out of the rack's control and back. */
import * as z from "zod";
import type { Daemon } from "./daemon.ts";
import { ControlError, type ControlRequest, type ControlRoute } from "./link/control.ts";
import { DeviceError } from "./runtime/errors.ts";

/** A machine that has not obeyed by then has not heard. */
const DEADLINE_MS = 10_000;

/** Throws a ControlError that says which field is wrong. */
export type ParseBody = <T>(schema: z.ZodType<T>, request: ControlRequest) => T;

export function serviceRoutes(daemon: Daemon, parse: ParseBody, who: z.ZodType<string>): ControlRoute[] {
  const order = z.strictObject({ who });
  const switching = z.strictObject({ on: z.boolean(), who });
  const loop = ({ params }: ControlRequest) => {
    const id = params["id"] ?? "";
    const found = daemon.plant.device(id);
    if (found === undefined) throw new ControlError(404, `no device ${id} in this rack`, "curtailctl devices lists them.");
    return found;
  };
  return [
    {
      method: "POST",
      path: "/devices/:id/maintenance",
      socket: "act",
      async handle(request) {
        const { on, who: name } = parse(switching, request);
        const found = loop(request);
        await daemon.maintain(found, on, name);
        return { ok: true, device: found.device.id, maintenance: on };
      },
    },
    {
      method: "POST",
      path: "/devices/:id/blink",
      socket: "act",
      async handle(request) {
        const { on, who: name } = parse(switching, request);
        const { device } = loop(request);
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
      async handle(request) {
        const { who: name } = parse(order, request);
        const { device } = loop(request);
        if (device.restart === undefined) throw new ControlError(409, `${device.id}: this driver knows no way to restart it`, "docs/drivers.md says which do.");
        await obeyed(device.restart(AbortSignal.timeout(DEADLINE_MS)));
        daemon.told("device.restarted", { device: device.id, who: name });
        return { ok: true, device: device.id };
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
