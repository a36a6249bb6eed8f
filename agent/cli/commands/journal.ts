import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { openedBy } from "../../attend/seal.ts";
import { parseHead, type Head } from "../../record/chain.ts";
import { openFolder } from "../../record/folder.ts";
import type { Verdict } from "../../record/verdict.ts";
import { verifyJournal } from "../../record/verify.ts";
import { client, commonOptions, print, printJson } from "../asking.ts";
import { exit, Failure } from "../exit.ts";
import { rackKey, type RackKey } from "../rack-key.ts";
import { messageOf } from "../../runtime/errors.ts";

interface VerifyCommandOptions {
  readonly card?: string;
  readonly head: readonly string[];
}

/** What a running daemon says of its journal. */
interface JournalAnswer {
  readonly directory: string;
  readonly synced: string;
}

export function journalCommand(): Command {
  const journal = new Command("journal").description("what was written down for ever");
  journal.command("verify [dir]")
    .description("read the journal from its first line to its last and find what was changed, moved, cut off or taken out")
    .option("--card <file>", "the rack's card (curtailctl grid card), for a copy of the journal on another machine")
    .option("--head <n:hash>", "where the journal stood when somebody else looked: `logHead` of a status, or of the retained topic log/head", collect, [])
    .action(verify);
  return journal;
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

async function verify(dir: string | undefined, { card, head }: VerifyCommandOptions, command: Command): Promise<void> {
  const running = dir === undefined ? ((await client(command).ask("GET", "/journal")) as JournalAnswer) : null;
  const directory = await journalIn(running?.directory ?? dir ?? ".");
  const key = await rackKey({ card, state: join(directory, "..") }, running === null ? null : client(command));
  const outside = head.map((text) => ({ head: headOf(text), who: "--head" }));
  const options = { open: openedBy(key?.key ?? null), outside, running: parseHead(running?.synced) };
  const verdict = await verifyJournal(await openFolder(directory), options).catch((error: unknown) => {
    throw unreadable(directory, error);
  });
  if (commonOptions(command).json === true) printJson({ directory, ...verdict });
  else print(...verdictLines(verdict, { directory, key }));
  if (!verdict.ok) process.exitCode = exit.found;
}

/** The folder itself, or the one in a state directory. */
async function journalIn(dir: string): Promise<string> {
  const inside = join(resolve(dir), "journal");
  const found = await stat(inside).then((entry) => entry.isDirectory(), () => false);
  if (found) return inside;
  const exists = await stat(dir).then((entry) => entry.isDirectory(), () => false);
  if (!exists) throw new Failure(exit.badInput, `${dir} is no directory: name the journal's, or the state directory it is in (/var/lib/curtaild).`);
  return resolve(dir);
}

function headOf(text: string): Head {
  const head = parseHead(text);
  if (head === null) throw new Failure(exit.usage, `"${text}" is no head of a journal: it looks like 4711:9f86d081... with 64 hexadecimal digits.`);
  return head;
}

function unreadable(directory: string, error: unknown): Failure {
  const reason = messageOf(error);
  if (/EACCES|EPERM/.test(reason)) return new Failure(exit.notPermitted, `you may not read ${directory}: use sudo, or copy it and name the copy.`, { cause: error });
  return new Failure(exit.badInput, `${directory} cannot be read: ${reason}`, { cause: error });
}

function verdictLines(verdict: Verdict, { directory, key }: { readonly directory: string; readonly key: RackKey | null }): string[] {
  const { ok, findings, more, lines, files, first, head, unfinished, signedTo, outsideTo } = verdict;
  const range = lines === 0 ? "no lines" : `lines ${first} to ${head.n} in ${files} ${files === 1 ? "file" : "files"}`;
  return [
    ok ? `The journal in ${directory} is whole: ${range}, each follows from the one before.` : `The journal in ${directory} was changed (${range}):`,
    ...findings.map(({ file, line, what }) => `  ${line === 0 ? file : `${file}:${line}`}  ${what}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
    ...(unfinished ? ["Behind the last line stands half a one: it was being written when the process or the power went, and never counted."] : []),
    signedLine(signedTo, key),
    outsideTo === null
      ? "Nobody outside has confirmed any of it yet: whoever holds the rack's own key could have written it anew. Compare --head with what the broker retains on log/head."
      : `Up to line ${outsideTo.n} ${outsideTo.who} can vouch for it${outsideTo.n < head.n ? `; the ${head.n - outsideTo.n} lines after it rest on the rack's own key` : ""}.`,
  ];
}

function signedLine(signedTo: number | null, key: RackKey | null): string {
  if (key === null) return "Its signatures were not checked: give the rack's card with --card FILE.";
  return signedTo === null ? `No line is signed by key ${key.kid}.` : `Up to line ${signedTo} it is signed by key ${key.kid}, fingerprint ${key.fingerprint.slice(0, 16)}....`;
}
