/**
 * Flattened JWS JSON (RFC 7515 7.2.2) with one signature, Ed25519 (RFC 8037) or ES256 (RFC 7518 3.4).
 * The key decides the algorithm; the header may only agree with it. Synchronous, so that it runs on a virtual clock.
 */
import { sign, verify, type KeyObject } from "node:crypto";
import { accept, refuse, type Result } from "./result.ts";
import { readJson } from "./json.ts";

export type Algorithm = "Ed25519" | "ES256";

export interface SigningKey {
  readonly kid: string;
  readonly key: KeyObject;
}

export interface OpenedJws {
  readonly kid: string;
  readonly payload: Uint8Array;
}

const kidForm = /^[A-Za-z0-9_.:-]{1,64}$/;
/** RFC 8037 says EdDSA, RFC 9864 the exact name. */
const spellings: Readonly<Record<Algorithm, readonly string[]>> = { Ed25519: ["Ed25519", "EdDSA"], ES256: ["ES256"] };

/** The one algorithm a key is good for; null: a kind of key that GLA/1 does not use. */
export function algorithmOf(key: KeyObject): Algorithm | null {
  if (key.asymmetricKeyType === "ed25519") return "Ed25519";
  const curve = key.asymmetricKeyDetails?.namedCurve;
  return key.asymmetricKeyType === "ec" && (curve === "prime256v1" || curve === "P-256") ? "ES256" : null;
}

/** Anything that claims to be signed is held to it: a stripped signature does not make a bare document. */
export function looksSigned(value: object): boolean {
  return "signature" in value || "signatures" in value || "protected" in value || "payload" in value;
}

/** Verifies one signature with the key `keyFor` names. Everything wrong with it is BAD_SIGNATURE. */
export function openJws(value: object, keyFor: (kid: string) => KeyObject | null): Result<OpenedJws> {
  const parts = value as Readonly<Record<string, unknown>>;
  if ("header" in parts) return refuse("BAD_SIGNATURE", "an unprotected header is not accepted");
  if ("signatures" in parts) return refuse("BAD_SIGNATURE", "one signature in the flattened form, not a list");
  const header = decode(parts["protected"]);
  const payload = decode(parts["payload"]);
  const signature = decode(parts["signature"]);
  if (header === null || payload === null || signature === null) return refuse("BAD_SIGNATURE", "protected, payload and signature have to be base64url");
  const named = readHeader(header);
  if (!named.ok) return named;
  const { kid, alg } = named.value;
  const key = keyFor(kid);
  if (key === null) return refuse("BAD_SIGNATURE", `no key "${kid}" is in force`);
  const algorithm = algorithmOf(key);
  if (algorithm === null || !spellings[algorithm].includes(alg)) return refuse("BAD_SIGNATURE", `key "${kid}" does not sign with "${alg.slice(0, 20)}"`);
  const signed = Buffer.from(`${String(parts["protected"])}.${String(parts["payload"])}`, "ascii");
  const genuine = algorithm === "Ed25519" ? verify(null, signed, key, signature) : verify("sha256", signed, { key, dsaEncoding: "ieee-p1363" }, signature);
  return genuine ? accept({ kid, payload }) : refuse("BAD_SIGNATURE", `the signature of key "${kid}" does not fit`);
}

/** The document as it travels. Throws where the key is of a kind GLA/1 does not use. */
export function signJws(payload: string, { kid, key }: SigningKey): string {
  const algorithm = algorithmOf(key);
  if (algorithm === null) throw new TypeError(`a key of type ${key.asymmetricKeyType} cannot sign: make one with \`curtailctl operator keygen\``);
  const header = Buffer.from(JSON.stringify({ alg: algorithm, kid })).toString("base64url");
  const body = Buffer.from(payload).toString("base64url");
  const signed = Buffer.from(`${header}.${body}`, "ascii");
  const signature = algorithm === "Ed25519" ? sign(null, signed, key) : sign("sha256", signed, { key, dsaEncoding: "ieee-p1363" });
  return JSON.stringify({ payload: body, protected: header, signature: signature.toString("base64url") });
}

function readHeader(bytes: Uint8Array): Result<{ readonly kid: string; readonly alg: string }> {
  const header = readJson(bytes);
  if (!header.ok || typeof header.value !== "object" || header.value === null) return refuse("BAD_SIGNATURE", "the protected header is not a JSON object");
  const { alg, kid, crit, b64 } = header.value as Readonly<Record<string, unknown>>;
  if (crit !== undefined || b64 !== undefined) return refuse("BAD_SIGNATURE", "crit and b64 are not accepted");
  if (typeof kid !== "string" || !kidForm.test(kid)) return refuse("BAD_SIGNATURE", "the protected header names no key (kid)");
  if (typeof alg !== "string") return refuse("BAD_SIGNATURE", "the protected header names no algorithm (alg)");
  return accept({ kid, alg });
}

/** Only the one canonical spelling: otherwise one signature has many texts. */
function decode(text: unknown): Uint8Array | null {
  if (typeof text !== "string") return null;
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : null;
}
