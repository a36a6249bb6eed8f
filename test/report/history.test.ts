/** The recent past: how much of it is kept, what becomes of gaps and of a clock that is set, and that it stays within its memory. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instant, millis } from "../../agent/core/units.ts";
import { historyBytes, MOST_MACHINE_BYTES, PastOfRack } from "../../agent/report/history/history.ts";
import { Ring } from "../../agent/report/history/ring.ts";
import { historyRoutes } from "../../agent/routes/history.ts";
import { status } from "../cli/answers.ts";
import { decide } from "../../agent/core/decide.ts";
import { startState } from "../../agent/core/state.ts";
import { device, input, metered, says, snapshot } from "../core/rack.ts";
import { ZERO } from "../core/signals.ts";

describe("a ring", () => {
  test("folds what comes within a step, keeps gaps unknown, and forgets the oldest", () => {
    const ring = new Ring({ stepMs: 1000, rows: 4, folds: ["least", "mean", "most"] });
    const add = (uptime: number, figure: number | null): void => ring.add(uptime, [figure, figure, figure]);
    add(1_000, 10);
    add(1_400, 20);
    add(1_900, null);
    add(3_000, null);
    add(3_500, 7);
    assert.deepEqual(ring.since(0), { from: 1_000, rows: [[10, 15, 20], null, [7, 7, 7]] });
    add(5_000, 1);
    assert.deepEqual(ring.since(0), { from: 3_000, rows: [[7, 7, 7], null, [1, 1, 1]] }, "the second that fell out is not shown as the one that took its place");
    add(99_000, null);
    assert.deepEqual(ring.since(0), { from: 99_000, rows: [[NaN, NaN, NaN]] });
    assert.deepEqual(ring.since(99_999).rows.length, 1);
  });
});

test("the past of 1,000 machines is 5 MB at the most, that of 5,000 no more", () => {
  assert.ok(historyBytes(12) < 200_000, `${historyBytes(12)}`);
  for (const machines of [1_000, 1_050, 5_000]) assert.ok(historyBytes(machines) <= MOST_MACHINE_BYTES + 100_000, `${machines}: ${historyBytes(machines)}`);
  const before = process.memoryUsage().arrayBuffers;
  const past = new PastOfRack(Array.from({ length: 1_000 }, (_, index) => `asic-${index}`));
  const took = process.memoryUsage().arrayBuffers - before;
  assert.ok(past.machine("asic-999", 60) !== null);
  assert.ok(took > 0 && took <= historyBytes(1_000) + 100_000, `${took} of ${historyBytes(1_000)}`);
});

describe("the past of a rack", () => {
  const { decision } = decide(startState(millis(0)), input(snapshot([device("a", says("500"))], metered(3_000))));
  const look = (past: PastOfRack, second: number, over: Partial<typeof status> = {}, stepMs = 0): void =>
    past.look(decision, { ...status, ...over }, { uptime: millis(second * 1000), at: instant(ZERO + second * 1000 + stepMs), error: null });

  test("a quarter of an hour by seconds, a day by minutes with least, mean and most", () => {
    const past = new PastOfRack(["a"]);
    for (let second = 0; second < 2_000; second += 1) look(past, second, { measuredW: second % 60 === 7 ? 9_000 : 1_000, effectiveLimitW: second < 1_980 ? null : 5_000, compliance: second % 60 === 7 ? "violating" : "compliant", hashrateThs: null });
    const seconds = past.rack(900);
    assert.deepEqual([seconds.stepS, seconds.rows.length, seconds.from], [1, 900, new Date(ZERO + 1_100_000).toISOString()]);
    assert.deepEqual(seconds.rows.at(-1), [1_000, 1_000, 1_000, 5_000, null, "compliant"]);
    const minutes = past.rack(3_600);
    assert.deepEqual([minutes.stepS, minutes.rows.length], [60, 34]);
    assert.deepEqual(minutes.rows[1], [1_000, 1_133, 9_000, null, null, "violating"], "a short excess is not averaged away");
    assert.deepEqual(minutes.rows.at(-1)?.slice(3, 4), [5_000], "the least limit of a minute is what its most is held against");
    for (let minute = 40; minute < 1_600; minute += 1) look(past, minute * 60);
    assert.equal(past.rack(86_400).rows.length, 1_440, "a day and no more");
  });

  test("nobody looked is unknown, not zero; nothing is told before the first look", () => {
    const past = new PastOfRack(["a"]);
    assert.deepEqual(past.rack(60).rows, []);
    look(past, 10);
    look(past, 12);
    assert.deepEqual(past.rack(60).rows[1], [null, null, null, null, null, null]);
  });

  test("a clock that is set moves no row against another", () => {
    const past = new PastOfRack(["a"]);
    look(past, 10);
    look(past, 11, {}, 3_600_000);
    assert.deepEqual([past.rack(60).from, past.rack(60).rows.length], [new Date(ZERO + 10_000 + 3_600_000).toISOString(), 2]);
  });

  test("the hashrate between two times, as far as it is remembered", () => {
    const past = new PastOfRack(["a"]);
    assert.equal(past.hashrate(ZERO, ZERO + 1), null);
    for (let second = 100; second < 160; second += 1) look(past, second, { hashrateThs: second });
    const between = (from: number, to: number) => past.hashrate(ZERO + from * 1000, ZERO + to * 1000);
    assert.deepEqual(between(120, 122), { from: new Date(ZERO + 120_000).toISOString(), stepS: 1, rowsThs: [120, 121, 122] });
    assert.deepEqual(between(50, 101)?.rowsThs, [100, 101], "what was before is left out");
    assert.deepEqual(between(158, 999)?.rowsThs, [158, 159]);
    assert.equal(between(10, 99), null);
    assert.equal(between(200, 300), null);
  });

  test("a machine by 10 s and by 5 min; one that does not exist is none", () => {
    const past = new PastOfRack(["silent", "a"]);
    for (let second = 0; second < 1_300; second += 1) look(past, second);
    const fine = past.machine("a", 600);
    assert.deepEqual([fine?.stepS, fine?.rows.length], [10, 61]);
    assert.ok((fine?.rows[0]?.[0] ?? 0) > 2_000, JSON.stringify(fine?.rows[0]));
    assert.deepEqual(past.machine("silent", 600)?.rows[0], [null, null, null]);
    assert.deepEqual([past.machine("a", 7_200)?.stepS, past.machine("a", 7_200)?.rows.length], [300, 5]);
    assert.equal(past.machine("b", 600), null);
  });
});

test("GET /history: what is asked is checked, and a wrong question says what is right", async () => {
  const [route] = historyRoutes(() => new PastOfRack(["a"]));
  assert.ok(route !== undefined);
  const ask = (query: string): Promise<unknown> => route.handle({ params: {}, query: new URLSearchParams(query), body: undefined, caller: null, signal: new AbortController().signal });
  assert.deepEqual(await ask(""), { from: new Date(0).toISOString(), to: null, stepS: 1, columns: ["leastW", "meanW", "mostW", "limitW", "hashrateThs", "compliance"], rows: [] });
  assert.equal(((await ask("device=a&seconds=3600")) as { stepS: number }).stepS, 300);
  for (const wrong of ["seconds=0", "seconds=86401", "seconds=1.5", "seconds=x", "seconds=1e99", "since=5", `device=${"a".repeat(65)}`]) await assert.rejects(ask(wrong), { status: 400 }, wrong);
  await assert.rejects(ask("device=b"), { status: 404 });
});
