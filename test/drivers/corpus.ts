/** The malformed replies of test/fixtures/cgminer and what is to become of each. */
import { readFileSync } from "node:fs";

const DIRECTORY = new URL("../../../test/fixtures/cgminer/", import.meta.url);

export interface CorpusEntry {
  readonly name: string;
  readonly text: string;
  /** What went wrong in the firmware. */
  readonly what: string;
  /** Kinds of mends in the order they are met, and values at dotted paths; absent where it is refused. */
  readonly mended?: readonly string[];
  readonly says?: Readonly<Record<string, number | string | null>>;
  readonly refused?: "cut" | "wrong";
}

export function corpus(): readonly CorpusEntry[] {
  const index = JSON.parse(readFileSync(new URL("corpus.json", DIRECTORY), "utf8")) as Record<string, Omit<CorpusEntry, "name" | "text">>;
  return Object.entries(index).map(([name, entry]) => ({ name, text: readFileSync(new URL(`${name}.reply`, DIRECTORY), "utf8"), ...entry }));
}
