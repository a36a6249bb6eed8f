/** The operator's side: a document as it goes to the broker. The command line, the demo, tests and the benchmark use it. */
import type { DocumentType } from "./documents/envelope.ts";
import { signJws, type SigningKey } from "./jws.ts";

export interface Composing {
  /** `gla/1` unless the operator has another. */
  readonly prefix?: string;
  readonly operator: string;
  /** `site/s1/rack/r1`, `site/s1` or `all`. */
  readonly node: string;
  /** Made from type and seq where it is not given. An event's id is its topic. */
  readonly id?: string;
  readonly epoch?: number;
  /** Has to rise on a topic; milliseconds since 1970 are fine. */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly iat: number;
  readonly exp: number;
  /** null: unsigned. */
  readonly key: SigningKey | null;
}

export interface Composed {
  readonly id: string;
  readonly topic: string;
  readonly payload: string;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  /** MQTT 5: a broker that knows it drops the document at its `exp` by itself. An emergency has no end in time. */
  readonly expirySeconds?: number;
  readonly contentType: string;
}

/** `fields` are those of the type, as GLA/1 writes them: watts, seconds, ISO times (`isoTime`). */
export function compose(type: DocumentType, fields: Readonly<Record<string, unknown>>, by: Composing): Composed {
  const { prefix = "gla/1", operator, epoch = 0, seq, iat, exp, key } = by;
  const id = by.id ?? `${type.toLowerCase()}-${seq}`;
  const node = type === "KEYS" ? "all" : by.node;
  const document = { v: 1, type, id, iss: operator, aud: node, epoch, seq, iat: isoTime(iat), exp: isoTime(exp), ...fields };
  const bare = JSON.stringify(document);
  const heartbeat = type === "HEARTBEAT";
  const endless = type === "EMERGENCY" || type === "RELEASE";
  return {
    id,
    topic: `${prefix}/${operator}/${place(type, node, id)}`,
    payload: key === null ? bare : signJws(bare, key),
    qos: heartbeat ? 0 : 1,
    retain: !heartbeat,
    contentType: key === null ? "application/json" : "application/jose+json",
    ...(!endless && exp > iat && { expirySeconds: Math.ceil((exp - iat) / 1_000) }),
  };
}

/** How GLA/1 writes a time. */
export const isoTime = (at: number): string => new Date(at).toISOString();

function place(type: DocumentType, node: string, id: string): string {
  switch (type) {
    case "KEYS":
      return "keys";
    case "ALLOCATION":
      return `${node}/allocation`;
    case "HEARTBEAT":
      return `${node}/heartbeat`;
    case "EMERGENCY":
    case "RELEASE":
      return `${node}/emergency`;
    default:
      return `${node}/event/${id}`;
  }
}
