/** Chores of the calendar: when they are due, what a step of the clock does to them, what a failure costs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { nextTimes, type NextTimes } from "../../agent/host/calendar.ts";
import { Chores } from "../../agent/host/chores.ts";
import { instant, millis, type Instant } from "../../agent/core/units.ts";
import type { Chore } from "../../agent/runtime/chore.ts";
import type { Clock } from "../../agent/runtime/clock.ts";
import { silentLog } from "../../agent/runtime/log.ts";
import { run } from "../cli/programs.ts";

const MINUTE = 60_000;
const NOON = Date.parse("2025-11-24T12:00:00Z");
const chore = (name: string, does: () => Promise<void> = async () => undefined): Chore => ({ name, cron: "30 3 * * *", zone: "Europe/Berlin", run: does });

/** Chores on a clock that goes on only by `next`, due when `times` says. */
function standing(chores: readonly Chore[], times: NextTimes) {
  let [uptime, wall] = [0, NOON];
  let wake: () => void = () => undefined;
  const [said, warned]: [object[], object[]] = [[], []];
  const clock = {
    now: () => ({ uptime: millis(uptime), at: instant(wall), error: null }),
    sleep: (_length: unknown, signal: AbortSignal) => new Promise<void>((resolve, reject) => {
      wake = resolve;
      signal.addEventListener("abort", () => reject(new Error("stopped")), { once: true });
    }),
  } as unknown as Clock;
  const kept = new Chores(chores, { clock, nextTimes: times, log: { ...silentLog, info: (fields) => said.push(fields), warn: (fields) => warned.push(fields) } });
  const end = new AbortController();
  const running = kept.run(end.signal);
  return {
    kept, said, warned,
    now: (): Instant => instant(wall),
    /** `stepMs`: by how much the clock is set besides. */
    async next(passMs = 10_000, stepMs = 0): Promise<void> {
      await pause(2);
      uptime += passMs;
      wall += passMs + stepMs;
      wake();
      await pause(2);
    },
    async end(): Promise<void> {
      end.abort();
      await running;
    },
  };
}

/** Each time it is asked: the next full ten minutes. */
const everyTenMinutes = (now: () => number, asked: string[][] = []): NextTimes => async (lines) => {
  asked.push([...lines]);
  return lines.map(() => (Math.floor(now() / (10 * MINUTE)) + 1) * 10 * MINUTE);
};

test("node-cron says when a line is due, on the wall of its zone; a line that is none is refused", async () => {
  const [berlin] = await nextTimes(["30 3 * * * Europe/Berlin"]);
  assert.ok(typeof berlin === "number" && berlin > Date.now() && berlin <= Date.now() + 25 * 60 * MINUTE, String(berlin));
  assert.match(new Date(berlin).toLocaleTimeString("en-GB", { timeZone: "Europe/Berlin" }), /^03:30:00/);
  for (const line of ["30 3 * * Europe/Berlin", "30 3 * * * Europe/Nowhere", "0 0 30 2 * UTC"]) await assert.rejects(nextTimes([line]), line);
});

test("the program answers for the daemon, so that the daemon need not load a calendar", { timeout: 30_000 }, async () => {
  const { code, out } = await run("curtaild", ["calendar", "30 3 * * * Europe/Berlin", "17 * * * * UTC"]);
  const [berlin, hourly] = JSON.parse(out) as string[];
  assert.equal(code, 0);
  assert.ok(Date.parse(berlin ?? "") > Date.now());
  assert.match(hourly ?? "", /:17:00\.000Z$/);
  assert.equal((await run("curtaild", ["calendar", "often"])).code, 64);
});

test("each is done when it is due, once, and then due at its next time", async () => {
  const asked: string[][] = [];
  let done = 0;
  const rig = standing([chore("nightly", async () => void (done += 1))], everyTenMinutes(() => rig.now(), asked));
  assert.deepEqual(rig.kept.due().map(({ at }) => at), [null]);
  await rig.next();
  assert.deepEqual(rig.kept.due().map(({ at }) => at), [NOON + 10 * MINUTE]);
  await rig.next();
  assert.equal(done, 0);
  await rig.next(10 * MINUTE);
  await rig.next();
  assert.equal(done, 1);
  assert.deepEqual(rig.kept.due().map(({ at }) => at), [NOON + 20 * MINUTE]);
  assert.deepEqual(asked, [["30 3 * * * Europe/Berlin"], ["30 3 * * * Europe/Berlin"]]);
  await rig.end();
  assert.deepEqual(rig.kept.due().map(({ at }) => at), [null]);
});

test("after a step of the clock the calendar is read anew, once for each step, and what was passed over is not made up for", async () => {
  let done = 0;
  const rig = standing([chore("nightly", async () => void (done += 1))], everyTenMinutes(() => rig.now()));
  await rig.next();
  await rig.next(10_000, 120 * MINUTE);
  assert.deepEqual(rig.kept.due().map(({ at }) => at), [NOON + 130 * MINUTE]);
  await rig.next(10_000, -120 * MINUTE);
  await rig.next();
  assert.deepEqual(rig.kept.due().map(({ at }) => at), [NOON + 10 * MINUTE]);
  assert.equal(done, 0);
  assert.deepEqual(rig.said, [{ stepS: 7_200 }, { stepS: -7_200 }]);
  await rig.end();
});

test("one that fails is said and due again; the others go on; one that still runs is not begun again", async () => {
  let [done, begun] = [0, 0];
  const rig = standing([
    chore("broken", () => Promise.reject(new Error("no room"))),
    chore("fine", async () => void (done += 1)),
    chore("long", () => new Promise(() => void (begun += 1))),
  ], everyTenMinutes(() => rig.now()));
  await rig.next();
  await rig.next(10 * MINUTE);
  await rig.next(10 * MINUTE);
  assert.deepEqual([done, begun], [2, 1]);
  assert.deepEqual(rig.warned, [{ chore: "broken", reason: "no room" }, { chore: "broken", reason: "no room" }]);
  await rig.end();
});

test("a calendar that cannot be read is said, and asked again after ten minutes", async () => {
  let asked = 0;
  const rig = standing([chore("nightly")], async () => {
    asked += 1;
    throw new Error("no process");
  });
  await rig.next();
  await rig.next();
  await rig.next();
  assert.deepEqual([asked, rig.warned], [1, [{ reason: "no process" }]]);
  await rig.next(10 * MINUTE);
  assert.equal(asked, 2);
  await rig.end();
});
