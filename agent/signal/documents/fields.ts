/** How the fields of GLA/1 documents are written. Unknown fields are ignored unless `must` lists them. */
import * as z from "zod";
import { instant, seconds, watts, type Instant, type Millis } from "../../core/units.ts";
import { refuse, type Refusal } from "../result.ts";
import { documentId } from "../topics.ts";

const written = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/;

/** ISO 8601 in UTC with seconds: 2026-11-22T18:00:00Z. A day that does not exist is refused, not moved. */
export const time = z.string().regex(written, "a time is written 2026-11-22T18:00:00Z").transform((text, context): Instant => {
  const at = Date.parse(text);
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 19) !== text.slice(0, 19)) {
    context.issues.push({ code: "custom", message: "no such time", input: text });
    return z.NEVER;
  }
  return instant(at);
});

const quantity = z.number().min(0).max(1e12);
/** Watts. 0 is zero watts; where null may stand, it is no statement. */
export const power = quantity.transform(watts);
/** Written in seconds. */
export const length = quantity.max(1e10).transform((value): Millis => seconds(value));
export const percent = quantity;
export const counter = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
/** By names that others choose: a Map, because an object has members nobody wrote ("constructor"). */
export const byName = <K extends z.ZodType<string, string>, V extends z.ZodType>(name: K, value: V) =>
  z.record(name, value).transform((record): ReadonlyMap<string, z.infer<V>> => new Map(Object.entries(record)));
export const id = z.string().regex(documentId, "1 to 64 letters, digits, dashes or underscores");

/** The first thing wrong, with its path. A number below zero has a code of its own. */
export function refuseIssues(error: z.ZodError): Refusal {
  const negative = error.issues.find((issue) => issue.code === "too_small" && issue.origin === "number" && issue.minimum === 0);
  const issue = negative ?? error.issues[0];
  return refuse(negative === undefined ? "SCHEMA" : "NEGATIVE", `${issue?.path.join(".") || "document"}: ${issue?.message ?? "unreadable"}`);
}
