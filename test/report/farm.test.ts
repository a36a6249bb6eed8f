/** What is worth telling the farm, and that all of it together stays within its budget. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { charging, Pace, type Candidate } from "../../agent/report/farm/pace.ts";
import { Said, type Scalar } from "../../agent/report/farm/said.ts";
import { BUDGET, RECORDS, goneAfterS, restOf, type Metric, type Table } from "../../agent/report/farm/tables.ts";
import { millis, seconds } from "../../agent/core/units.ts";
import type { Link } from "../../agent/runtime/link.ts";
import { branch } from "../../drivers/sim/random.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const metric = (over: Partial<Metric>): Metric => ({ means: "", kind: "number", deadband: { figure: 10, share: 0.1 }, everyS: 5, moves: true, ...over });
const TABLE = { figure: metric({}), word: metric({ kind: "word", deadband: { figure: 0, share: 0 }, everyS: 1 }), along: metric({ moves: false }) } satisfies Table<string>;
const values = (figure: Scalar, word: Scalar = "a", along: Scalar = 0) => ({ figure, word, along });

describe("a topic is told", () => {
  const cases: readonly (readonly [what: string, is: ReturnType<typeof values>, afterS: number, due: boolean])[] = [
    ["not for nothing", values(100), 59, false],
    ["after its rest for nothing", values(100), 60, true],
    ["not for a figure within its deadband", values(110), 20, false],
    ["for a figure beyond it", values(110.1), 5, true],
    ["not before its period", values(500), 4.9, false],
    ["not for what goes along", values(100, "a", 99), 20, false],
    ["for a word, sooner", values(100, "b"), 1, true],
    ["for what has become unknown", values(null), 5, true],
    ["for a word that is gone", values(100, null), 1, true],
  ];
  for (const [what, is, afterS, due] of cases) {
    test(what, () => {
      const said = new Said(TABLE, 60);
      assert.ok(said.urgency(values(100), 0) > 0, "the first is always told");
      said.told(values(100), 0);
      assert.equal(said.urgency(is, afterS) > 0, due);
    });
  }

  test("a share of what was last told, not of what is; a slow drift is told in the end", () => {
    const said = new Said(TABLE, 1e9);
    said.told(values(1_000), 0);
    assert.equal(said.urgency(values(1_099), 100), 0);
    let told = 0;
    for (let step = 1; step <= 1_000; step += 1) {
      if (said.urgency(values(1_000 + step), 100 + step) === 0) continue;
      told += 1;
      said.told(values(1_000 + step), 100 + step);
    }
    assert.equal(told, 7);
  });
});

describe("all of them together", () => {
  test("the most urgent first, and what found no room is asked about again", () => {
    const pace = new Pace({ bytesPerSecond: 100, burst: 100 });
    const sent: string[] = [];
    const candidate = (name: string, urgency: number): Candidate => ({ urgency, send: () => {
      sent.push(name);
      pace.charge(60);
    } });
    const all = [candidate("low", 1), candidate("none", 0), candidate("high", 9), candidate("middle", 5)];
    pace.spend(all, 0);
    assert.deepEqual(sent, ["high", "middle"]);
    pace.spend([candidate("low", 1)], 0.1);
    assert.equal(sent.length, 2);
    pace.spend([candidate("low", 1)], 0.5);
    assert.deepEqual(sent, ["high", "middle", "low"]);
  });

  test("what goes leaves less room, is paid for afterwards, and silences nobody for longer than ten seconds", () => {
    const pace = new Pace({ bytesPerSecond: 100, burst: 100 });
    let sent = 0;
    const one: Candidate = { urgency: 1, send: () => {
      sent += 1;
      pace.charge(60);
    } };
    pace.spend([one], 0);
    pace.charge(50);
    pace.spend([one], 0);
    assert.equal(sent, 1);
    pace.charge(500);
    pace.spend([one], 5);
    assert.equal(sent, 1);
    pace.spend([one], 5.2);
    assert.equal(sent, 2);
    pace.charge(1_000_000);
    pace.spend([one], 15.2);
    assert.equal(sent, 2);
    pace.spend([one], 15.3);
    assert.equal(sent, 3);
  });

  test("restless machines and the records of a quarter hour, of a minute and of a week that waited keep within 20 kB/s over any ten seconds", async () => {
    const clock = new VirtualClock();
    const [all, records] = [new Pace(BUDGET), new Pace(RECORDS)];
    const bySecond = new Float64Array(600);
    const wire: Link = { connected: true, run: () => Promise.resolve(), next: () => undefined, resubscribe: () => undefined, deliver: () => Promise.reject(new Error("nobody asked")), publish({ payload }) {
      const second = Math.floor((clock.now().uptime - begin) / 1000);
      bySecond[second] = (bySecond[second] ?? 0) + payload.length;
    } };
    const link = charging(wire, all);
    const paced = charging(link, records);
    const begin = clock.now().uptime;
    const waiting: number[] = Array.from({ length: 300 }, () => 7_000);
    let sent = 0;
    const end = new AbortController();
    const sender = (async () => {
      for (;;) {
        if (waiting.length === 0) await clock.sleep(millis(100), end.signal);
        else {
          await records.room(clock, end.signal);
          paced.publish({ topic: "t", payload: "x".repeat(waiting.shift() ?? 0), qos: 1, retain: false });
          sent += 1;
        }
      }
    })().catch(() => undefined);
    for (let second = 0; second < bySecond.length; second += 1) {
      if (second % 60 === 30) waiting.push(...Array.from({ length: 5 }, () => 5_000));
      if (second === 450) waiting.push(...Array.from({ length: 5 }, () => 7_000));
      const machine: Candidate = { urgency: 1, send: () => link.publish({ topic: "t", payload: "x".repeat(360), qos: 0, retain: false }) };
      all.spend(Array.from({ length: 1_000 }, () => machine), clock.now().uptime / 1000);
      await clock.advance(seconds(1));
    }
    end.abort();
    await sender;
    const overTen = [...bySecond.keys()].slice(0, -10).map((from) => bySecond.slice(from, from + 10).reduce((sum, one) => sum + one, 0) / 10);
    assert.ok(Math.max(...overTen) <= 20_000, `${Math.max(...overTen)} B/s over 10 s`);
    const mean = bySecond.reduce((sum, one) => sum + one, 0) / bySecond.length;
    assert.ok(mean >= 0.9 * BUDGET.bytesPerSecond, `${mean} B/s: the budget is used`);
    assert.deepEqual([waiting.length, sent], [0, 300 + 10 * 5 + 5], "no record waits for machines");
  });

  test("5,000 restless machines and as many outlets stay within the budget, and none is forgotten", () => {
    const machines = 10_000;
    const random = branch(7, 1);
    const restS = restOf(machines);
    const said = Array.from({ length: machines }, () => new Said(TABLE, restS));
    const last = new Float64Array(machines).fill(-1);
    const pace = new Pace(BUDGET);
    const bytes: number[] = [];
    let longest = 0;
    for (let second = 0; second < 1_500; second += 1) {
      let spent = 0;
      pace.spend(said.map((one, index): Candidate => {
        // A tenth is never quiet.
        const is = values(1_000 + (index % 10 === 0 ? 500 : 50) * random(), "a");
        return {
          urgency: one.urgency(is, second),
          send: () => {
            one.told(is, second);
            if (second > 900) longest = Math.max(longest, second - (last[index] ?? 0));
            last[index] = second;
            spent += 280;
            pace.charge(280);
          },
        };
      }), second);
      bytes.push(spent);
    }
    const most = Math.max(...bytes.slice(10).map((_, at) => bytes.slice(at, at + 10).reduce((sum, one) => sum + one, 0) / 10));
    assert.ok(most <= BUDGET.bytesPerSecond + BUDGET.burst / 10, `${most} B/s over 10 s`);
    assert.ok(last.every((at) => at > 0), "everybody was heard");
    assert.ok(longest <= goneAfterS(machines), `${longest} s without a word, and ${goneAfterS(machines)} s is gone`);
  });
});
