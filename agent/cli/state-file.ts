/** A rack's state as one file: what a controller that takes its place has to know. Whoever holds it can speak as the rack. */
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import * as z from "zod";
import { exit, Failure } from "./exit.ts";
import { messageOf } from "../runtime/errors.ts";

const mostBytes = 64 * 1024 * 1024;

const stateSchema = z.object({
  v: z.literal(1),
  type: z.literal("STATE"),
  operator: z.string().max(128),
  /** `site/{site}/rack/{rack}` */
  node: z.string().max(256),
  at: z.iso.datetime(),
  software: z.string().max(128),
  /** Of the journal, `line:hash`; null: none is kept. */
  logHead: z.string().max(128).nullable(),
  /** The rack's own key, PEM; null: left out. */
  deviceKey: z.string().max(4_096).nullable(),
  records: z.record(z.string().max(1_024), z.string().max(8 * 1024 * 1024)),
  /** Of the records, so that a file cut or changed on its way is known. */
  sha256: z.string(),
});
export type StateFile = z.infer<typeof stateSchema>;

export function stateFile(parts: Omit<StateFile, "v" | "type" | "sha256">): string {
  return `${JSON.stringify({ v: 1, type: "STATE", ...parts, sha256: sumOf(parts.records) } satisfies StateFile, null, 1)}\n`;
}

/** Throws a Failure (65) that says what is wrong with it. */
export async function readStateFile(path: string): Promise<StateFile> {
  const bad = (reason: string): never => {
    throw new Failure(exit.badInput, `${path} is no state of a rack (${reason}): \`curtaild state export\` writes one.`);
  };
  try {
    if ((await stat(path)).size > mostBytes) return bad(`larger than ${mostBytes} bytes`);
    const file = stateSchema.parse(JSON.parse(await readFile(path, "utf8")));
    return file.sha256 === sumOf(file.records) ? file : bad("its checksum does not fit: it was cut or changed on its way");
  } catch (error) {
    if (error instanceof Failure) throw error;
    return bad(error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error));
  }
}

const sumOf = (records: Readonly<Record<string, string>>): string =>
  createHash("sha256").update(JSON.stringify(Object.entries(records).sort(([a], [b]) => (a < b ? -1 : 1)))).digest("hex");
