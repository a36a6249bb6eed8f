/** Brings a configuration of an older layout to the present one. Comments and order stay as they are. */
import { parseDocument, type Document } from "yaml";
import { configFaults } from "../runtime/errors.ts";

export const presentVersion = 1;

/** By version: how a document of it becomes one of the next. */
export type Steps = Readonly<Record<number, (document: Document) => void>>;

/** Version 1 is the first. */
const steps: Steps = {};

/** The text in the present layout; null where it is already. Throws a ConfigError for a version nobody knows. */
export function migrated(text: string, file: string, { present, by }: { readonly present: number; readonly by: Steps } = { present: presentVersion, by: steps }): { readonly from: number; readonly text: string } | null {
  const document = parseDocument(text, { prettyErrors: false });
  const from: unknown = document.get("version");
  if (document.errors.length > 0 || from === present) return null;
  if (typeof from !== "number" || !Number.isInteger(from)) return null;
  if (from > present) throw configFaults(file, [{ line: null, path: "version", text: `is ${from}, and this curtaild knows up to ${present}: install a newer curtaild, or bring back the file of this one.` }]);
  for (let version = from; version < present; version += 1) {
    const step = by[version];
    if (step === undefined) throw configFaults(file, [{ line: null, path: "version", text: `is ${from}: nothing leads from there to ${present}. Write the file anew with curtaild init.` }]);
    step(document);
    document.set("version", version + 1);
  }
  return { from, text: document.toString() };
}
