/** Kills a writing process at random moments, round after round on the same disk, and counts what it cost. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { openedBy } from "../../agent/attend/seal.ts";
import { parseHead } from "../../agent/record/chain.ts";
import { openFolder } from "../../agent/record/folder.ts";
import { openStore } from "../../agent/record/store.ts";
import { verifyJournal } from "../../agent/record/verify.ts";

export interface CrashReport {
  readonly rounds: number;
  /** Lines of the journal, records taken by the outbox and commits that were acknowledged before a kill. */
  readonly journalLines: number;
  readonly recordsTaken: number;
  readonly commits: number;
  /** Sent again after a kill; the worst of all rounds, and all together. */
  readonly mostDoubled: number;
  readonly doubled: number;
  /** What must not be: each a sentence. */
  readonly broken: readonly string[];
}

const CHILD = fileURLToPath(new URL("./child.js", import.meta.url));
/** Numbers of different rounds never meet. */
const ROUND = 1_000_000;
const WINDOW = 20;

interface Told {
  head: string | null;
  taken: number;
  stored: number | null;
  readonly sent: number[];
  readonly trouble: string[];
}

export async function crashRounds(rounds: number, say: (line: string) => void): Promise<CrashReport> {
  const dir = await mkdtemp(join(tmpdir(), "curtaild-crash-"));
  try {
    return await playRounds(dir, rounds, say);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function playRounds(dir: string, rounds: number, say: (line: string) => void): Promise<CrashReport> {
  await writeFile(join(dir, "key.pem"), generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  const open = openedBy(createPublicKey(await readFile(join(dir, "key.pem"))));
  const broken: string[] = [];
  const takenOfRound: { readonly from: number; readonly to: number }[] = [];
  const sent = new Map<number, number>();
  let [journalLines, commits, mostDoubled, doubled] = [0, 0, 0, 0];
  const count = (numbers: readonly number[]): void => {
    let twice = 0;
    for (const n of numbers) {
      const before = sent.get(n) ?? 0;
      if (before > 0) twice += 1;
      sent.set(n, before + 1);
    }
    doubled += twice;
    mostDoubled = Math.max(mostDoubled, twice);
  };
  for (let round = 1; round <= rounds; round += 1) {
    const from = round * ROUND + 1;
    // The last lives long enough for something to be acknowledged, on a busy machine too.
    const told = await killed(dir, from, 10 + Math.random() * 250 + (round === rounds ? 1_000 : 0));
    const oops = (what: string): void => {
      broken.push(`round ${round}: ${what}`);
      say(`round ${round}: ${what}`);
    };
    told.trouble.forEach(oops);
    count(told.sent);
    if (told.taken >= from) takenOfRound.push({ from, to: told.taken });
    const head = parseHead(told.head);
    const verdict = await verifyJournal(await openFolder(join(dir, "journal")), { open, outside: [], running: head });
    for (const { file, line, what } of verdict.findings) oops(`${file}:${line} ${what}`);
    if (head !== null) journalLines = head.n;
    const store = await openStore(join(dir, "state"));
    const kept = await store.load("");
    await store.close();
    if (kept.get("n") !== kept.get("twin")) oops("a commit was torn");
    if (told.stored !== null) {
      commits += 1;
      if (Number(kept.get("n") ?? 0) < told.stored) oops(`commit ${told.stored} was acknowledged and is lost`);
    }
    if (round % 50 === 0) say(`${round} of ${rounds} rounds`);
  }
  const last = await drained(dir);
  count(last.sent);
  last.trouble.forEach((what) => broken.push(`at the end: ${what}`));
  let recordsTaken = 0;
  for (const { from, to } of takenOfRound) {
    for (let n = from; n <= to; n += 1) {
      recordsTaken += 1;
      if (!sent.has(n)) broken.push(`record ${n} was taken and never sent`);
    }
  }
  if (mostDoubled > WINDOW) broken.push(`${mostDoubled} records were sent twice after one kill`);
  return { rounds, journalLines, recordsTaken, commits, mostDoubled, doubled, broken };
}

async function killed(dir: string, from: number, afterMs: number): Promise<Told> {
  const child = spawn(process.execPath, [CHILD, dir, String(from)], { stdio: ["ignore", "pipe", "inherit"] });
  const exit = once(child, "exit");
  const told: Told = { head: null, taken: 0, stored: null, sent: [], trouble: [] };
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === "ready") setTimeout(() => child.kill("SIGKILL"), afterMs);
    hear(told, line);
  }
  await exit;
  return told;
}

async function drained(dir: string): Promise<Told> {
  const child = spawn(process.execPath, [CHILD, dir, "0", "drain"], { stdio: ["ignore", "pipe", "inherit"] });
  const told: Told = { head: null, taken: 0, stored: null, sent: [], trouble: [] };
  let ended = false;
  for await (const line of createInterface({ input: child.stdout })) {
    hear(told, line);
    ended ||= line === "drained";
  }
  if (!ended) told.trouble.push("it could not be drained");
  return told;
}

function hear(told: Told, line: string): void {
  const [word = "", ...rest] = line.split(" ");
  const text = rest.join(" ");
  if (word === "sent") told.sent.push(Number(text));
  else if (word === "journal") told.head = text;
  else if (word === "taken") told.taken = Math.max(told.taken, Number(text));
  else if (word === "stored") told.stored = Number(text);
  else if (word === "trouble") told.trouble.push(text);
}
