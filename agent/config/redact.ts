/** What may be shown of a configuration value in an error or a log: short, on one line, and no secret. */
import { isSecretName, NOT_SHOWN, Secrets } from "../runtime/secrets.ts";

const longest = 60;
/** In a configuration a key is a private one, whatever kind it is. */
const keyName = /^(?!.*file$).*key$/i;
const anyone = new Secrets();

/** `key` is the name the value stands under. */
export function shown(key: PropertyKey | undefined, value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof key === "string" && (isSecretName(key) || keyName.test(key))) return NOT_SHOWN;
  const text = JSON.stringify(value, anyone.replacer) ?? typeof value;
  return text.length > longest ? `${text.slice(0, longest)}...` : text;
}
