/** The device key's seal, for rooms that must not know how signatures are made. */
import type { KeyObject } from "node:crypto";
import type { Opened } from "../record/verdict.ts";
import { openJws, signJws, type SigningKey } from "../signal/jws.ts";

/** Without a key what is sealed stays as it is. */
export const sealedBy = (key: SigningKey | null) => (payload: string): string => (key === null ? payload : signJws(payload, key));

/** Opens what `sealedBy` made. null: nobody's key is known, and what is signed can only be read. */
export const openedBy = (publicKey: KeyObject | null) => (sealed: string): Opened => {
  let value: unknown;
  try {
    value = JSON.parse(sealed);
  } catch {
    return { kind: "forged", reason: "it is no JSON" };
  }
  if (typeof value !== "object" || value === null) return { kind: "forged", reason: "it is no object" };
  const signed = "signature" in value;
  if (!signed && publicKey !== null) return { kind: "forged", reason: "it is not signed" };
  if (!signed) return { kind: "unsigned", payload: sealed };
  if (publicKey === null) return { kind: "unsigned", payload: Buffer.from("payload" in value ? String(value.payload) : "", "base64url").toString("utf8") };
  const opened = openJws(value, () => publicKey);
  return opened.ok ? { kind: "genuine", payload: Buffer.from(opened.value.payload).toString("utf8") } : { kind: "forged", reason: opened.reason };
};
