/** What a miner may say, and how to ask for it without trusting it. Absent and unreadable are null; nothing becomes zero. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value under `key`; firmware also pads keys with spaces and changes their case between versions. */
export function field(value: Json | undefined, key: string): Json {
  if (!isObject(value)) return null;
  if (Object.hasOwn(value, key)) return value[key] ?? null;
  const wanted = key.toLowerCase();
  for (const name in value) {
    if (name.length >= key.length && name.trim().toLowerCase() === wanted) return value[name] ?? null;
  }
  return null;
}

const NUMERAL = /^\s*[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\s*$/;

/** A finite number, also where the firmware wrote it as a string. */
export function numberAt(value: Json | undefined, key: string): number | null {
  const found = field(value, key);
  const number = typeof found === "string" && NUMERAL.test(found) ? Number(found) : found;
  return typeof number === "number" && Number.isFinite(number) ? number : null;
}

/** Text, trimmed; a number counts as its digits. Empty is null. */
export function textAt(value: Json | undefined, key: string): string | null {
  const found = field(value, key);
  const text = typeof found === "number" ? String(found) : typeof found === "string" ? found.trim() : "";
  return text === "" ? null : text;
}

const YES = new Set(["y", "yes", "true", "1"]);
const NO = new Set(["n", "no", "false", "0"]);

/** A boolean in any of the ways firmware writes one. */
export function flagAt(value: Json | undefined, key: string): boolean | null {
  const found = field(value, key);
  if (typeof found === "boolean") return found;
  const word = textAt(value, key)?.toLowerCase() ?? "";
  return YES.has(word) ? true : NO.has(word) ? false : null;
}

/** The objects in the list under `key`; a single object counts as a list of one. */
export function rowsAt(value: Json | undefined, key: string): readonly JsonObject[] {
  const found = field(value, key);
  if (Array.isArray(found)) return (found as readonly Json[]).filter(isObject);
  return isObject(found) ? [found] : [];
}
