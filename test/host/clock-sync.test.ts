import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ClockSync } from "../../agent/host/clock-sync.ts";
import { instant, millis, seconds } from "../../agent/core/units.ts";
import { silentLog, type Log } from "../../agent/runtime/log.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const noon = instant(Date.UTC(2026, 0, 1, 12));

describe("clock", () => {
  test("is not synchronised before the kernel has said so; then it is within two seconds", async () => {
    const clock = new VirtualClock();
    const answers = [false, true, true, false];
    const said: string[] = [];
    const log: Log = { ...silentLog, info: (_fields, text) => void said.push(text), warn: (_fields, text) => void said.push(text) };
    const sync = new ClockSync("kernel", async () => answers.shift() ?? false);
    const error = () => sync.errorAt(clock.now().uptime, clock.now().at);
    const stop = new AbortController();
    assert.equal(error(), null);
    const done = sync.run(clock, log, stop.signal);
    await clock.advance(seconds(30));
    assert.equal(error(), null);
    await clock.advance(seconds(60));
    assert.equal(error(), 2_000);
    await clock.advance(seconds(120));
    assert.equal(error(), null);
    stop.abort();
    await done;
    assert.deepEqual(said.map((text) => text.includes("not synchronised")), [true, false, true]);
  });

  test("a step of more than a second counts against it for a minute, a smaller one does not", async () => {
    const clock = new VirtualClock();
    const sync = new ClockSync("kernel", async () => true);
    const stop = new AbortController();
    const done = sync.run(clock, silentLog, stop.signal);
    await clock.advance(seconds(1));
    const look = () => sync.errorAt(clock.now().uptime, clock.now().at);
    assert.equal(look(), 2_000);
    clock.stepWall(millis(900));
    assert.equal(look(), 2_000);
    clock.stepWall(seconds(-2));
    assert.equal(look(), null);
    await clock.advance(seconds(59));
    assert.equal(look(), null);
    await clock.advance(seconds(2));
    assert.equal(look(), 2_000);
    stop.abort();
    await done;
  });

  test("assumed: nobody is asked, steps do not matter", async () => {
    const sync = new ClockSync("assumed", () => Promise.reject(new Error("asked")));
    await sync.run(new VirtualClock(), silentLog, new AbortController().signal);
    assert.equal(sync.errorAt(millis(0), noon), 2_000);
    assert.equal(sync.errorAt(millis(1), instant(0)), 2_000);
  });
});
