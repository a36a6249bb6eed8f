/** The schedule as the daemon meets it: limits from a configuration, and words when a window begins and ends. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Schedule } from "../../agent/attend/schedule.ts";
import { configSchema } from "../../agent/config/schema.ts";
import { contradictions } from "../../agent/config/contradictions.ts";
import { instant, millis } from "../../agent/core/units.ts";
import { scheduleLines } from "../../agent/cli/commands/schedule.ts";

const file = (schedule: readonly object[]) => ({
  version: 1, node: { operator: "demo", site: "s1", rack: "r1", nominalW: 20_000, breakerW: 25_000 },
  grid: { brokers: ["mqtt://127.0.0.1:1883"], signatures: "optional", failsafeLimitW: 5_000 },
  miners: [{ id: "a", driver: "luxos", address: "127.0.0.1:4028", model: "m" }], schedule,
});
const peak = { name: "evening-peak", days: ["mon"], from: "17:00", to: "21:00", zone: "UTC", limitPct: 40 };
const at = (text: string) => ({ uptime: millis(0), earliest: instant(Date.parse(text)), latest: instant(Date.parse(text) + 4_000) });

test("a share of nominal power is a limit while its window runs, and said when it begins and ends", () => {
  const schedule = new Schedule(configSchema.parse(file([peak])));
  assert.deepEqual(schedule.limits(at("2026-11-23T16:00:00Z")), []);
  assert.deepEqual(schedule.decided(), []);
  assert.deepEqual(schedule.limits(at("2026-11-23T18:00:00Z")).map(({ power, source }) => [power, source]), [[8_000, "schedule"]]);
  assert.deepEqual(schedule.decided(), [{ name: "schedule.begun", fields: { windows: "evening-peak", limitW: 8_000 } }]);
  assert.deepEqual(schedule.decided(), []);
  schedule.limits(at("2026-11-23T21:00:01Z"));
  assert.deepEqual(schedule.decided(), [{ name: "schedule.ended", fields: {} }]);
});

test("a window without a figure, with two, or with another's name is refused", () => {
  const said = (schedule: readonly object[]) => contradictions(configSchema.parse(file(schedule)), null).map(({ text }) => text);
  assert.deepEqual(said([{ ...peak, limitPct: null }]), ["has neither of limitW and limitPct: it needs one."]);
  assert.deepEqual(said([{ ...peak, limitW: 1 }]), ["has both of limitW and limitPct: it needs one."]);
  assert.match(said([peak, peak])[0] ?? "", /another window has already/);
  for (const wrong of [{ from: "25:00" }, { to: "24:01" }, { zone: "Mars/Olympus" }, { days: ["someday"] }, { limitPct: 101 }]) {
    assert.equal(configSchema.safeParse(file([{ ...peak, ...wrong }])).success, false, JSON.stringify(wrong));
  }
});

test("curtailctl schedule shows the next windows on the wall of their zone, and the chores", () => {
  const lines = scheduleLines({
    at: "2026-11-23T15:00:00Z",
    windows: [{ name: "evening-peak", zone: "Europe/Berlin", limitW: 8_000, from: "2026-11-23T16:00:00Z", to: "2026-11-23T20:00:00Z", running: false }],
    chores: [{ name: "journal", cron: "0 0 * * *", zone: "UTC", at: "2026-11-24T00:00:00Z" }],
  }).join("\n");
  assert.match(lines, /evening-peak +8\.00 kW +Mon 23 Nov 17:00 +Mon 23 Nov 21:00 +Europe\/Berlin +in 1 h/);
  assert.match(lines, /journal +0 0 \* \* \* +UTC +in 9 h/);
});
