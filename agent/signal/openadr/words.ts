/** The small answers of a VTN: tokens, ids, how it tells of changes. null: it says none of that. */
import * as z from "zod";

const token = z.object({ access_token: z.string().regex(/^[\x21-\x7e]{1,8192}$/), token_type: z.string().regex(/^bearer$/i).nullish(), expires_in: z.number().positive().nullish() });

export function readToken(answer: unknown): { readonly token: string; readonly expiresS: number | null } | null {
  const read = token.safeParse(answer);
  return read.success ? { token: read.data.access_token, expiresS: read.data.expires_in ?? null } : null;
}

const identified = z.object({ id: z.string().regex(/^[A-Za-z0-9_-]{1,128}$/) });

export function readId(answer: unknown): string | null {
  const read = identified.safeParse(answer);
  return read.success ? read.data.id : null;
}

export interface Binding {
  /** `mqtts://HOST:PORT`; in clear text only to this machine. */
  readonly uris: readonly string[];
  readonly login:
    | { readonly method: "ANONYMOUS" }
    /** `{clientID}` stands for our own. */
    | { readonly method: "OAUTH2_BEARER_TOKEN"; readonly username: string }
    | { readonly method: "CERTIFICATE"; readonly ca: string | null; readonly cert: string; readonly key: string };
}

const pem = z.string().max(65_536);
const mqtt = z.object({
  URIS: z.array(z.string().max(300)).min(1).max(8),
  serialization: z.literal("JSON").nullish(),
  authentication: z.union([
    z.object({ method: z.literal("ANONYMOUS") }).transform(({ method }) => ({ method })),
    z.object({ method: z.literal("OAUTH2_BEARER_TOKEN"), username: z.string().max(256).nullish() }).transform(({ method, username }) => ({ method, username: username ?? "{clientID}" })),
    z.object({ method: z.literal("CERTIFICATE"), caCert: pem.nullish(), clientCert: pem, clientKey: pem }).transform(({ method, caCert, clientCert, clientKey }) => ({ method, ca: caCert ?? null, cert: clientCert, key: clientKey })),
  ]),
});
const brokerUri = /^mqtts:\/\/(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9][A-Za-z0-9._-]*)(:\d{1,5})?\/?$|^mqtt:\/\/(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|localhost|\[::1\])(:\d{1,5})?\/?$/;

export function readBinding(answer: unknown): Binding | null {
  const read = z.object({ MQTT: mqtt }).safeParse(answer);
  if (!read.success) return null;
  const uris = read.data.MQTT.URIS.filter((uri) => brokerUri.test(uri)).map((uri) => uri.replace(/\/$/, ""));
  return uris.length === 0 ? null : { uris, login: read.data.MQTT.authentication };
}

const topic = z.string().min(1).max(500);
const topics = z.object({ topics: z.object({ ALL: topic.nullish(), CREATE: topic.nullish(), UPDATE: topic.nullish(), DELETE: topic.nullish() }) });

/** One for all operations where there is one. */
export function readTopics(answer: unknown): string[] {
  const read = topics.safeParse(answer);
  if (!read.success) return [];
  const { ALL, CREATE, UPDATE, DELETE } = read.data.topics;
  return ALL != null ? [ALL] : [CREATE, UPDATE, DELETE].filter((one) => one != null);
}

/** The same host, and no less secure. */
export const isOurs = (place: URL, vtn: URL): boolean => place.host === vtn.host && (place.protocol === vtn.protocol || place.protocol === "https:");
