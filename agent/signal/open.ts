/** From the bytes of a message to a verified document whose statements are still unread. Checks run cheap first. */
import { instant, type Instant } from "../core/units.ts";
import { readEnvelope, type Envelope } from "./documents/envelope.ts";
import { sha256, wireOf } from "./entry.ts";
import { readJson } from "./json.ts";
import { looksSigned, openJws } from "./jws.ts";
import { mayAddress, ROOT_KID, type KeyRing } from "./key-ring.ts";
import type { Signer } from "./ledger.ts";
import type { Order } from "./order.ts";
import { accept, refuse, type Refusal, type Result } from "./result.ts";
import type { Place } from "./topics.ts";

export interface Opened {
  readonly signer: Signer;
  /** The payload as text, and what it parses to. */
  readonly payload: string;
  readonly value: unknown;
  readonly hash: string;
  readonly wire: string;
  readonly short: boolean;
  readonly envelope: Envelope;
}

export interface Opening {
  readonly operator: string;
  readonly signatures: "required" | "optional";
  readonly ring: KeyRing;
  readonly earliest: Instant;
  /** When it was received, as well as that is known. */
  readonly received: Instant;
  /** The last unsigned document of this topic: a short form comes after it. */
  readonly unsigned: Order | null;
}

const shortFormLasts = 24 * 3_600_000;
/** Valid from a little before it came, so that it has begun whichever moment of now is the right one. */
const shortFormBegan = 10_000;

export function openMessage(place: Place, bytes: Uint8Array, opening: Opening): Result<Opened> {
  const message = readJson(bytes);
  if (!message.ok) return message;
  if (typeof message.value !== "object" || message.value === null || Array.isArray(message.value)) return refuse("SCHEMA", "not a JSON object");
  return looksSigned(message.value) ? openSigned(place, message.value, { bytes, opening }) : openBare(place, message.value, { bytes, opening });
}

interface Context {
  readonly bytes: Uint8Array;
  readonly opening: Opening;
}

function openSigned(place: Place, jws: object, { bytes, opening: { ring, earliest, operator } }: Context): Result<Opened> {
  const key = place.kind === "keys" ? null : (kid: string) => ring.find(kid, earliest);
  const opened = openJws(jws, (kid) => {
    if (key === null) return kid === ROOT_KID ? ring.root : null;
    const found = key(kid);
    return found !== null && mayAddress(found, place.node) ? found.key : null;
  });
  if (!opened.ok) return opened;
  const { kid, payload } = opened.value;
  const value = readJson(payload);
  if (!value.ok) return value;
  const envelope = readEnvelope(value.value, place, operator);
  if (!envelope.ok) return envelope;
  const { type } = envelope.value;
  if (key !== null && key(kid)?.types.includes(type) !== true) return refuse("BAD_SIGNATURE", `key "${kid}" may not sign a ${type}`);
  return accept({ signer: kid, payload: Buffer.from(payload).toString("utf8"), value: value.value, hash: sha256(payload), wire: wireOf(bytes), short: false, envelope: envelope.value });
}

function openBare(place: Place, bare: object, { bytes, opening }: Context): Result<Opened> {
  const refusal = unsignedRefusal(place, opening);
  if (refusal !== null) return refusal;
  const hash = sha256(bytes);
  const short = place.kind === "allocation" && "limitW" in bare && !("type" in bare) && !("v" in bare);
  const filled = short ? fillIn(place, bare.limitW, { hash, opening }) : accept<object>(bare);
  if (!filled.ok) return filled;
  const envelope = readEnvelope(filled.value, place, opening.operator);
  if (!envelope.ok) return envelope;
  const payload = short ? JSON.stringify(filled.value) : Buffer.from(bytes).toString("utf8");
  return accept({ signer: null, payload, value: filled.value, hash, wire: wireOf(bytes), short, envelope: envelope.value });
}

function unsignedRefusal(place: Place, { signatures }: Opening): Refusal | null {
  if (place.kind === "keys") return refuse("UNSIGNED", "keys are signed by the root key, always");
  return signatures === "required" ? refuse("UNSIGNED", "signatures are required") : null;
}

/** The short form `{"limitW": 4000}`: epoch 0 unless an unsigned document of a later epoch came before it. */
function fillIn(place: Place, limitW: unknown, { hash, opening }: { readonly hash: string; readonly opening: Opening }): Result<object> {
  const { operator, received, unsigned } = opening;
  const seq = Math.max((unsigned?.seq ?? -1) + 1, Math.floor(received));
  if (!Number.isSafeInteger(seq)) return refuse("REPLAY", "no sequence number is left after the last unsigned document");
  const iat = new Date(received).toISOString();
  const exp = new Date(instant(received + shortFormLasts)).toISOString();
  return accept({
    v: 1, type: "ALLOCATION", id: `short-${hash.slice(0, 16)}`, iss: operator, aud: place.node,
    epoch: unsigned?.epoch ?? 0, seq, iat, exp, validFrom: new Date(Math.max(0, received - shortFormBegan)).toISOString(), validUntil: exp, maxW: limitW,
  });
}
