/** docs/schemas: JSON Schema (draft-07, which AsyncAPI's own parser reads) of every document, made from the types that read them. */
import * as z from "zod";
import { cardSchema } from "../../agent/cli/operator/card.ts";
import { allocationSchema } from "../../agent/signal/documents/allocation.ts";
import { emergencySchema, releaseSchema } from "../../agent/signal/documents/emergency.ts";
import { envelopeSchema, timesSchema, type DocumentType } from "../../agent/signal/documents/envelope.ts";
import { levelSchema, limitSchema, setpointSchema } from "../../agent/signal/documents/event.ts";
import { heartbeatSchema } from "../../agent/signal/documents/heartbeat.ts";
import { keysSchema } from "../../agent/signal/documents/keys.ts";
import { ASIC, OUTLET, RACK } from "../../agent/report/farm/tables.ts";
import { machinesSchema, summarySchema, tableSchema } from "./farm-documents.ts";
import { ackSchema, capabilitySchema, intervalSchema, logHeadSchema, noticeSchema, reportSchema, statusSchema, telemetrySchema } from "./agent-documents.ts";

/** The operator's documents by type: what comes after the envelope. */
export const bodies: Readonly<Record<DocumentType, z.ZodObject>> = {
  ALLOCATION: allocationSchema, LIMIT: limitSchema, SETPOINT: setpointSchema, LEVEL: levelSchema,
  EMERGENCY: emergencySchema, RELEASE: releaseSchema, HEARTBEAT: heartbeatSchema, KEYS: keysSchema,
};

/** The agent's. */
export const words: Readonly<Record<string, z.ZodObject>> = { ACK: ackSchema, STATUS: statusSchema, CAPABILITY: capabilitySchema, TELEMETRY: telemetrySchema, INTERVAL: intervalSchema, REPORT: reportSchema, NOTICE: noticeSchema, LOG_HEAD: logHeadSchema, CARD: cardSchema };

/** What only the farm is told. */
export const farmWords: Readonly<Record<string, z.ZodObject>> = { RACK: tableSchema("RACK", RACK), ASIC: tableSchema("ASIC", ASIC), OUTLET: tableSchema("OUTLET", OUTLET), MACHINES: machinesSchema, SUMMARY: summarySchema };

export const schemaFile = (type: string): string => `schemas/${type.toLowerCase().replace("_", "-")}.schema.json`;

/** By file below docs. */
export function schemaFiles(): Map<string, string> {
  const files = new Map<string, string>();
  const write = (type: string, schema: z.ZodObject, of = "GLA/1"): void => {
    const { $schema, ...rest } = z.toJSONSchema(schema, { io: "input", target: "draft-7" });
    files.set(schemaFile(type), `${JSON.stringify({ $schema, title: `${of} ${type}`, ...rest }, null, 2)}\n`);
  };
  for (const [type, body] of Object.entries(bodies)) {
    write(type, z.object({ ...envelopeSchema.shape, type: z.literal(type), ...timesSchema.shape, ...body.shape }));
  }
  for (const [type, schema] of Object.entries(words)) write(type, schema);
  for (const [type, schema] of Object.entries(farmWords)) write(type, schema, "curtaild");
  return files;
}
