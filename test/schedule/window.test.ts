/** Planned windows as levels, on walls of several zones and across the nights when clocks change. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { instant, millis, watts, type Instant } from "../../agent/core/units.ts";
import { occurrences, running, stated, upcoming, type Window } from "../../agent/schedule/window.ts";
import { offsetsOf } from "../../agent/schedule/zone.ts";

const at = (text: string): Instant => instant(Date.parse(text));
const clock = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
const every = new Set([0, 1, 2, 3, 4, 5, 6]);

function window(from: string, to: string, over: { readonly zone?: string; readonly days?: readonly number[] } = {}): Window {
  const zone = over.zone ?? "Europe/Berlin";
  return { name: "w", from: clock(from), to: clock(to), zone, offsetAt: offsetsOf(zone), days: over.days === undefined ? every : new Set(over.days), limit: watts(4_000) };
}
const spans = (of: Window, from: string, to: string): string[] =>
  occurrences(of, at(from), at(to)).map(({ start, end }) => `${new Date(start).toISOString().slice(0, 16)}/${new Date(end).toISOString().slice(0, 16)}`);

describe("occurrences", () => {
  const rows: [string, Window, string, string, string[]][] = [
    ["an evening in winter", window("17:00", "21:00"), "2026-11-23T00:00Z", "2026-11-23T23:00Z", ["2026-11-23T16:00/2026-11-23T20:00"]],
    ["the same evening in summer", window("17:00", "21:00"), "2026-07-20T00:00Z", "2026-07-20T21:00Z", ["2026-07-20T15:00/2026-07-20T19:00"]],
    ["over midnight it ends on the next day", window("22:00", "06:00"), "2026-11-23T12:00Z", "2026-11-24T12:00Z", ["2026-11-23T21:00/2026-11-24T05:00"]],
    ["begun yesterday and still running", window("22:00", "06:00"), "2026-11-24T03:00Z", "2026-11-24T04:00Z", ["2026-11-23T21:00/2026-11-24T05:00"]],
    ["from a time to the same time is a whole day", window("06:00", "06:00", { zone: "UTC" }), "2026-11-23T05:00Z", "2026-11-23T07:00Z", ["2026-11-22T06:00/2026-11-23T06:00", "2026-11-23T06:00/2026-11-24T06:00"]],
    ["until 24:00", window("20:00", "24:00", { zone: "UTC" }), "2026-11-23T12:00Z", "2026-11-23T23:00Z", ["2026-11-23T20:00/2026-11-24T00:00"]],
    ["only on its weekdays", window("08:00", "09:00", { zone: "UTC", days: [1] }), "2026-11-22T00:00Z", "2026-11-30T00:00Z", ["2026-11-23T08:00/2026-11-23T09:00"]],
    ["the weekday is the wall's, not UTC's", window("00:30", "01:30", { zone: "Asia/Tokyo", days: [1] }), "2026-11-22T00:00Z", "2026-11-23T12:00Z", ["2026-11-22T15:30/2026-11-22T16:30"]],
    ["half an hour beside the others", window("17:00", "18:00", { zone: "Asia/Kolkata" }), "2026-11-23T00:00Z", "2026-11-23T18:00Z", ["2026-11-23T11:30/2026-11-23T12:30"]],
    ["spring: a beginning the wall never shows is the moment of the jump", window("02:30", "04:00"), "2026-03-29T00:00Z", "2026-03-29T12:00Z", ["2026-03-29T01:00/2026-03-29T02:00"]],
    ["spring: an end the wall never shows is the moment of the jump", window("01:00", "02:30"), "2026-03-28T12:00Z", "2026-03-29T12:00Z", ["2026-03-29T00:00/2026-03-29T01:00"]],
    ["spring: a night is an hour shorter", window("22:00", "06:00"), "2026-03-28T12:00Z", "2026-03-29T12:00Z", ["2026-03-28T21:00/2026-03-29T04:00"]],
    ["autumn: a night is an hour longer", window("22:00", "06:00"), "2026-10-24T12:00Z", "2026-10-25T12:00Z", ["2026-10-24T20:00/2026-10-25T05:00"]],
    ["autumn: from the first time the wall shows it to the last", window("02:15", "02:45"), "2026-10-24T20:00Z", "2026-10-25T12:00Z", ["2026-10-25T00:15/2026-10-25T01:45"]],
    ["the southern half-hour change", window("01:45", "02:15", { zone: "Australia/Lord_Howe" }), "2026-04-04T00:00Z", "2026-04-05T00:00Z", ["2026-04-04T14:45/2026-04-04T15:45"]],
  ];
  for (const [what, of, from, to, expected] of rows) test(what, () => assert.deepEqual(spans(of, from, to), expected));

  test("CSIP-AUS ALL-21: whatever the zone and the day, it is running exactly when the wall says so, but in the hours of a change", () => {
    const zones = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Almaty", "Australia/Sydney", "Asia/Kolkata", "America/St_Johns"];
    const moments = fc.record({ zone: fc.constantFrom(...zones), day: fc.integer({ min: 0, max: 1_460 }), second: fc.integer({ min: 0, max: 86_399 }), from: fc.integer({ min: 0, max: 1_439 }), to: fc.integer({ min: 0, max: 1_440 }) });
    fc.assert(fc.property(moments, ({ zone, day, second, from, to }) => {
      const offsetAt = offsetsOf(zone);
      const now = instant(Date.UTC(2024, 0, 1) + day * 86_400_000 + second * 1_000);
      const steady = offsetAt(instant(now - 2 * 86_400_000)) === offsetAt(instant(now + 2 * 86_400_000));
      fc.pre(steady);
      const minutes = (((now + offsetAt(now)) / 60_000) % 1_440 + 1_440) % 1_440;
      const inside = to > from ? minutes >= from && minutes < to : minutes >= from || minutes < to;
      const of: Window = { ...window("00:00", "00:00", { zone }), from, to };
      assert.equal(running([of], { uptime: millis(0), earliest: now, latest: now }).length > 0, inside);
    }), { numRuns: 400 });
  });
});

describe("now is an interval", () => {
  const peak = window("17:00", "21:00", { zone: "UTC" });
  const until = (earliest: string, latest: string | null): (number | null)[] => running([peak], { uptime: millis(0), earliest: at(earliest), latest: latest === null ? null : at(latest) }).map((one) => one.until);

  test("it holds from the first moment it may have begun", () => assert.deepEqual(until("2026-11-23T16:59:56Z", "2026-11-23T17:00:00Z"), [at("2026-11-23T21:00:00Z")]));
  test("and not before", () => assert.deepEqual(until("2026-11-23T16:59:55Z", "2026-11-23T16:59:59.999Z"), []));
  test("until it has surely ended", () => {
    assert.equal(until("2026-11-23T20:59:59Z", "2026-11-23T21:00:03Z").length, 1);
    assert.deepEqual(until("2026-11-23T21:00:00Z", "2026-11-23T21:00:04Z"), []);
  });
  test("without an upper bound of time every window may be running, and nobody can say until when", () => assert.deepEqual(until("1970-01-01T00:00:00Z", null), [null]));
  test("it is a limit with a source of its own", () => {
    const [one] = stated(running([peak], { uptime: millis(0), earliest: at("2026-11-23T18:00:00Z"), latest: at("2026-11-23T18:00:04Z") }));
    assert.deepEqual(one, { source: "schedule", power: 4_000, ref: null, until: at("2026-11-23T21:00:00Z") });
  });
});

test("the next windows of all come in the order of their beginning", () => {
  const plan = upcoming([window("17:00", "21:00", { zone: "UTC" }), window("06:00", "08:00", { zone: "UTC", days: [2] })], at("2026-11-23T18:00Z"), 3);
  assert.deepEqual(plan.map(({ start }) => new Date(start).toISOString().slice(0, 16)), ["2026-11-23T17:00", "2026-11-24T06:00", "2026-11-24T17:00"]);
});

test("a zone that the tz database does not have is refused", () => assert.throws(() => offsetsOf("Mars/Olympus"), RangeError));
