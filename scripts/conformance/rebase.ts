/** A vector's documents are dated on one day in 2026. Lived through now, they have to be dated and signed anew, faults and all. */
import { sign, verify, type KeyObject } from "node:crypto";
import { testKeys } from "../docs/vector.ts";

const time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;

/** The payload with every time in it moved by `shift` milliseconds; what no key has signed stays as it is. */
export function rebased(payload: string, shift: number): string {
  const inner = /"payload":"([A-Za-z0-9_-]+)"/.exec(payload)?.[1];
  const header = /"protected":"([A-Za-z0-9_-]+)"/.exec(payload)?.[1];
  const signature = /"signature":"([A-Za-z0-9_-]+)"/.exec(payload)?.[1];
  if (inner === undefined || header === undefined || signature === undefined) return moved(payload, shift);
  const key = signerOf(`${header}.${inner}`, signature);
  if (key === null) return payload;
  const later = Buffer.from(moved(Buffer.from(inner, "base64url").toString("utf8"), shift)).toString("base64url");
  return payload.replace(inner, later).replace(signature, sign(null, Buffer.from(`${header}.${later}`), key).toString("base64url"));
}

const moved = (text: string, shift: number): string => text.replaceAll(time, (at) => new Date(Date.parse(at) + shift).toISOString());

function signerOf(signed: string, signature: string): KeyObject | null {
  const genuine = ({ publicKey }: (typeof testKeys)[number]): boolean => verify(null, Buffer.from(signed), publicKey, Buffer.from(signature, "base64url"));
  return testKeys.find(genuine)?.key ?? null;
}
