/** One reading of a journal: what each line has to follow from, and what is found where it does not. */
import type { Disk } from "../runtime/disk.ts";
import { hashOf, linkOf, parseHead, START, type Head } from "./chain.ts";
import { linesOf, type Line } from "./lines.ts";
import { HEADS, sumOf, type Segment } from "./segments.ts";
import type { Finding, Verdict, VerifyOptions } from "./verdict.ts";
import { messageOf } from "../runtime/errors.ts";

const MOST_FINDINGS = 50;
const DAEMON = "the running daemon";

export class Reading {
  readonly #options: VerifyOptions;
  readonly #findings: Finding[] = [];
  #more = 0;
  #before: Head = START;
  #first = 0;
  #unfinished = false;
  #file = "";
  #line = 0;
  #lastSegment: number | null = null;
  #lines = 0;
  #bytes = 0;
  #signedTo: number | null = null;
  #outsideTo: Verdict["outsideTo"] = null;
  /** Heads that were published, by line: what outsiders may have seen. */
  readonly #published = new Map<number, string>();
  readonly #sums = new Map<number, { readonly file: string; readonly sum: string }>();
  readonly #pruned = new Set<number>();
  #missingBefore: { readonly file: string; readonly segment: number; readonly n: number } | null = null;
  readonly #awaited: Map<number, VerifyOptions["outside"][number][]>;

  constructor(options: VerifyOptions) {
    this.#options = options;
    const { outside, running = null } = options;
    this.#awaited = grouped(running === null ? outside : [...outside, { head: running, who: DAEMON }]);
  }

  async segment(disk: Disk, segment: Segment): Promise<void> {
    if (this.#unfinished) this.#find("its last line is not complete");
    this.#unfinished = false;
    this.#file = segment.name;
    this.#line = 0;
    if (this.#lastSegment === null && segment.number > 1) this.#missingBefore = { file: segment.name, segment: segment.number, n: 0 };
    else if (this.#lastSegment !== null && segment.number !== this.#lastSegment + 1) this.#find(`${segment.number - this.#lastSegment - 1} files before it are missing`, 0);
    this.#lastSegment = segment.number;
    try {
      if (segment.packed) this.#sums.set(segment.number, { file: segment.name, sum: await sumOf(disk, segment.name) });
      for await (const lines of linesOf(disk.chunks(segment.name))) for (const line of lines) this.#read(line);
    } catch (error) {
      this.#find(`it cannot be read on: ${messageOf(error)}`);
    }
  }

  #read({ bytes, complete }: Line): void {
    this.#line += 1;
    this.#bytes += bytes.length + 1;
    if (!complete) return void (this.#unfinished = true);
    const link = linkOf(bytes);
    if (link === null) return this.#find("this is no line of a journal");
    const { n, hash } = this.#before;
    if (this.#lines === 0 && n === 0 && link.n > 1 && this.#missingBefore !== null) {
      this.#first = link.n;
      this.#missingBefore = { ...this.#missingBefore, n: link.n };
    } else {
      if (this.#lines === 0) this.#first = link.n;
      if (link.n !== n + 1) this.#find(link.n > n + 1 ? `lines ${n + 1} to ${link.n - 1} are missing before it` : `line ${link.n} stands after line ${n}: lines were moved or doubled`);
      else if (link.prev !== hash) this.#find(`line ${link.n} does not follow from the line before it: one of the two was changed`);
    }
    this.#lines += 1;
    this.#before = { n: link.n, hash: hashOf(bytes) };
    this.#compare(this.#before);
    if (SPECIAL.test(bytes.toString("latin1", 0, FAR_ENOUGH))) this.#special(bytes);
  }

  /** Somebody else holds the head of this very line. */
  #compare(head: Head): void {
    for (const { head: theirs, who } of this.#awaited.get(head.n) ?? []) {
      if (theirs.hash === head.hash) this.#vouched(head.n, who);
      else this.#find(`${who} holds another line ${head.n}: this journal was written anew from some line before`);
    }
  }

  #special(bytes: Buffer): void {
    let record: Readonly<Record<string, unknown>>;
    try {
      record = JSON.parse(bytes.toString("utf8")) as Readonly<Record<string, unknown>>;
    } catch {
      return this.#find("the line is no JSON");
    }
    const segment = Number(record["segment"]);
    switch (record["kind"]) {
      case "checkpoint":
        return this.#checkpoint(String(record["head"]));
      case "seen":
        return this.#seen(record);
      case "pruned":
        return void this.#pruned.add(segment);
      case "packed":
        return this.#packed(segment, String(record["sha256"]));
      case "damaged":
        return this.#find(`the daemon found the journal damaged when it started: ${String(record["reason"])}`);
    }
  }

  /** Signs the head of the line before it. */
  #checkpoint(signed: string): void {
    const head = this.#open(signed);
    const { n } = this.#before;
    if (head === null) return;
    if (head.n !== n - 1) return this.#find(`the checkpoint signs line ${head.n} instead of the line before it`);
    this.#published.set(head.n, head.hash);
  }

  /** A head's signature and content; says what is wrong with it. */
  #open(signed: string): Head | null {
    const opened = this.#options.open(signed);
    if (opened.kind === "forged") {
      this.#find(`the signature of the rack does not fit: ${opened.reason}`);
      return null;
    }
    const head = headIn(opened.payload);
    if (head === null) this.#find("what is signed is no head of a journal");
    else if (opened.kind === "genuine") this.#signedTo = Math.max(this.#signedTo ?? 0, head.n);
    return head;
  }

