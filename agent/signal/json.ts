/**
 * Untrusted JSON. JSON.parse alone lets duplicate keys through (two readers, two meanings), rounds large integers
 * and has no bound on depth or size; one scan over the text looks for these before it is parsed.
 */
import { accept, refuse, type Result } from "./result.ts";

/** GLA/1: no document is larger. */
export const LARGEST_DOCUMENT = 65_536;
const deepest = 16;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function readJson(bytes: Uint8Array, largest = LARGEST_DOCUMENT): Result<unknown> {
  if (bytes.length > largest) return refuse("TOO_LARGE", `${bytes.length} bytes, at most ${largest} are read`);
  try {
    const text = utf8.decode(bytes);
    const fault = scan(text);
    return fault === null ? accept(JSON.parse(text)) : refuse("SCHEMA", fault);
  } catch {
    return refuse("SCHEMA", "not JSON in UTF-8");
  }
}

/** Character codes, because this loop runs over every byte a stranger sends. */
const quote = 0x22, comma = 0x2c, minus = 0x2d, zero = 0x30, nine = 0x39, openList = 0x5b, backslash = 0x5c, closeList = 0x5d, openObject = 0x7b, closeObject = 0x7d;
/** Shorter numbers without an exponent are safe as they stand. */
const safeDigits = 15;

/** What is wrong with the text beyond its grammar, which JSON.parse judges; null: nothing. */
function scan(text: string): string | null {
  /** One per open bracket: the keys seen in an object, null in a list. */
  const open: (Set<string> | null)[] = [];
  let keys: Set<string> | null = null;
  let keyNext = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      const end = closingQuote(text, at);
      if (keyNext && keys !== null) {
        const fault = addKey(keys, text.slice(at, end + 1));
        if (fault !== null) return fault;
      }
      keyNext = false;
      at = end;
    } else if (code === comma) {
      keyNext = keys !== null;
    } else if (code === openObject || code === openList) {
      keyNext = code === openObject;
      keys = keyNext ? new Set() : null;
      if (open.push(keys) > deepest) return `nested deeper than ${deepest}`;
    } else if (code === closeObject || code === closeList) {
      open.pop();
      keys = open.at(-1) ?? null;
      keyNext = false;
    } else if (code === minus || (code >= zero && code <= nine)) {
      const end = numberEnd(text, at);
      if (!isSafe(text, at, end)) return `the number ${text.slice(at, Math.min(end, at + 40))} is beyond 2^53 - 1`;
      at = end - 1;
    }
  }
  return null;
}

function addKey(keys: Set<string>, quoted: string): string | null {
  const key = keyOf(quoted);
  if (key === "__proto__") return `the key "__proto__" has no place in a document`;
  if (keys.has(key)) return `the key ${JSON.stringify(key)} stands twice`;
  keys.add(key);
  return null;
}

/** Behind the digits, points, signs and exponents that begin at `from`. */
function numberEnd(text: string, from: number): number {
  let end = from + 1;
  while (end < text.length && "0123456789.eE+-".includes(text.charAt(end))) end += 1;
  return end;
}

function isSafe(text: string, from: number, end: number): boolean {
  const digits = text.slice(from, end);
  if (digits.length <= safeDigits && !digits.includes("e") && !digits.includes("E")) return true;
  return Math.abs(Number(digits)) <= Number.MAX_SAFE_INTEGER;
}

function closingQuote(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === quote) break;
    at += code === backslash ? 2 : 1;
  }
  return at;
}

/** Two spellings of one key ("a" and "\u0061") are one key. Throws where it is not a JSON string. */
function keyOf(quoted: string): string {
  return quoted.includes("\\") ? String(JSON.parse(quoted)) : quoted.slice(1, -1);
}
