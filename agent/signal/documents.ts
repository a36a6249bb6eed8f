/** From a verified payload to what it says. One row a type: a new document is one file in documents/ and one row here. */
import type * as z from "zod";
import type { DocumentRef, Latch } from "../core/grid.ts";
import type { Millis } from "../core/units.ts";
import { allocationSchema, readAllocation, type ReadAllocation } from "./documents/allocation.ts";
import { emergencySchema, releaseSchema } from "./documents/emergency.ts";
import { envelopeFields, readLifetime, type Envelope, type Lifetime } from "./documents/envelope.ts";
import { refuseIssues } from "./documents/fields.ts";
import { heartbeatSchema } from "./documents/heartbeat.ts";
import { keysSchema, readKeys, type GridKey } from "./documents/keys.ts";
import { levelSchema, limitSchema, readLevel, readLimit, readSetpoint, setpointSchema, type EventStatement } from "./documents/event.ts";
import type { Order } from "./order.ts";
import { accept, refuse, type Result } from "./result.ts";

export type AllocationDocument = Lifetime & ReadAllocation & { readonly type: "ALLOCATION"; readonly ref: DocumentRef };
export type EventDocument = Lifetime & EventStatement & { readonly type: "LIMIT" | "SETPOINT" | "LEVEL"; readonly ref: DocumentRef };
export type KeysDocument = Lifetime & { readonly type: "KEYS"; readonly ref: DocumentRef; readonly keys: readonly GridKey[] };
/** Without a lifetime: it acts whatever the clock. */
export type EmergencyDocument = { readonly type: "EMERGENCY"; readonly ref: DocumentRef; readonly action: Latch["action"] };
export type ReleaseDocument = Lifetime & { readonly type: "RELEASE"; readonly ref: DocumentRef; readonly releases: string };
export type HeartbeatDocument = Lifetime & {
  readonly type: "HEARTBEAT";
  readonly ref: DocumentRef;
  readonly period: Millis;
  readonly last: ReadonlyMap<string, Order>;
};

export type StandingDocument = AllocationDocument | EventDocument | KeysDocument;
export type GridDocument = StandingDocument | EmergencyDocument | ReleaseDocument | HeartbeatDocument;

/** Reads the statements of a document whose envelope has been read. */
export function readDocument(value: unknown, envelope: Envelope): Result<GridDocument> {
  const { ref, type } = envelope;
  switch (type) {
    case "ALLOCATION":
      return timed(value, envelope, allocationSchema, (body, lifetime) => then(readAllocation(body, ref, lifetime), (allocation) => ({ type, ref, ...lifetime, ...allocation })));
    case "LIMIT":
      return timed(value, envelope, limitSchema, (body, lifetime) => then(readLimit(body, lifetime), (event) => ({ type, ref, ...lifetime, ...event })));
    case "SETPOINT":
      return timed(value, envelope, setpointSchema, (body, lifetime) => then(readSetpoint(body, lifetime), (event) => ({ type, ref, ...lifetime, ...event })));
    case "LEVEL":
      return timed(value, envelope, levelSchema, (body, lifetime) => then(readLevel(body, lifetime), (event) => ({ type, ref, ...lifetime, ...event })));
    case "KEYS":
      return timed(value, envelope, keysSchema, (body, lifetime) => then(readKeys(body), (keys) => ({ type, ref, ...lifetime, keys })));
    case "HEARTBEAT":
      return timed(value, envelope, heartbeatSchema, (body, lifetime) => accept({ type, ref, ...lifetime, period: body.periodS, last: body.last }));
    case "RELEASE":
      return timed(value, envelope, releaseSchema, (body, lifetime) => accept({ type, ref, ...lifetime, releases: body.releases }));
    case "EMERGENCY":
      return then(readBody(value, envelope, emergencySchema), ({ action }) => ({ type, ref, action }));
    default:
      return refuse("NOT_APPLICABLE", `${type}: not obeyed by this agent`);
  }
}

/** Does a document have to be in force to say anything: not a latch, not a word that passes. */
export function isStanding(document: GridDocument): document is StandingDocument {
  return document.type === "KEYS" || document.type === "ALLOCATION" || isEvent(document);
}

export function isEvent(document: GridDocument): document is EventDocument {
  return document.type === "LIMIT" || document.type === "SETPOINT" || document.type === "LEVEL";
}

function then<T, U>(result: Result<T>, next: (value: T) => U): Result<U> {
  return result.ok ? accept(next(result.value)) : result;
}

function timed<S extends z.ZodObject, T>(value: unknown, envelope: Envelope, schema: S, read: (body: z.infer<S>, lifetime: Lifetime) => Result<T>): Result<T> {
  const body = readBody(value, envelope, schema);
  if (!body.ok) return body;
  const lifetime = readLifetime(value);
  return lifetime.ok ? read(body.value, lifetime.value) : lifetime;
}

function readBody<S extends z.ZodObject>(value: unknown, { must, type }: Envelope, schema: S): Result<z.infer<S>> {
  const foreign = must.find((field) => !envelopeFields.includes(field) && !Object.hasOwn(schema.shape, field));
  if (foreign !== undefined) return refuse("NOT_APPLICABLE", `must: this agent does not understand "${foreign}" in ${type}`);
  const parsed = schema.safeParse(value);
  return parsed.success ? accept(parsed.data) : refuseIssues(parsed.error);
}