  #seen({ head: text, doc }: Readonly<Record<string, unknown>>): void {
    const head = parseHead(text);
    if (head === null) return;
    const ours = this.#published.get(head.n);
    if (ours === head.hash) this.#vouched(head.n, `the operator (heartbeat ${String(doc)})`);
    else if (ours !== undefined || head.n >= this.#first) this.#find(`the operator has seen another line ${head.n}: this journal was written anew from some line before`);
  }

  #packed(segment: number, sum: string): void {
    const found = this.#sums.get(segment);
    if (found !== undefined && found.sum !== sum) this.#find("the packed file is not the one that was packed", 0, found.file);
  }

  #vouched(n: number, who: string): void {
    if (who !== DAEMON && (this.#outsideTo === null || n > this.#outsideTo.n)) this.#outsideTo = { n, who };
  }

  /** The heads kept beside the journal: each genuine, and the last of them the last line. null: there is no such file. */
  heads(kept: readonly Line[] | null): void {
    const last = this.#before;
    // A kill in its first moment leaves a file without a whole line, which is removed: the next begins with line 1.
    if (this.#missingBefore !== null && this.#missingBefore.n > 1 && !this.#pruned.has(this.#missingBefore.segment - 1)) {
      this.#find(`lines 1 to ${this.#missingBefore.n - 1} before it are missing, and no line says that they were old`, 1, this.#missingBefore.file);
    }
    this.#file = HEADS;
    this.#line = 0;
    if (kept === null) return last.n > 0 ? this.#find("it is missing: whether lines are missing at the journal's end cannot be told", 0) : undefined;
    let head: Head | null = null;
    for (const { bytes, complete } of kept) {
      this.#line += 1;
      if (complete) head = this.#open(bytes.toString("utf8")) ?? head;
      else this.#find("its last line is not complete");
    }
    if (head === null) return;
    if (head.n > last.n) this.#find(`lines ${last.n + 1} to ${head.n} are missing at the end of the journal`);
    else if (head.n === last.n && head.hash !== last.hash) this.#find(`the last line ${last.n} of the journal was changed`);
  }

  verdict(files: number): Verdict {
    for (const [n, holders] of this.#awaited) for (const { who } of holders) if (n > this.#before.n) this.#find(`${who} has seen line ${n}: lines ${this.#before.n + 1} to ${n} are missing at the end`, 0);
    return {
      ok: this.#findings.length === 0, findings: this.#findings, more: this.#more, lines: this.#lines, bytes: this.#bytes, files,
      first: this.#first, head: this.#before, unfinished: this.#unfinished, signedTo: this.#signedTo, outsideTo: this.#outsideTo,
    };
  }

  #find(what: string, line = this.#line, file = this.#file): void {
    if (this.#findings.length < MOST_FINDINGS) this.#findings.push({ file, line, what });
    else this.#more += 1;
  }
}

/** Kinds that verifying reads; all others are covered by the chain alone. */
const SPECIAL = /"kind":"(checkpoint|seen|pruned|packed|damaged)"/;
/** Behind number, hash, time and uptime. */
const FAR_ENOUGH = 220;

function headIn(payload: string): Head | null {
  try {
    return parseHead((JSON.parse(payload) as { readonly logHead?: unknown }).logHead);
  } catch {
    return null;
  }
}

function grouped(outside: VerifyOptions["outside"]): Map<number, VerifyOptions["outside"][number][]> {
  const groups = new Map<number, VerifyOptions["outside"][number][]>();
  for (const one of outside) groups.set(one.head.n, [...(groups.get(one.head.n) ?? []), one]);
  return groups;
}
