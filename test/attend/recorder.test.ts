/** What the journal is told, and in how many words. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Recorder } from "../../agent/attend/journal.ts";
import type { Decision } from "../../agent/core/decide.ts";
import { millis, seconds } from "../../agent/core/units.ts";
import { openJournal } from "../../agent/record/journal.ts";
import type { VerifiedDocument } from "../../agent/signal/effects.ts";
import { MemoryDisk } from "../support/memory-disk.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

async function bench() {
  const clock = new VirtualClock();
  const disk = new MemoryDisk();
  const opening = openJournal({ disk: disk.open(clock), clock, seal: (payload) => payload, keepDays: 9, packAfterDays: 9, trouble: () => undefined });
  await clock.advance(millis(50));
  const published: string[] = [];
  const recorder = new Recorder({ journal: await opening, publish: (head) => published.push(head), boot: "b", software: "s", config: { state: "ok", content: { a: 1 } } });
  const decide = (orders: readonly object[] = []): void => void recorder.decided({ orders } as unknown as Decision, { tick: clock.now() });
  const lines = async (): Promise<Record<string, unknown>[]> => {
    await clock.advance(seconds(2));
    return [...disk.files].filter(([name]) => name.endsWith(".jsonl")).flatMap(([, { bytes }]) => bytes.toString("utf8").trimEnd().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>));
  };
  return { clock, recorder, published, decide, lines };
}

const document = (type: string, id: string, content: object): VerifiedDocument => ({ ref: { id, topic: "t", epoch: 0, seq: 1 }, type, signer: "op", hash: "h", message: JSON.stringify(content) });

test("a cause is a name like any other", async () => {
  const { decide, lines } = await bench();
  const causes = ["constructor", "__proto__", "toString"];
  decide(causes.map((cause, id) => ({ id, device: "a", setpoint: { kind: "sleep" }, cause })));
  const said = (await lines()).find(({ kind }) => kind === "orders")?.["orders"];
  assert.deepEqual(Object.entries(said ?? {}), causes.map((cause, id) => [cause, [[id, "a", "sleep"]]]));
});

test("orders stand in one line a cycle and acknowledgements in the next, by cause", async () => {
  const { recorder, decide, lines } = await bench();
  decide([{ id: 1, device: "a", setpoint: { kind: "sleep" }, cause: "drop" }, { id: 2, device: "b", setpoint: { kind: "points", point: "590" }, cause: "drop" }]);
  for (const order of [1, 2]) recorder.happened({ at: "", name: "setpoint.acknowledged", order, tookMs: 40 });
  recorder.happened({ at: "", name: "setpoint.ordered", order: 1 });
  decide();
  const said = await lines();
  assert.deepEqual(said.find(({ kind }) => kind === "orders")?.["orders"], { drop: [[1, "a", "sleep"], [2, "b", "point 590"]] });
  assert.deepEqual(said.find(({ kind }) => kind === "results")?.["acknowledgedMs"], [[1, 40], [2, 40]]);
  assert.equal(said.filter(({ kind }) => kind === "event").length, 0);
});

test("a heartbeat is written down when it says something new, and an echoed head once", async () => {
  const { recorder, lines } = await bench();
  const seen = `7:${"a".repeat(64)}`;
  recorder.heard(document("HEARTBEAT", "h1", { last: { t: [0, 1] } }));
  recorder.heard(document("HEARTBEAT", "h2", { last: { t: [0, 1] } }));
  recorder.heard(document("HEARTBEAT", "h3", { last: { t: [0, 1] }, seen }));
  recorder.heard(document("HEARTBEAT", "h4", { last: { t: [0, 2] }, seen }));
  recorder.heard(document("HEARTBEAT", "h5", { last: { t: [0, 2] }, seen: "nonsense" }));
  const said = await lines();
  assert.deepEqual(said.filter(({ kind }) => kind === "document").map(({ id }) => id), ["h1", "h3", "h4", "h5"]);
  assert.deepEqual(said.filter(({ kind }) => kind === "seen").map(({ head, doc }) => [head, doc]), [[seen, "h3"]]);
});

test("documents are kept whole as long as a minute's are not too much, and by their hash beyond", async () => {
  const { clock, recorder, decide, lines } = await bench();
  const long = (id: string): void => recorder.heard(document("LIMIT", id, { filler: "x".repeat(600_000) }));
  ["a", "b", "c", "d"].forEach(long);
  await clock.advance(seconds(60));
  decide();
  long("e");
  const said = (await lines()).filter(({ kind }) => kind === "document");
  assert.deepEqual(said.map(({ id, message, sha256 }) => [id, message !== undefined, sha256]), [["a", true, "h"], ["b", true, "h"], ["c", true, "h"], ["d", false, "h"], ["e", true, "h"]]);
});

test("a checkpoint is published at the start, hourly, and again to every broker that is found", async () => {
  const { clock, recorder, published, decide } = await bench();
  decide();
  assert.equal(published.length, 1);
  recorder.happened({ at: "", name: "link.connected" });
  assert.equal(published[1], published[0]);
  await clock.advance(seconds(3_600));
  decide();
  assert.equal(published.length, 3);
  assert.equal((JSON.parse(published[2] ?? "") as { logHead: string }).logHead, recorder.logHead);
});
