import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import fc from "fast-check";
import { millis, seconds } from "../../agent/core/units.ts";
import { headText } from "../../agent/record/chain.ts";
import { openFolder } from "../../agent/record/folder.ts";
import { openJournal, type Journal, type JournalOptions } from "../../agent/record/journal.ts";
import { stopwatch } from "../../agent/runtime/system-clock.ts";
import { verifyJournal } from "../../agent/record/verify.ts";
import { openedBy, sealedBy } from "../../agent/attend/seal.ts";
import { MemoryDisk } from "../support/memory-disk.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const seal = sealedBy({ kid: "rack-1", key: privateKey });
const open = openedBy(publicKey);

class Bench {
  readonly clock = new VirtualClock();
  readonly disk = new MemoryDisk();
  readonly trouble: (string | null)[] = [];

  async journal(options: Partial<JournalOptions> = {}): Promise<Journal> {
    const opening = openJournal({ disk: this.disk.open(this.clock), clock: this.clock, seal, keepDays: 730, packAfterDays: 7, trouble: (reason) => this.trouble.push(reason), ...options });
    await this.clock.advance(millis(100));
    return opening;
  }

  async done<T>(work: Promise<T>): Promise<T> {
    await this.clock.advance(seconds(1));
    return work;
  }

  async verify(outside: Parameters<typeof verifyJournal>[1]["outside"] = []): ReturnType<typeof verifyJournal> {
    return verifyJournal(this.disk.open(this.clock), { open, outside });
  }

  text(): string {
    return [...this.disk.files].filter(([name]) => name.endsWith(".jsonl")).map(([, { bytes }]) => bytes.toString("utf8")).join("");
  }
}

async function written(lines = 20): Promise<Bench> {
  const bench = new Bench();
  const journal = await bench.journal();
  for (let count = 0; count < lines; count += 1) {
    journal.write({ kind: "event", name: "test.written", count });
    if (count === Math.floor(lines / 2)) journal.checkpoint();
    if (count % 7 === 0) await bench.done(journal.settled());
  }
  await bench.done(journal.close());
  return bench;
}

