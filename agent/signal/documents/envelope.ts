/** What every document says of itself, before anybody looks at what it states. */
import * as z from "zod";
import type { DocumentRef } from "../../core/grid.ts";
import type { Instant } from "../../core/units.ts";
import { accept, refuse, type Result } from "../result.ts";
import type { Place } from "../topics.ts";
import { counter, id, refuseIssues, time } from "./fields.ts";

/** Every type GLA/1 knows. */
const types = ["ALLOCATION", "LIMIT", "SETPOINT", "LEVEL", "EMERGENCY", "RELEASE", "HEARTBEAT", "KEYS"] as const;
export type DocumentType = (typeof types)[number];

const homes: Readonly<Record<Place["kind"], readonly string[]>> = {
  allocation: ["ALLOCATION"],
  event: ["LIMIT", "SETPOINT", "LEVEL"],
  emergency: ["EMERGENCY", "RELEASE"],
  keys: ["KEYS"],
  heartbeat: ["HEARTBEAT"],
};

export const envelopeSchema = z.object({
  v: z.literal(1),
  type: z.string().max(32),
  id,
  iss: z.string().max(128),
  aud: z.string().max(256),
  epoch: counter,
  seq: counter,
  must: z.array(z.string().max(64)).max(64).default([]),
  /** A rehearsal: acted on, and marked wherever it is reported. */
  drill: z.boolean().default(false),
});
export const timesSchema = z.object({ iat: time, exp: time });

/** Fields of the envelope, which every reader understands. */
export const envelopeFields: readonly string[] = [...Object.keys(envelopeSchema.shape), ...Object.keys(timesSchema.shape)];

export interface Envelope {
  readonly type: string;
  readonly ref: DocumentRef;
  readonly must: readonly string[];
}

/** When a document was issued, and from when nothing in it binds. */
export interface Lifetime {
  readonly issued: Instant;
  readonly expires: Instant;
}

/** Is it a document, and for this place? */
export function readEnvelope(value: unknown, place: Place, operator: string): Result<Envelope> {
  const parsed = envelopeSchema.safeParse(value);
  if (!parsed.success) return refuseIssues(parsed.error);
  const { type, iss, aud, epoch, seq, must, drill } = parsed.data;
  if (iss !== operator || aud !== place.node) return refuse("AUDIENCE", `from "${iss}" to "${aud}", on the topic of "${operator}" to "${place.node}"`);
  if (place.event !== null && parsed.data.id !== place.event) return refuse("AUDIENCE", `"${parsed.data.id}" on the topic of "${place.event}"`);
  if ((types as readonly string[]).includes(type) && !homes[place.kind].includes(type)) return refuse("AUDIENCE", `${type} does not belong on ${place.topic}`);
  return accept({ type, ref: { id: parsed.data.id, topic: place.topic, epoch, seq, ...(drill && { drill }) }, must });
}

/** Not asked of an EMERGENCY: it acts whatever the clock. */
export function readLifetime(value: unknown): Result<Lifetime> {
  const parsed = timesSchema.safeParse(value);
  if (!parsed.success) return refuseIssues(parsed.error);
  const { iat, exp } = parsed.data;
  return exp > iat ? accept({ issued: iat, expires: exp }) : refuse("SCHEMA", "exp: not after iat");
}
