/** What the daemon tells Prometheus when it is asked, over the route that answers it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Desk } from "../../agent/attend/attendant.ts";
import { Metrics } from "../../agent/attend/metrics.ts";
import { decide } from "../../agent/core/decide.ts";
import { startState } from "../../agent/core/state.ts";
import { millis } from "../../agent/core/units.ts";
import { Verbatim } from "../../agent/link/control-http.ts";
import { NO_NOTES } from "../../agent/report/devices.ts";
import { metricsRoutes } from "../../agent/routes/metrics.ts";
import { stopwatch } from "../../agent/runtime/system-clock.ts";
import { status } from "../cli/answers.ts";
import { device, input, metered, says, snapshot } from "../core/rack.ts";

test("nothing before the first decision; then text, with what has happened and which link is up", async () => {
  const metrics = new Metrics({ clock: stopwatch(), health: { alarms: ["loop-slow"] }, about: () => NO_NOTES, links: { grid: { connected: true }, farm: null }, node: { operator: "o", site: "s", rack: "r" }, usage: () => ({ cpuS: 1, residentBytes: 2 }) });
  const [route] = metricsRoutes(() => metrics);
  const ask = () => route?.handle({ params: {}, query: new URLSearchParams(), body: undefined, caller: null, signal: new AbortController().signal });
  await assert.rejects(async () => ask(), { status: 503 });
  const meter = { meter: { id: "pdu-1" }, reading: { energyWh: 5, outlets: [{ index: 1, on: true, power: 3_000 }] }, failure: "gone" };
  metrics.attach(null, { plant: { meters: [meter], deviceOn: () => "a" } } as unknown as Desk);
  metrics.decided(decide(startState(millis(0)), input(snapshot([device("a", says("500"))], metered(3_000)))).decision, { status });
  metrics.happened({ at: "", name: "device.lost" });
  const answer = await ask();
  assert.ok(answer instanceof Verbatim && typeof answer.body === "string");
  assert.match(answer.type, /^text\/plain; version=0\.0\.4/);
  for (const line of ['curtaild_events_total{event="device.lost"} 1', 'curtaild_link_connected{link="grid"} 1', 'curtaild_alarm{alarm="loop-slow"} 1', 'curtaild_meter_answering{meter="pdu-1"} 0', 'curtaild_outlet_power_watts{outlet="pdu-1/1"} NaN', 'curtaild_device_answering{device="a"} 1']) {
    assert.ok(answer.body.includes(`\n${line}\n`), line);
  }
  assert.ok(!answer.body.includes('link="farm"'));
});
