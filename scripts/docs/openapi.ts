/** docs/openapi.json: the control sockets as a running daemon describes them, with what the most asked answers look like. */
import * as z from "zod";
import { allRoutes, type RouteParts } from "../../agent/routes/all-routes.ts";
import { openapi } from "../../agent/routes/openapi.ts";
import { MACHINE_COLUMNS, RACK_COLUMNS } from "../../agent/report/history/history.ts";
import { statusSchema } from "./agent-documents.ts";

const number = z.number().nullable();
const text = z.string().nullable();

/** One row of `curtailctl devices --json`; a test holds it against the real one. */
export const deviceRowSchema = z.looseObject({
  id: z.string(), state: z.string(), readingAgeS: z.number(), point: text, frequencyMHz: number, voltageMV: number,
  powerW: number, powerLowW: number, powerHighW: number, drawBy: z.string(), hashrateThs: number, temperatureC: number,
  setpoint: text, order: z.looseObject({ id: z.number(), cause: z.string(), state: z.string() }).nullable(), unknownReason: text, quarantineReason: text,
});
const done = z.looseObject({ ok: z.boolean() });

/** A row has a figure a column, in their order; `compliance` is a word. */
const past = (columns: readonly string[]) =>
  z.looseObject({ from: z.iso.datetime(), to: z.iso.datetime().nullable(), stepS: z.number(), columns: z.tuple(columns.map((name) => z.literal(name)) as [z.ZodLiteral]), rows: z.array(z.array(z.union([z.number(), z.string()]).nullable())) });

const answers: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>([
  ["GET /status", statusSchema],
  ["GET /devices", z.array(deviceRowSchema)],
  ["GET /devices/:id", deviceRowSchema],
  ["GET /events", z.array(z.looseObject({ at: z.string(), name: z.string() }))],
  ["GET /history", z.union([past(RACK_COLUMNS), past(MACHINE_COLUMNS)])],
  ["GET /loglevel", z.record(z.string(), z.enum(["error", "warn", "info", "debug"]))],
  ["POST /reload", z.object({ ok: z.boolean(), live: z.array(z.string()), restart: z.array(z.string()), faults: z.array(z.string()) })],
  ["POST /limit", done], ["DELETE /limit", done], ["POST /stop", done], ["POST /hold", done], ["DELETE /hold", done],
]);

/** Routes hold on to the parts and ask them only when they are asked. */
const nobody = {} as RouteParts;

export const openapiFile = (): string => `${JSON.stringify(openapi(allRoutes({ ...nobody, evidence: null }), "curtaild/1", answers), null, 1)}\n`;
export const describedRoutes = () => allRoutes({ ...nobody, evidence: null });
