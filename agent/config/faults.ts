/** From zod's issues to sentences: what is there, what is allowed, how to write it. */
import type * as z from "zod";
import type { ConfigFault } from "../runtime/errors.ts";
import { allowed, configJsonSchema, schemaAt, solid, type JsonSchema } from "./json-schema.ts";
import { shown } from "./redact.ts";

/** Line of a path in the file, null where it has none. */
export type LineOf = (path: readonly PropertyKey[]) => number | null;

export const formatPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, step) => (typeof step === "number" ? `${text}[${step}]` : text === "" ? String(step) : `${text}.${String(step)}`), "");

/** One fault an issue, one for each unknown key; in the file's order. */
export function faultsOf(issues: readonly z.core.$ZodIssue[], document: unknown, lineOf: LineOf): ConfigFault[] {
  const root = configJsonSchema();
  return issues
    .flatMap((issue) => (issue.code === "unrecognized_keys" ? issue.keys.map((key) => unknownKey(issue.path, key, root, lineOf)) : [wrongValue(issue, document, root, lineOf)]))
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

function unknownKey(parent: readonly PropertyKey[], key: string, root: JsonSchema, lineOf: LineOf): ConfigFault {
  const schema = schemaAt(root, parent);
  const keys = Object.keys((schema && solid(schema).properties) ?? {});
  const near = keys.find((known) => distance(known.toLowerCase(), key.toLowerCase()) <= 2);
  const path = [...parent, key];
  const cure = /pass|secret/i.test(key) && keys.includes("passwordFile") ? "Secrets live in files: put it into one and name that with passwordFile." : near === undefined ? "Remove it." : `Did you mean ${near}?`;
  return { line: lineOf(path), path: formatPath(path), text: `is not a key here; the keys are ${keys.join(", ")}. ${cure}` };
}

function wrongValue(issue: z.core.$ZodIssue, document: unknown, root: JsonSchema, lineOf: LineOf): ConfigFault {
  const key = issue.path.at(-1);
  const value = valueAt(document, issue.path);
  const place = schemaAt(root, issue.path);
  const schema = place && solid(place);
  const rule = place === null || issue.code === "custom" || issue.code === "invalid_format" ? issue.message : allowed(place);
  const found = value === undefined ? "is missing" : `is ${shown(key, value)}`;
  const about = schema?.description === undefined ? "" : ` ${schema.description}`;
  return { line: lineOf(issue.path), path: formatPath(issue.path), text: `${found}; it has to be ${rule}.${about}${example(key, schema)}` };
}

function example(key: PropertyKey | undefined, schema: JsonSchema | null): string {
  const value = schema?.examples?.[0];
  if (value === undefined || key === undefined) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return ` For example: ${typeof key === "number" ? "-" : `${String(key)}:`} ${text}`;
}

function valueAt(document: unknown, path: readonly PropertyKey[]): unknown {
  let here = document;
  for (const step of path) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, step)) return undefined;
    here = (here as Record<PropertyKey, unknown>)[step];
  }
  return here;
}

/** Levenshtein distance of short words. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
