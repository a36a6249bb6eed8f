/** What may be shown of a configuration value in an error or a log: short, on one line, and no secret. */
const secretKey = /pass(?!.*file$)|secret|token|credential|private|^(?!.*file$).*key$/i;
const longest = 60;

/** `key` is the name the value stands under. */
export function shown(key: PropertyKey | undefined, value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof key === "string" && secretKey.test(key)) return "(not shown)";
  const text = withoutCredentials(JSON.stringify(value, (inner, part: unknown) => (secretKey.test(inner) ? "(not shown)" : part)) ?? typeof value);
  return text.length > longest ? `${text.slice(0, longest)}...` : text;
}

/** `mqtt://rack:secret@host` without what stands before the host. */
export const withoutCredentials = (text: string): string => text.replaceAll(/([a-z][a-z0-9+.-]*:\/\/)[^\s/"]*@/gi, "$1***@");
