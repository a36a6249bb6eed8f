/** What Prometheus is told: the format, the words of unknown and no limit, and that nothing in it grows without bound. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { familiesOf, METRICS } from "../../agent/report/prometheus/metrics.ts";
import { expositionText } from "../../agent/report/prometheus/text.ts";
import { runbookNames } from "../../agent/report/runbook/runbook.ts";
import { status } from "../cli/answers.ts";
import { look } from "./metrics-look.ts";

const text = expositionText(familiesOf(look));
const lines = text.split("\n");
const value = (sample: string): string | undefined => lines.find((line) => line.startsWith(`${sample} `))?.slice(sample.length + 1);

describe("/metrics", () => {
  const cases: readonly (readonly [sample: string, value: string])[] = [
    ["curtaild_power_watts", "19797"],
    ["curtaild_limit_watts", "20117"],
    ["curtaild_setpoint_watts", "NaN"],
    ["curtaild_hashrate_hashes_per_second", "1021500000000000"],
    ['curtaild_state{state="limited"}', "1"],
    ['curtaild_state{state="failsafe"}', "0"],
    ['curtaild_compliance{compliance="compliant"}', "1"],
    ['curtaild_device_power_watts{device="asic-02"}', "NaN"],
    ['curtaild_device_answering{device="asic-02"}', "0"],
    ['curtaild_outlet_on{outlet="pdu-1/2"}', "NaN"],
    ['curtaild_meter_energy_joules_total{meter="pdu-1"}', "3600000"],
    ['curtaild_documents_refused_total{code="REPLAY"}', "2"],
    ['curtaild_events_total{event="mode.changed"}', "3"],
    ['curtaild_events_total{event="storage.failed"}', "0"],
    ['curtaild_alarm{alarm="disk-full"}', "1"],
    ['curtaild_alarm{alarm="loop-slow"}', "0"],
    ["process_cpu_seconds_total", "12.5"],
  ];
  for (const [sample, expected] of cases) test(`${sample} is ${expected}`, () => assert.equal(value(sample), expected));

  test("no limit is +Inf, not nothing and not zero", () => {
    const free = expositionText(familiesOf({ ...look, status: { ...status, effectiveLimitW: null, measuredW: null } }));
    assert.match(free, /^curtaild_limit_watts \+Inf$/m);
    assert.match(free, /^curtaild_power_watts NaN$/m);
  });

  test("every line is as the format has it, and every family has help and type", () => {
    for (const line of lines.slice(0, -1)) assert.match(line, /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="[^"\\]*"(,[a-z]+="[^"\\]*")*\})? (NaN|[+-]Inf|-?[\d.e+-]+))$/);
    assert.equal(new Set(METRICS.map(({ name }) => name)).size, METRICS.length);
    for (const { name, type } of METRICS) assert.equal(name.endsWith("_total"), type === "counter", name);
  });

  test("a word that only a device says is no series: labels come from the configuration or the runbook", () => {
    assert.ok(!text.includes("invented.word"));
    const events = runbookNames.filter((name) => text.includes(`event="${name}"`));
    assert.ok(events.length > 50);
    // Two machines, two outlets, two meters: what remains does not grow with the rack.
    assert.ok(lines.length < 300, `${lines.length}`);
  });

  test("names cannot break the format", () => {
    const strange = expositionText([{ name: "a", type: "gauge", help: "one\nline \\", samples: [[{ device: 'x"\n\\y' }, 1]] }]);
    assert.equal(strange, '# HELP a one\\nline \\\\\n# TYPE a gauge\na{device="x\\"\\n\\\\y"} 1\n');
  });
});
