/**
 * Replies as JSON, valid or not. What is unambiguous is mended; a reply that was cut never is: a reading made of half a
 * reply looks like a healthy one.
 */
import { BACKSLASH, CLOSE_LIST, CLOSE_OBJECT, OPEN_LIST, OPEN_OBJECT, QUOTE } from "./characters.ts";
import type { Json } from "./json.ts";
import { MAX_DEPTH, MendingParser, ReplySyntaxError, type ParsedReply } from "./mend.ts";

/** Above what any wire limit lets through; a bound for callers that have none. */
const MAX_LENGTH = 4 * 1024 * 1024;

/**
 * Valid JSON is what JSON.parse makes of it (it keeps the last of duplicate keys and cannot tell that there were two).
 * Throws a ReplySyntaxError for everything that is neither valid nor mendable, and for anything but an object or a list.
 */
export function parseReply(text: string): ParsedReply {
  if (text.length > MAX_LENGTH) throw new ReplySyntaxError(`longer than ${MAX_LENGTH} characters`, MAX_LENGTH, false);
  const strict = parseStrict(text);
  if (strict !== null && isShallow(text)) return { value: strict, mended: [] };
  return new MendingParser(text).reply();
}

function parseStrict(text: string): Json {
  try {
    const value = JSON.parse(text) as Json;
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

/** JSON.parse goes as deep as the text does; whoever walks its result later may not. */
function isShallow(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === BACKSLASH) at++;
      else if (code === QUOTE) inString = false;
    } else if (code === QUOTE) {
      inString = true;
    } else if (code === OPEN_OBJECT || code === OPEN_LIST) {
      if (++depth > MAX_DEPTH) return false;
    } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) {
      depth--;
    }
  }
  return true;
}
