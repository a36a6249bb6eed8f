import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instant, millis, seconds } from "../../agent/core/units.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const never = new AbortController().signal;

describe("virtual clock", () => {
  test("wakes in the order of time, and of going to sleep", async () => {
    const clock = new VirtualClock();
    const woken: string[] = [];
    const sleeper = async (name: string, length: number): Promise<void> => {
      await clock.sleep(millis(length), never);
      woken.push(`${name}@${clock.now().uptime}`);
    };
    void sleeper("c", 30);
    void sleeper("a", 10);
    void sleeper("b", 10);
    await clock.advance(millis(20));
    assert.deepEqual(woken, ["a@10", "b@10"]);
    assert.equal(clock.now().uptime, 20);
    await clock.advance(millis(20));
    assert.deepEqual(woken, ["a@10", "b@10", "c@30"]);
  });

  test("what follows from one instant is done before the next", async () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    void (async () => {
      for (let turn = 0; turn < 3; turn += 1) {
        await clock.sleep(seconds(1), never);
        for (let hop = 0; hop < 50; hop += 1) await Promise.resolve();
        seen.push(clock.now().uptime);
      }
    })();
    await clock.advance(seconds(10));
    assert.deepEqual(seen, [1000, 2000, 3000]);
  });

  test("an aborted sleep rejects with the signal's reason, and time does not stop at it", async () => {
    const clock = new VirtualClock();
    const stop = new AbortController();
    const asleep = clock.sleep(seconds(1), stop.signal);
    stop.abort(new Error("enough"));
    await assert.rejects(asleep, /enough/);
    await assert.rejects(clock.sleep(seconds(1), stop.signal), /enough/);
    await clock.advance(seconds(2));
    assert.equal(clock.now().uptime, 2000);
  });

  test("a step of the wall clock leaves monotonic time alone; a boot begins at 0", async () => {
    const clock = new VirtualClock({ at: instant(1_000_000) });
    await clock.advance(seconds(5));
    const process = clock.boot();
    clock.stepWall(seconds(-60));
    await clock.advance(seconds(1));
    assert.deepEqual(process.now(), { uptime: 1000, at: 1_000_000 + 6_000 - 60_000, error: 0 });
  });

  test("when: stops at the first instant something holds", async () => {
    const clock = new VirtualClock();
    let ticks = 0;
    void (async () => {
      for (;;) {
        await clock.sleep(seconds(1), never);
        ticks += 1;
      }
    })();
    assert.equal(await clock.when(() => ticks === 4, seconds(60)), true);
    assert.equal(clock.now().uptime, 4000);
    assert.equal(await clock.when(() => ticks === 400, seconds(60)), false);
  });

  test("half an hour of a dozen loops at 1 Hz takes a moment", async () => {
    const clock = new VirtualClock();
    const stop = new AbortController();
    let turns = 0;
    for (let loop = 0; loop < 12; loop += 1) {
      void (async () => {
        await clock.sleep(millis(loop * 37), stop.signal);
        for (;;) {
          await clock.sleep(seconds(1), stop.signal);
          turns += 1;
        }
      })().catch(() => undefined);
    }
    const before = performance.now();
    await clock.runUntil(seconds(1_800));
    const took = performance.now() - before;
    stop.abort();
    assert.equal(turns, 12 * 1_800 - 11);
    assert.ok(took < 1_000, `${took} ms`);
  });
});
