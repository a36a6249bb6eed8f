/**
 * `npm run conformance`: the published vectors against a running daemon, from outside: its broker, its control socket, its
 * process to kill. In real time, so the long ones are left out unless asked for.
 * Usage: npm run conformance -- [--longest SECONDS] [--jobs N] [--json FILE] [NAME...]
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { VectorFile } from "../docs/vector.ts";
import { play, type Played } from "./play.ts";
import { messageOf } from "../../agent/runtime/errors.ts";

const { values, positionals } = parseArgs({ options: { longest: { type: "string", default: "150" }, jobs: { type: "string", default: "4" }, json: { type: "string" } }, allowPositionals: true });
const directory = new URL("../../../docs/conformance/", import.meta.url);
const lengthOf = ({ steps }: VectorFile): number => (Date.parse(steps.at(-1)?.at ?? "") - Date.parse(steps[0]?.at ?? "")) / 1_000;

const all = readdirSync(directory).filter((file) => file.endsWith(".json")).map((file) => JSON.parse(readFileSync(new URL(file, directory), "utf8")) as VectorFile);
const wanted = all.filter(({ name }) => positionals.length === 0 || positionals.includes(name)).sort((a, b) => lengthOf(b) - lengthOf(a));
const waiting = wanted.filter((vector) => lengthOf(vector) <= Number(values.longest));
const left = wanted.filter((vector) => !waiting.includes(vector));
const dir = mkdtempSync(join(tmpdir(), "curtaild-conformance-"));
const played: Played[] = [];

async function worker(): Promise<void> {
  for (let vector = waiting.shift(); vector !== undefined; vector = waiting.shift()) {
    const { name } = vector;
    const result = await play(vector, dir).catch((error: unknown): Played => ({ name, seconds: 0, fault: messageOf(error) }));
    played.push(result);
    console.log(`${result.fault === null ? "ok  " : "FAIL"}  ${result.name}  ${result.seconds} s${result.fault === null ? "" : `\n      ${result.fault}`}`);
  }
}

try {
  await Promise.all(Array.from({ length: Math.max(1, Number(values.jobs)) }, worker));
} finally {
  rmSync(dir, { recursive: true, force: true });
}
const failed = played.filter(({ fault }) => fault !== null).length;
if (left.length > 0) console.log(`left out as longer than ${values.longest} s: ${left.map(({ name }) => name).join(", ")} (--longest 1000 takes them too)`);
console.log(`${played.length} vectors, ${failed} failed`);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ ok: failed === 0, vectors: played, leftOut: left.map(({ name }) => name) })}\n`);
process.exitCode = failed === 0 && played.length > 0 ? 0 : 1;
