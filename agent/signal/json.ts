/**
 * Untrusted JSON. JSON.parse alone lets duplicate keys through (two readers, two meanings), rounds large integers
 * and has no bound on depth or size; one scan over the text looks for these before it is parsed.
 */
import { accept, refuse, type Result } from "./result.ts";

/** GLA/1: no document is larger. */
export const LARGEST_DOCUMENT = 65_536;
const DEEPEST = 16;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const number = /-?[0-9][0-9.eE+-]*/y;

export function readJson(bytes: Uint8Array): Result<unknown> {
  if (bytes.length > LARGEST_DOCUMENT) return refuse("TOO_LARGE", `${bytes.length} bytes, at most ${LARGEST_DOCUMENT} are read`);
  try {
    const text = utf8.decode(bytes);
    const fault = scan(text);
    return fault === null ? accept(JSON.parse(text)) : refuse("SCHEMA", fault);
  } catch {
    return refuse("SCHEMA", "not JSON in UTF-8");
  }
}

/** What is wrong with the text beyond its grammar, which JSON.parse judges; null: nothing. */
function scan(text: string): string | null {
  /** One per open bracket: the keys seen in an object, null in an array. */
  const open: (Set<string> | null)[] = [];
  let keyNext = false;
  for (let at = 0; at < text.length; at += 1) {
    switch (text[at]) {
      case "{":
      case "[":
        open.push(text[at] === "{" ? new Set() : null);
        keyNext = text[at] === "{";
        if (open.length > DEEPEST) return `nested deeper than ${DEEPEST}`;
        break;
      case "}":
      case "]":
        open.pop();
        keyNext = false;
        break;
      case ",":
        keyNext = open.at(-1) instanceof Set;
        break;
      case '"': {
        const end = closingQuote(text, at);
        const keys = open.at(-1);
        if (keyNext && keys instanceof Set) {
          const key = keyOf(text.slice(at, end + 1));
          if (key === "__proto__") return `the key "__proto__" has no place in a document`;
          if (keys.has(key)) return `the key ${JSON.stringify(key)} stands twice`;
          keys.add(key);
        }
        keyNext = false;
        at = end;
        break;
      }
      case "-": case "0": case "1": case "2": case "3": case "4": case "5": case "6": case "7": case "8": case "9": {
        number.lastIndex = at;
        const digits = number.exec(text)?.[0] ?? "-";
        if (!(Math.abs(Number(digits)) <= Number.MAX_SAFE_INTEGER)) return `the number ${digits.slice(0, 40)} is beyond 2^53 - 1`;
        at += digits.length - 1;
        break;
      }
    }
  }
  return null;
}

function closingQuote(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at;
}

/** Two spellings of one key ("a" and "\u0061") are one key. Throws where it is not a JSON string. */
function keyOf(quoted: string): string {
  return quoted.includes("\\") ? String(JSON.parse(quoted)) : quoted.slice(1, -1);
}
