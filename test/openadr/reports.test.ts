/** Reports: when they are due, what they cover, and how well their figures are known. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { millis } from "../../agent/core/units.ts";
import { Reports } from "../../agent/signal/openadr/reports.ts";
import type { Look } from "../../agent/signal/openadr/tally.ts";
import { after, certain, event, iso, limitOf, NOON, read } from "./events.ts";

const look: Look = { powerW: 6_000, measured: true, baselineW: 12_000, shedW: 5_500, state: "RUNNING_CURTAILED" };
const hours = [0, 1, 2, 3].map((id) => ({ id, payloads: [limitOf(8)] }));
const asking = (wish: object, over: object = {}) => read(event({ intervals: hours, reportDescriptors: [wish], ...over }));

/** Lives through minutes from noon, looking every five seconds; what was posted, by the minute. */
function live(asked: ReturnType<typeof read>, minutes: number, { from = 0, seen = (_minute: number): Look | null => look } = {}) {
  const reports = new Reports({ clientName: "ven", resourceName: "r1", u: () => 0.5 });
  const posted: [minute: number, intervals: unknown[], body: object][] = [];
  for (let second = from * 60; second <= minutes * 60; second += 5) {
    const now = certain(NOON + second * 1_000);
    const looked = seen(second / 60);
    if (looked !== null) reports.look([asked], { look: looked, length: millis(5_000), now });
    if (second % 60 !== 0) continue;
    for (const report of reports.due([asked], looked ?? look, now)) {
      const { resources } = report.body as { resources: { intervals: { id: number; payloads: { type: string; values: unknown[] }[] }[] }[] };
      posted.push([second / 60, (resources[0]?.intervals ?? []).map(({ id, payloads }) => [id, ...payloads.map(({ values }) => values[0])]), report.body]);
      reports.sent(report);
    }
  }
  return posted;
}
const told = (posted: ReturnType<typeof live>) => posted.map(([minute, intervals]) => [minute, intervals]);

describe("when", () => {
  const cases: [string, object, unknown][] = [
    ["all at the end of the last interval, once", { payloadType: "DEMAND" }, [[240, [[0, 6, "OK"], [1, 6, "OK"], [2, 6, "OK"], [3, 6, "OK"]]]]],
    ["every interval at its end", { payloadType: "DEMAND", startInterval: 0, numIntervals: 1, frequency: 1, repeat: -1 }, [[60, [[0, 6, "OK"]]], [120, [[1, 6, "OK"]]], [180, [[2, 6, "OK"]]], [240, [[3, 6, "OK"]]]]],
    ["two by two", { payloadType: "USAGE", startInterval: 1, numIntervals: 2, frequency: 2, repeat: 2 }, [[120, [[0, 6, "OK"], [1, 6, "OK"]]], [240, [[2, 6, "OK"], [3, 6, "OK"]]]]],
    ["a forecast before it begins", { payloadType: "LOAD_SHED_DELTA_AVAILABLE", historical: false }, [[0, [[0, -5.5, "ESTIMATED"], [1, -5.5, "ESTIMATED"], [2, -5.5, "ESTIMATED"], [3, -5.5, "ESTIMATED"]]]]],
    ["a kind nobody here can report", { payloadType: "STORAGE_CHARGE_LEVEL" }, []],
  ];
  for (const [name, wish, expected] of cases) test(name, () => assert.deepEqual(told(live(asking(wish), 250)), expected));

  test("without intervals by quarter hours, as long as it is asked for", () => {
    const only = asking({ payloadType: "OPERATING_STATE", repeat: -1 }, { intervals: [], intervalPeriod: null });
    const posted = live(only, 45);
    assert.deepEqual(posted.map(([minute]) => minute), [0, 15, 30, 45]);
    assert.deepEqual(posted.at(-1)?.[1].at(-1), [0, "RUNNING_CURTAILED", "OK"]);
  });

  test("what was missed while nobody asked is told once, by the newest", () => {
    const every = asking({ payloadType: "DEMAND", startInterval: 0, numIntervals: 1, frequency: 1, repeat: -1 });
    assert.deepEqual(told(live(every, 200, { from: 130 })), [[130, [[1, "MISSING"]]], [180, [[2, 6, "ESTIMATED"]]]]);
  });
});

describe("what", () => {
  test("energy of an interval in kWh, for the event it answers", () => {
    const [first] = live(asking({ payloadType: "USAGE", aggregate: true }, { intervals: [{ id: 7, payloads: [] }], intervalPeriod: { start: iso(NOON), duration: "PT30M" } }), 31);
    assert.deepEqual(first?.[2], {
      objectType: "REPORT", programID: "p1", eventID: "e1", clientName: "ven", reportName: "USAGE of r1",
      payloadDescriptors: [{ objectType: "REPORT_PAYLOAD_DESCRIPTOR", payloadType: "USAGE", readingType: "DIRECT_READ", units: "KWH" }],
      resources: [{ resourceName: "AGGREGATED_REPORT", intervals: [{ id: 7, intervalPeriod: { start: iso(NOON), duration: "PT1800S" }, payloads: [{ type: "USAGE", values: [3] }, { type: "DATA_QUALITY", values: ["OK"] }] }] }],
    });
  });

  const half = { intervals: [{ id: 0, payloads: [] }], intervalPeriod: { start: iso(NOON), duration: "PT1H" } };
  const quality = (seen: (minute: number) => Look | null) => told(live(asking({ payloadType: "DEMAND" }, half), 61, { seen }))[0]?.[1];
  test("estimated power is an estimate", () => assert.deepEqual(quality(() => ({ ...look, measured: false })), [[0, 6, "ESTIMATED"]]));
  test("a quarter of an hour unseen is an estimate", () => assert.deepEqual(quality((minute) => (minute < 15 ? null : look)), [[0, 6, "ESTIMATED"]]));
  test("unknown for most of it is MISSING, and never zero", () => assert.deepEqual(quality((minute) => (minute < 40 ? { ...look, powerW: null } : look)), [[0, "MISSING"]]));
  test("a baseline is never measured", () => assert.deepEqual(told(live(asking({ payloadType: "BASELINE" }, half), 61))[0]?.[1], [[0, 12, "ESTIMATED"]]));
  test("marks of what was sent survive a restart", () => {
    const asked = asking({ payloadType: "DEMAND" });
    const reports = new Reports({ clientName: "ven", resourceName: "r1", u: () => 0.5 });
    const [due] = reports.due([asked], look, certain(after(245)));
    assert.ok(due);
    reports.sent(due);
    const next = new Reports({ clientName: "ven", resourceName: "r1", u: () => 0.5 });
    next.restore(JSON.parse(JSON.stringify(reports.done)) as Record<string, number>);
    assert.deepEqual(next.due([asked], look, certain(after(246))), []);
  });
});
