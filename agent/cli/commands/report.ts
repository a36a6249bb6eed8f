import { createPublicKey, type JsonWebKey } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { Command, InvalidArgumentError, Option } from "commander";
import { openedBy } from "../../attend/seal.ts";
import { fingerprintOf } from "../../config/device-key.ts";
import { partFile, type FileSeal, type ReportFormat } from "../../report/bundle/signed.ts";
import { client, commonOptions, print, printJson } from "../asking.ts";
import { exit, Failure } from "../exit.ts";
import { rackKey } from "../rack-key.ts";
import { messageOf } from "../../runtime/errors.ts";

interface ReportOptions {
  readonly from?: string;
  readonly to?: string;
  readonly month?: string;
  readonly format: ReportFormat;
  readonly out?: string;
}

export function reportCommand(): Command {
  const report = new Command("report")
    .description("what the rack did under an order of the grid, or over a stretch of time, signed")
    .argument("[event]", "id of the grid's document; curtailctl events names them")
    .option("--from <time>", "instead of an order: from this time on (2026-11-22, 2026-11-22T18:00Z)", isoTime)
    .option("--to <time>", "until this time; now unless given", isoTime)
    .option("--month <month>", "a whole month, 2026-11", month)
    .addOption(new Option("--format <format>", "html is for people, json for programs, csv for spreadsheets, ocmf for those who bill").choices(["html", "json", "csv", "ocmf"]).default("html"))
    .option("--out <file>", "where to write it; - is standard output. Unless given, a file named after the report")
    .action(write);
  report.command("verify <file>")
    .description("check a report's signature; needs no daemon")
    .option("--card <file>", "the rack's card: whose signature it has to be")
    .action(verify);
  return report;
}

async function write(event: string | undefined, options: ReportOptions, command: Command): Promise<void> {
  const query = queryOf(event, options);
  const { name, text } = (await client(command).ask("GET", `/report?${query}`)) as { readonly name: string; readonly text: string };
  if (options.out === "-") {
    process.stdout.write(text);
    return;
  }
  const file = options.out ?? name;
  await writeFile(file, text);
  if (commonOptions(command).json === true) printJson({ file, bytes: Buffer.byteLength(text) });
  else print(`${file}  (check it anywhere with: curtailctl report verify ${file})`);
}

function queryOf(event: string | undefined, { from, to, month: whole, format }: ReportOptions): string {
  const span = whole === undefined ? null : monthSpan(whole);
  if (event !== undefined && (from !== undefined || span !== null)) throw new Failure(exit.usage, "name an order or a stretch of time, not both.");
  if (event !== undefined) return new URLSearchParams({ id: event, format }).toString();
  const begin = span?.from ?? from;
  if (begin === undefined) throw new Failure(exit.usage, "name an order (curtailctl report EVENT), a month (--month 2026-11), or a stretch of time (--from TIME).");
  return new URLSearchParams({ from: begin, to: span?.to ?? to ?? new Date().toISOString(), format }).toString();
}

function monthSpan(text: string): { readonly from: string; readonly to: string } {
  const [year = 0, number = 1] = text.split("-").map(Number);
  return { from: new Date(Date.UTC(year, number - 1)).toISOString(), to: new Date(Date.UTC(year, number)).toISOString() };
}

interface Checked {
  readonly ok: boolean;
  readonly lines: readonly string[];
  readonly seal: FileSeal | null;
  readonly fingerprint: string | null;
}

async function verify(file: string, { card }: { readonly card?: string }, command: Command): Promise<void> {
  const text = await readFile(file).catch((error: unknown) => {
    throw new Failure(exit.badInput, `${file} cannot be read: ${messageOf(error)}`);
  });
  const known = card === undefined ? null : await rackKey({ card, state: "." }, null);
  const { ok, lines, seal, fingerprint } = checkReport(text, known?.fingerprint ?? null);
  if (commonOptions(command).json === true) printJson({ file, ok, reason: ok ? null : lines[0], fingerprint, signed: seal });
  else print(...lines.map((line, index) => (index === 0 ? `${file}: ${line}` : line)));
  if (!ok) process.exitCode = exit.found;
}

/** `expected`: fingerprint of the key on the rack's card; null: whoever signed it. */
export function checkReport(text: Buffer, expected: string | null): Checked {
  const wrong = (line: string): Checked => ({ ok: false, lines: [line], seal: null, fingerprint: null });
  const parts = partFile(text);
  if (parts === null) return wrong("CHANGED, or no report of curtaild: its last line carries no signature");
  const read = openedBy(null)(parts.signature);
  const seal = read.kind === "forged" ? null : sealIn(read.payload);
  if (seal === null) return wrong("CHANGED: its signature cannot be read");
  if (seal.key === null) return wrong("not signed: the rack had no key when it was written");
  const key = keyOf(seal.key);
  const opened = key === null ? null : openedBy(key)(parts.signature);
  if (key === null || opened?.kind !== "genuine") return wrong("CHANGED: the signature does not fit");
  if (seal.sha256 !== parts.sha256 || !parts.formats.includes(seal.format)) return wrong("CHANGED: it is not what was signed");
  const fingerprint = fingerprintOf(key);
  if (expected !== null && expected !== fingerprint) return { ...wrong(`signed by another key than the card's: ${fingerprint}`), fingerprint };
  return {
    ok: true, seal, fingerprint,
    lines: [
      `unchanged since ${seal.at}, signed for ${seal.node} of operator ${seal.operator}`,
      expected === null ? `by the key with fingerprint ${fingerprint}: compare it with the rack's card, or give it with --card FILE` : "by the key on the card",
      "The rack's controller has signed it, not the meter.",
    ],
  };
}

function sealIn(payload: string): FileSeal | null {
  try {
    const value = JSON.parse(payload) as FileSeal;
    return value.type === "FILE" ? value : null;
  } catch {
    return null;
  }
}

function keyOf(jwk: object): ReturnType<typeof createPublicKey> | null {
  try {
    return createPublicKey({ key: jwk as JsonWebKey, format: "jwk" });
  } catch {
    return null;
  }
}

function isoTime(text: string): string {
  const at = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:?\d{2}))?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw new InvalidArgumentError("It has to be a time with its zone: 2026-11-22T18:00Z, or a day: 2026-11-22.");
  return new Date(at).toISOString();
}

function month(text: string): string {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) throw new InvalidArgumentError("It has to be a month: 2026-11.");
  return text;
}