describe("the journal", () => {
  test("is a chain of lines, ends in a checkpoint and verifies", async () => {
    const bench = await written();
    const verdict = await bench.verify();
    assert.deepEqual(verdict.findings, []);
    assert.equal(verdict.lines, 23);
    assert.equal(verdict.first, 1);
    assert.equal(verdict.signedTo, 23);
    assert.equal(verdict.outsideTo, null);
    assert.match(bench.text().split("\n").at(-2) ?? "", /"kind":"checkpoint"/);
  });

  test("goes on after a restart", async () => {
    const bench = await written();
    const again = await bench.journal();
    assert.equal(again.head.n, 23);
    assert.equal(again.found.contradicts, null);
    again.write({ kind: "event", name: "test.again" });
    await bench.done(again.close());
    assert.equal((await bench.verify()).ok, true);
  });

  test("what was asked for at once survives a power cut at once, the rest after a second", async () => {
    const bench = new Bench();
    const journal = await bench.journal();
    journal.write({ kind: "event", name: "a" }, { atOnce: true });
    await bench.clock.advance(millis(10));
    journal.write({ kind: "event", name: "b" });
    await bench.clock.advance(millis(500));
    const early = journal.synced.n;
    await bench.clock.advance(millis(510));
    assert.deepEqual([early, journal.synced.n], [2, 3]);
    bench.disk.powerCut();
    const again = await bench.journal();
    assert.equal(again.head.n, 3);
  });

  for (const [name, torn] of [["before its first line", null], ["in its first line", '{"n":1,"prev":"0'], ["as its first file was made", ""]] as const) {
    test(`killed ${name} it begins anew, and nobody has changed anything`, async () => {
      const bench = new Bench();
      await bench.journal();
      const disk = bench.disk.open(bench.clock);
      if (torn !== null) await bench.done(disk.append("000001-2027-01-15.jsonl", Buffer.from(torn)));
      const again = await bench.journal();
      assert.equal(again.found.contradicts, null);
      again.write({ kind: "event", name: "test.again" });
      await bench.done(again.close());
      assert.deepEqual((await bench.verify()).findings, []);
    });
  }

  test("half a line is cut, and what was whole stays", async () => {
    const bench = await written();
    const [name, kept] = [...bench.disk.files].find(([file]) => file.endsWith(".jsonl")) ?? assert.fail();
    bench.disk.files.set(name, { ...kept, bytes: Buffer.concat([kept.bytes, Buffer.from('{"n":24,"pr')]) });
    assert.equal((await bench.verify()).unfinished, true);
    const again = await bench.journal();
    assert.equal(again.found.torn, 11);
    again.write({ kind: "event", name: "on" });
    await bench.done(again.close());
    assert.equal((await bench.verify()).ok, true);
  });

  test("every day has its file, old ones are packed, older ones go, and all that is said", async () => {
    const bench = new Bench();
    const journal = await bench.journal({ keepDays: 3, packAfterDays: 1 });
    for (let day = 0; day < 8; day += 1) {
      journal.write({ kind: "event", name: "day", day });
      const tidying = journal.tidy();
      await bench.clock.advance(seconds(10));
      await tidying;
      await bench.clock.advance(millis(86_400_000 - 10_000));
    }
    await bench.done(journal.close());
    const names = [...bench.disk.files.keys()].sort();
    assert.deepEqual(names.filter((name) => name.endsWith(".gz")).length, 2);
    assert.ok(!names.some((name) => name.startsWith("000001")));
    const verdict = await bench.verify();
    assert.deepEqual(verdict.findings, []);
    assert.ok(verdict.first > 1);
  });

  test("a full disk is said once, keeps what waits, and goes on when there is room", async () => {
    const bench = new Bench();
    const journal = await bench.journal();
    journal.write({ kind: "event", name: "before" });
    await bench.done(journal.settled());
    bench.disk.room = 0;
    for (let count = 0; count < 10; count += 1) journal.write({ kind: "event", name: "full", count });
    await bench.clock.advance(seconds(20));
    assert.equal(bench.trouble.length, 1);
    assert.match(bench.trouble[0] ?? "", /ENOSPC/);
    bench.disk.room = Number.POSITIVE_INFINITY;
    await bench.clock.advance(seconds(10));
    assert.equal(bench.trouble[1], null);
    await bench.done(journal.close());
    assert.equal((await bench.verify()).ok, true);
    assert.equal(bench.text().match(/"name":"full"/g)?.length, 10);
  });

  test("what found no room in memory is counted in a line of its own", async () => {
    const bench = new Bench();
    const journal = await bench.journal();
    bench.disk.room = 0;
    const long = "x".repeat(1_000_000);
    for (let count = 0; count < 12; count += 1) journal.write({ kind: "event", long });
    await bench.clock.advance(seconds(20));
    bench.disk.room = Number.POSITIVE_INFINITY;
    await bench.clock.advance(seconds(10));
    journal.write({ kind: "event", name: "after" });
    await bench.done(journal.close());
    assert.match(bench.text(), /"kind":"lost","lines":3/);
    assert.equal((await bench.verify()).ok, true);
  });
});

