import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Desk } from "../../agent/attend/attendant.ts";
import { OverTemperature } from "../../agent/attend/over-temperature.ts";
import type { Config } from "../../agent/config/schema.ts";
import { seconds } from "../../agent/core/units.ts";
import { playedMeter, plantOf } from "../support/plant.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

function scene(t: TestContext) {
  const clock = new VirtualClock();
  const says = (closed: boolean | null) => ({ inputs: [{ index: 2, closed }] });
  const box = playedMeter("io-1", says(true));
  const plant = plantOf([box], clock);
  const given = { contacts: { overTemperature: [{ input: { meter: "io-1", outlet: 2 }, limitW: null, limitPct: 30, restoreAfterS: 60 }] }, node: { nominalW: 10_000 } } as unknown as Config;
  const attendant = new OverTemperature(given, clock);
  const events: string[] = [];
  const desk: Desk = { plant, event: (name, fields) => void events.push([name, fields["reason"]].join(" ").trim()), soon: () => undefined, keep: () => Promise.resolve() };
  attendant.attach(null, desk);
  const stop = new AbortController();
  void plant.run(stop.signal);
  t.after(() => stop.abort());
  const limit = () => attendant.limits({ uptime: clock.now().uptime, earliest: clock.now().at, latest: null }, clock.now()).map(({ source, power }) => `${source} ${power}`).join();
  return { clock, box, says, events, limit };
}

test("a thermostat that opens limits with the next read, and for a minute after it has closed", async (t) => {
  const { clock, box, says, events, limit } = scene(t);
  await clock.advance(seconds(20));
  assert.equal(limit(), "");
  box.says = says(false);
  await clock.advance(seconds(1));
  assert.equal(limit(), "thermal 3000");
  await clock.advance(seconds(600));
  assert.equal(limit(), "thermal 3000");
  box.says = says(true);
  await clock.advance(seconds(58));
  assert.equal(limit(), "thermal 3000");
  await clock.advance(seconds(4));
  assert.equal(limit(), "");
  assert.deepEqual(events, ["temperature.exceeded open", "temperature.restored"]);
});

test("one that flutters does not end it, and one that cannot be read is too hot", async (t) => {
  const { clock, box, says, events, limit } = scene(t);
  await clock.advance(seconds(5));
  for (let i = 0; i < 5; i++) {
    box.says = says(i % 2 === 1);
    await clock.advance(seconds(40));
    assert.equal(limit(), "thermal 3000");
  }
  box.says = says(true);
  await clock.advance(seconds(62));
  assert.equal(limit(), "");
  box.says = says(null);
  await clock.advance(seconds(5));
  assert.equal(limit(), "thermal 3000");
  assert.deepEqual(events, ["temperature.exceeded open", "temperature.restored", "temperature.exceeded unreadable"]);
});
