import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import type { Desk } from "../../agent/attend/attendant.ts";
import { UnderFrequency } from "../../agent/attend/under-frequency.ts";
import type { Config } from "../../agent/config/schema.ts";
import type { Decision } from "../../agent/core/decide.ts";
import { seconds } from "../../agent/core/units.ts";
import { playedMeter, plantOf } from "../support/plant.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

type Help = Config["policy"]["underFrequency"];
const HELP: Help = { belowHz: 49.8, shedPct: 20, restoreHz: 49.95, restoreAfterS: 60 };

function scene(t: TestContext, help: Help = HELP) {
  const clock = new VirtualClock();
  const meter = playedMeter("pdu-1", { frequencyHz: 50 });
  const plant = plantOf([meter], clock);
  const attendant = new UnderFrequency({ policy: { underFrequency: help }, node: { nominalW: 10_000 }, meters: [{ id: "pdu-1", role: "rack" }] } as unknown as Config);
  const events: string[] = [];
  const desk: Desk = { plant, event: (name) => void events.push(name), soon: () => void events.push("soon"), keep: () => Promise.resolve() };
  attendant.attach(null, desk);
  const stop = new AbortController();
  void plant.run(stop.signal);
  t.after(() => stop.abort());
  const draws = (power: number) => attendant.decided({ draw: { low: power - 50, high: power + 50, by: "inlet" } } as unknown as Decision);
  const limit = (): number | null => attendant.limits({ uptime: clock.now().uptime, earliest: clock.now().at, latest: null }, clock.now())[0]?.power ?? null;
  const shows = async (frequencyHz: number | null, forS: number): Promise<number | null> => {
    meter.says = { frequencyHz };
    await clock.advance(seconds(forS));
    return limit();
  };
  return { draws, limit, shows, events };
}

describe("under-frequency help", () => {
  test("sheds its step from what was drawn with the first reading that is low, once, and gives it back with delay", async (t) => {
    const { draws, shows, events } = scene(t);
    draws(8_000);
    assert.equal(await shows(49.81, 30), null);
    assert.equal(await shows(49.79, 1), 6_000);
    assert.deepEqual(events, ["frequency.low", "soon"]);
    draws(6_000);
    assert.equal(await shows(49.7, 300), 6_000, "not another step from what is left");
    assert.equal(await shows(49.9, 300), 6_000, "not yet well");
    assert.equal(await shows(50, 30), 6_000);
    assert.equal(await shows(49.9, 5), 6_000, "and the minute begins anew");
    assert.equal(await shows(50, 59), 6_000);
    assert.equal(await shows(50, 3), null);
    assert.equal(events.at(-1), "frequency.restored");
  });

  test("a frequency that nobody reads begins nothing and ends nothing", async (t) => {
    const { draws, shows } = scene(t);
    draws(8_000);
    assert.equal(await shows(null, 100), null);
    assert.equal(await shows(49, 2), 6_000);
    assert.equal(await shows(null, 1_000), 6_000);
  });

  test("never asks for less than nothing", async (t) => {
    const { draws, shows } = scene(t, { ...HELP, shedPct: 50 });
    draws(2_000);
    assert.equal(await shows(49, 2), 0);
  });

  test("is off by default", async (t) => {
    const { draws, shows, events } = scene(t, null);
    draws(8_000);
    assert.equal(await shows(40, 100), null);
    assert.deepEqual(events, []);
  });
});