describe("verifying finds", () => {
  const edited = async (edit: (lines: string[]) => string[]): Promise<Awaited<ReturnType<typeof verifyJournal>>> => {
    const bench = await written();
    for (const [name, kept] of bench.disk.files) {
      if (name.endsWith(".jsonl")) bench.disk.files.set(name, { ...kept, bytes: Buffer.from(edit(kept.bytes.toString("utf8").split("\n")).join("\n")) });
    }
    return bench.verify();
  };
  const cases: readonly [string, (lines: string[]) => string[], number, RegExp][] = [
    ["an edit", (lines) => lines.with(4, (lines[4] ?? "").replace('"count":3', '"count":4')), 6, /does not follow/],
    ["a deleted line", (lines) => lines.toSpliced(4, 1), 5, /lines 5 to 5 are missing/],
    ["two lines exchanged", (lines) => lines.with(4, lines[5] ?? "").with(5, lines[4] ?? ""), 5, /missing|moved/],
    ["a doubled line", (lines) => lines.toSpliced(4, 0, lines[4] ?? ""), 6, /moved or doubled/],
    ["a cut end", (lines) => [...lines.slice(0, -4), ""], 1, /missing at the end/],
    ["another last line", (lines) => lines.with(lines.length - 2, (lines.at(-2) ?? "").replace('"kind"', '"Kind"')), 1, /last line 23 of the journal was changed/],
  ];
  for (const [name, edit, line, words] of cases) {
    test(name, async () => {
      const { ok, findings } = await edited(edit);
      assert.equal(ok, false);
      assert.match(findings[0]?.what ?? "", words);
      if (words.source.includes("end") || words.source.includes("last")) assert.equal(findings[0]?.file, "heads");
      else assert.equal(findings[0]?.line, line);
    });
  }

  test("one changed byte, wherever it is", async () => {
    const bench = await written(12);
    const files = [...bench.disk.files].map(([name, { bytes }]) => ({ name, bytes }));
    const positions = files.flatMap(({ name, bytes }) => Array.from({ length: bytes.length }, (_, at) => ({ name, at })));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...positions), fc.integer({ min: 1, max: 255 }), async ({ name, at }, flip) => {
        const kept = bench.disk.files.get(name) ?? assert.fail();
        const changed = Buffer.from(kept.bytes);
        changed[at] = (changed[at] ?? 0) ^ flip;
        bench.disk.files.set(name, { ...kept, bytes: changed });
        const { ok } = await bench.verify();
        bench.disk.files.set(name, kept);
        assert.equal(ok, false, `${name} at ${at}`);
      }),
      { numRuns: 300 },
    );
  });

  test("a journal cut anywhere", async () => {
    const bench = await written(12);
    const [name, kept] = [...bench.disk.files].find(([file]) => file.endsWith(".jsonl")) ?? assert.fail();
    for (let length = 0; length < kept.bytes.length; length += 37) {
      bench.disk.files.set(name, { ...kept, bytes: kept.bytes.subarray(0, length) });
      assert.equal((await bench.verify()).ok, false, `cut to ${length}`);
    }
  });

  test("a journal written anew with a key of one's own", async () => {
    const bench = await written();
    const stranger = generateKeyPairSync("ed25519");
    const { findings } = await verifyJournal(bench.disk.open(bench.clock), { open: openedBy(stranger.publicKey), outside: [] });
    assert.match(findings[0]?.what ?? "", /signature of the rack does not fit/);
  });

  test("a journal written anew with the rack's own key, by what the operator has seen", async () => {
    const bench = await written();
    const theirs = { head: { n: 15, hash: "ab".repeat(32) }, who: "the broker" };
    const { findings } = await bench.verify([theirs]);
    assert.match(findings[0]?.what ?? "", /the broker holds another line 15/);
    const later = await bench.verify([{ ...theirs, head: { n: 99, hash: "ab".repeat(32) } }]);
    assert.match(later.findings[0]?.what ?? "", /lines 24 to 99 are missing/);
  });

  test("and says how far others can vouch", async () => {
    const bench = new Bench();
    const journal = await bench.journal();
    journal.write({ kind: "event", name: "a" });
    const { head, signed } = journal.checkpoint();
    assert.equal(open(signed).kind, "genuine");
    journal.write({ kind: "seen", head: headText(head), doc: "heartbeat-1" });
    journal.write({ kind: "event", name: "b" });
    await bench.done(journal.close());
    const verdict = await bench.verify();
    assert.deepEqual(verdict.outsideTo, { n: 2, who: "the operator (heartbeat heartbeat-1)" });
    assert.equal(verdict.signedTo, verdict.head.n);
  });
});

test("in a real folder, packed", async (context: TestContext) => {
  const directory = await mkdtemp(join(tmpdir(), "curtaild-journal-"));
  context.after(() => rm(directory, { recursive: true, force: true }));
  const clock = stopwatch();
  let at = Date.parse("2026-01-01T12:00:00Z");
  const folder = await openFolder(directory);
  const days = { ...clock, now: () => ({ ...clock.now(), at: at as ReturnType<typeof clock.now>["at"] }) };
  const journal = await openJournal({ disk: folder, clock: days, seal, keepDays: 30, packAfterDays: 0, trouble: (reason) => assert.equal(reason, null) });
  for (let day = 0; day < 3; day += 1) {
    for (let count = 0; count < 50; count += 1) journal.write({ kind: "event", name: "x", count });
    assert.equal(await journal.settled(), true);
    at += 86_400_000;
  }
  await journal.tidy();
  await journal.close();
  const names = (await folder.list()).map(({ name }) => name);
  assert.ok(names.some((name) => name.endsWith(".gz")), names.join(" "));
  const verdict = await verifyJournal(folder, { open, outside: [] });
  assert.deepEqual(verdict.findings, []);
  await folder[Symbol.asyncDispose]();
});
