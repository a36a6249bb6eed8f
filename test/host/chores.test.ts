/** Chores of the calendar: when they are due, what a step of the clock does to them, what a failure costs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Chores } from "../../agent/host/chores.ts";
import { millis } from "../../agent/core/units.ts";
import type { Clock } from "../../agent/runtime/clock.ts";
import { silentLog } from "../../agent/runtime/log.ts";
import { systemClock } from "../../agent/runtime/system-clock.ts";

const real = systemClock(() => null);
const nightly = { name: "nightly", cron: "30 3 * * *", zone: "Europe/Berlin", run: async () => undefined };

test("the calendar says when each is due, on the wall of its zone", async () => {
  const end = new AbortController();
  const chores = new Chores([nightly], { clock: real, log: silentLog });
  assert.deepEqual(chores.due().map(({ at }) => at), [null]);
  const running = chores.run(end.signal);
  await pause(20);
  const due = chores.due()[0]?.at ?? 0;
  assert.ok(due > Date.now() && due <= Date.now() + 25 * 3_600_000, String(due));
  assert.match(new Date(due).toLocaleTimeString("en-GB", { timeZone: "Europe/Berlin" }), /^03:30:00/);
  end.abort();
  await running;
  assert.deepEqual(chores.due().map(({ at }) => at), [null]);
});

test("after a step of the clock the timers are made anew, once for each step", async () => {
  const said: object[] = [];
  let [off, turn] = [0, 0];
  let look: () => void = () => undefined;
  const clock: Clock = {
    ...real,
    now: () => ({ uptime: millis(turn * 10_000), at: (1_764_000_000_000 + turn * 10_000 + off) as never, error: null }),
    sleep: (_length, signal) => new Promise((resolve, reject) => {
      look = () => { turn += 1; resolve(); };
      signal.addEventListener("abort", () => reject(new Error("stopped")), { once: true });
    }),
  };
  const end = new AbortController();
  const running = new Chores([nightly], { clock, log: { ...silentLog, info: (fields: object) => said.push(fields) } }).run(end.signal);
  const next = async (): Promise<void> => {
    await pause(5);
    look();
    await pause(5);
  };
  await next();
  assert.deepEqual(said, []);
  off = 7_200_000;
  await next();
  off = 0;
  await next();
  await next();
  assert.deepEqual(said, [{ stepS: 7_200 }, { stepS: -7_200 }]);
  end.abort();
  await running;
});

test("one that fails is said and due again; the others go on", async () => {
  const warned: object[] = [];
  let done = 0;
  const each = { cron: "* * * * * *", zone: "UTC" };
  const end = new AbortController();
  const chores = new Chores([
    { ...each, name: "broken", run: () => Promise.reject(new Error("no room")) },
    { ...each, name: "fine", run: async () => void (done += 1) },
  ], { clock: real, log: { ...silentLog, warn: (fields: object) => warned.push(fields) } });
  const running = chores.run(end.signal);
  await pause(1_300);
  end.abort();
  await running;
  assert.ok(done >= 1);
  assert.deepEqual(warned[0], { chore: "broken", reason: "no room" });
});
