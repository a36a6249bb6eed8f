import { field, type Json } from "../cgminer/json.ts";

/** What lies under keys inside keys; null where the way ends. */
export function at(value: Json, ...keys: readonly string[]): Json {
  let found = value;
  for (const key of keys) found = field(found, key);
  return found;
}
