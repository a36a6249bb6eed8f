import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Lane, type Rank } from "../../drivers/cgminer/lane.ts";

const never = new AbortController().signal;

async function run<T>(lane: Lane, rank: Rank, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  await lane.enter(rank, signal);
  try {
    return await work();
  } finally {
    lane.leave();
  }
}

describe("a lane", () => {
  test("does one thing at a time, orders before polls, each in its turn", async () => {
    const lane = new Lane();
    const log: string[] = [];
    let busy = 0;
    const work = (name: string) => async (): Promise<void> => {
      assert.equal(++busy, 1);
      log.push(name);
      await Promise.resolve();
      busy--;
    };
    await Promise.all([
      run(lane, "poll", work("first"), never),
      run(lane, "poll", work("poll 1"), never),
      run(lane, "order", work("order 1"), never),
      run(lane, "poll", work("poll 2"), never),
      run(lane, "order", work("order 2"), never),
    ]);
    assert.deepEqual(log, ["first", "order 1", "order 2", "poll 1", "poll 2"]);
  });

  test("is free again after a failure", async () => {
    const lane = new Lane();
    await assert.rejects(run(lane, "poll", () => Promise.reject(new Error("broken")), never), /broken/);
    assert.equal(await run(lane, "poll", () => Promise.resolve(7), never), 7);
  });

  test("is left by what is aborted while it waits, which never starts", async () => {
    const lane = new Lane();
    const stop = new AbortController();
    let release = (): void => {};
    const first = run(lane, "poll", () => new Promise<void>((resolve) => (release = resolve)), never);
    const second = assert.rejects(run(lane, "order", () => assert.fail("started"), stop.signal), /enough/);
    const third = run(lane, "poll", () => Promise.resolve("third"), never);
    stop.abort(new Error("enough"));
    await second;
    await assert.rejects(run(lane, "poll", () => assert.fail("started"), stop.signal), /enough/);
    release();
    await first;
    assert.equal(await third, "third");
  });
});
