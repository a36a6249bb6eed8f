/** Durations, times, and when intervals are. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instant } from "../../agent/core/units.ts";
import { BEGINNING, endOf, FOREVER, readLength, readTime } from "../../agent/signal/openadr/duration.ts";
import { spansOf } from "../../agent/signal/openadr/spans.ts";
import { after, certain, event, iso, limitOf, NOON, read } from "./events.ts";

describe("ISO 8601", () => {
  const lengths: [string, ReturnType<typeof readLength>][] = [
    ["PT1H", { months: 0, ms: 3_600_000 }], ["PT0S", { months: 0, ms: 0 }], ["P1DT2H3M4.5S", { months: 0, ms: 93_784_500 }], ["P2W", { months: 0, ms: 1_209_600_000 }],
    ["P1Y2M", { months: 14, ms: 0 }], ["P9999Y", FOREVER], ["P", null], ["PT", null], ["P1DT", null], ["-PT1H", null], ["1H", null], ["PT1.5H", null], ["", null], ["P99999999D", null],
  ];
  for (const [text, length] of lengths) test(text || "nothing", () => assert.deepEqual(readLength(text), length));

  test("a month is a month of the calendar", () => {
    assert.equal(endOf(instant(Date.UTC(2026, 0, 31)), { months: 1, ms: 0 }), Date.UTC(2026, 1, 28));
    assert.equal(endOf(instant(Date.UTC(2026, 0, 31)), { months: 2, ms: 1_000 }), Date.UTC(2026, 2, 31, 0, 0, 1));
  });

  const times: [string, ReturnType<typeof readTime>][] = [
    ["2026-06-01T12:00:00Z", NOON], ["2026-06-01T14:00:00.000+02:00", NOON], ["0001-01-01", BEGINNING], ["0001-01-01T00:00:00Z", BEGINNING],
    ["2026-06-01T12:00:00", null], ["2026-06-01", null], ["noon", null], ["2026-13-01T00:00:00Z", null],
  ];
  for (const [text, at] of times) test(text, () => assert.equal(readTime(text), at));
});

describe("intervals", () => {
  const two = [{ id: 0, payloads: [limitOf(8)] }, { id: 1, payloads: [limitOf(4)] }];
  const minutes = (over: Readonly<Record<string, unknown>>, { at = 0, u = 0.5 } = {}) =>
    spansOf(read(event({ intervals: two, ...over })), certain(after(at)), () => u).map(({ of, span }) => [of, ...[span.start, span.end].map((end) => (end === null ? null : (end - NOON) / 60_000))]);

  const cases: [string, Readonly<Record<string, unknown>>, unknown, { at?: number; u?: number }?][] = [
    ["follow one another", {}, [[0, 0, 60], [1, 60, 120]]],
    ["with lengths of their own", { intervals: [{ ...two[0], intervalPeriod: { duration: "PT30M" } }, two[1]] }, [[0, 0, 30], [1, 30, 90]]],
    ["with starts of their own", { intervals: [two[0], { ...two[1], intervalPeriod: { start: iso(after(120)) } }] }, [[0, 0, 60], [1, 120, 180]]],
    ["a start of 0001 means right after", { intervals: [two[0], { ...two[1], intervalPeriod: { start: "0001-01-01", duration: "PT5M" } }] }, [[0, 0, 60], [1, 60, 65]]],
    ["without a length they are open, and nothing follows", { intervalPeriod: { start: iso(NOON) } }, [[0, 0, null]]],
    ["P9999Y is open", { intervalPeriod: { start: iso(NOON), duration: "P9999Y" } }, [[0, 0, null]]],
    ["do it now, without end", { intervalPeriod: { start: "0001-01-01", duration: "P9999Y" } }, [[0, -60, null]]],
    ["do it now, for an hour, counts from when it was written", { intervalPeriod: { start: "0001-01-01T00:00:00", duration: "PT1H" } }, [[0, -60, 0], [1, 0, 60]]],
    ["nobody knows when: begun, and open", { intervalPeriod: { duration: "PT1H" }, createdDateTime: null, modificationDateTime: null }, [[0, null, null]]],
    ["cancelled by the user guide's minimal values", { intervalPeriod: { start: "0001-01-01", duration: "PT0S" } }, []],
    ["repeated for a day", { duration: "P1D" }, [[0, 0, 60], [1, 60, 120], [0, 120, 180], [1, 180, 240], [0, 240, 300], [1, 300, 360]]],
    ["repeated for ever, looked at a year later", { duration: "P9999Y" }, [[0, 525_360, 525_420], [1, 525_420, 525_480], [0, 525_480, 525_540], [1, 525_540, 525_600], [0, 525_600, 525_660], [1, 525_660, 525_720], [0, 525_720, 525_780], [1, 525_780, 525_840], [0, 525_840, 525_900], [1, 525_900, 525_960]], { at: 525_600 }],
    ["cut short", { duration: "PT90M" }, [[0, 0, 60], [1, 60, 90]]],
    ["cut before the second", { duration: "PT30M" }, [[0, 0, 30]]],
    ["shifted together to the earliest", { intervalPeriod: { start: iso(NOON), duration: "PT1H", randomizeStart: "PT10M" } }, [[0, -10, 50], [1, 50, 110]], { u: 0 }],
    ["shifted together to the latest", { intervalPeriod: { start: iso(NOON), duration: "PT1H", randomizeStart: "PT10M" } }, [[0, 9.98, 69.98], [1, 69.98, 129.98]], { u: 0.999 }],
    ["an absolute start is shifted like the first", { intervalPeriod: { start: iso(NOON), duration: "PT1H", randomizeStart: "PT10M" }, intervals: [two[0], { ...two[1], intervalPeriod: { start: iso(after(120)) } }] }, [[0, -10, 50], [1, 110, 170]], { u: 0 }],
  ];
  for (const [name, over, spans, at] of cases) test(name, () => assert.deepEqual(minutes(over, at), spans));

  test("without an upper bound of now, any repetition may be running", () => {
    const vague = { ...certain(NOON), latest: null };
    assert.deepEqual(spansOf(read(event({ intervals: two, duration: "P9999Y" })), vague, () => 0.5).map(({ span }) => span), [{ start: null, end: null }, { start: null, end: null }]);
  });
});
