/** What every route that changes something asks of its caller. */
import * as z from "zod";
import type { Decision } from "../core/decide.ts";
import type { Daemon } from "../daemon.ts";
import { ControlError, type ControlRequest } from "../link/control.ts";
import type { DeviceLoop } from "../plant/device-loop.ts";

/** The technician's name and uid, as proved: `ada(1000)`. */
export const who = z.string().min(1).max(100).regex(/^[\w.@()-]+$/, "letters, digits and . @ - _ ( )");

/** Throws a ControlError that says which field is wrong. */
export function parse<T>(schema: z.ZodType<T>, { body }: ControlRequest): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new ControlError(400, z.prettifyError(result.error), "Send the fields that the command line sends; see curtailctl limit --help.");
}

/** The same for what stands behind the path's question mark. */
export function parseQuery<T>(schema: z.ZodType<T>, { query }: ControlRequest): T {
  const result = schema.safeParse(Object.fromEntries(query));
  if (result.success) return result.data;
  throw new ControlError(400, z.prettifyError(result.error), "GET /openapi.json describes what can be asked.");
}

/** The last decision. */
export function decisionOf({ decision }: Daemon): Decision {
  if (decision === null) throw new ControlError(503, "the first decision is not made yet", "Try again in a second.");
  return decision;
}

/** The device a path names by `:id`. */
export function deviceOf(daemon: Daemon, { params }: ControlRequest): DeviceLoop {
  const id = params["id"] ?? "";
  const found = daemon.plant.device(id);
  if (found === undefined) throw new ControlError(404, `no device ${id} in this rack`, "curtailctl devices lists them.");
  return found;
}
