/** The life of an accepted document, told by what the meter shows. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decide, type Decision } from "../../agent/core/decide.ts";
import type { Emergency } from "../../agent/core/flexibility.ts";
import type { Compliance } from "../../agent/core/model.ts";
import { startState } from "../../agent/core/state.ts";
import { instant, millis, seconds, watts } from "../../agent/core/units.ts";
import { OpenDocuments, type Accepted } from "../../agent/report/acks.ts";
import { measuredW } from "../../agent/report/status.ts";
import { input, metered, snapshot } from "../core/rack.ts";
import { at, ref } from "../core/signals.ts";

const base = decide(startState(millis(0)), input(snapshot([], metered(0)))).decision;

/** What a cycle at `second` sees: the meter, and the limit it is judged by. */
function seen(second: number, power: number, limit: number, over: { readonly compliance?: Compliance; readonly quality?: Decision["quality"]; readonly setpoint?: number } = {}): Decision {
  const compliance = over.compliance ?? (power <= limit ? { kind: "compliant", margin: watts(limit - power) } : { kind: "settling", excess: watts(power - limit), deadline: seconds(second + 10) });
  return {
    ...base, state: limit === 0 ? "emergency" : "limited", uptime: seconds(second), effective: { limit: { kind: "limited", power: watts(limit) }, binding: null }, tolerance: watts(100),
    draw: { low: watts(power), high: watts(power), by: "inlet" }, quality: over.quality ?? "measured", compliance,
    setpoint: over.setpoint === undefined ? null : { source: "event", power: watts(over.setpoint), ref: ref("sp"), until: null },
  };
}
const limit = (over: Partial<NonNullable<Accepted["terms"]>> = {}, id = "e1", type = "LIMIT"): Accepted => ({
  ref: ref(id), type, terms: { begins: at(0), ends: at(600), respondWithin: null, tolerance: null, priority: null, ...over },
});

/** Steps through cycles; says `second status shortfall`. */
function live(documents: readonly Accepted[], cycles: readonly (readonly [second: number, Decision])[], emergency: Emergency | null = null): string[] {
  const before = seen(0, 20_000, 30_000);
  const open = new OpenDocuments();
  for (const document of documents) open.accepted(document, before);
  return cycles.flatMap(([second, decision]) =>
    open.outcomes(decision, { earliest: instant(at(second)), responseTime: seconds(15), emergency: () => emergency, nominal: watts(20_000) }).map(({ ref: { id }, status, shortfallW, expectedSettleAfter }) =>
      [second, documents.length > 1 ? id : null, status, shortfallW, status === "SETTLED" ? `at ${measuredW(decision)}` : null, expectedSettleAfter === null ? null : `in ${expectedSettleAfter / 1_000} s`].filter((word) => word !== null).join(" ")),
  );
}
const cycle = (second: number, ...rest: [number, number, Parameters<typeof seen>[3]?]): [number, Decision] => [second, seen(second, ...rest)];

describe("from acceptance to completion", () => {
  const violating = (excess: number): { compliance: Compliance } => ({ compliance: { kind: "violating", excess: watts(excess) } });
  const floor = (excess: number): { compliance: Compliance } => ({ compliance: { kind: "at-floor", excess: watts(excess) } });
  const rows: [string, Accepted[], [number, Decision][], string[]][] = [
    ["started, settled when the meter shows it, completed at its end", [limit()], [cycle(1, 20_000, 8_000), cycle(5, 12_000, 8_000), cycle(9, 7_900, 8_000), cycle(20, 7_900, 8_000), cycle(600, 7_900, 8_000), cycle(601, 7_900, 30_000)], ["1 STARTED", "9 SETTLED at 7900", "600 COMPLETED"]],
    ["not started before it has surely begun", [limit({ begins: at(100) })], [cycle(1, 7_000, 8_000), cycle(99, 7_000, 8_000), cycle(100, 7_000, 8_000), cycle(101, 7_000, 8_000)], ["100 STARTED", "101 SETTLED at 7000"]],
    ["not settled without a meter, whatever the machines say", [limit()], [cycle(1, 7_000, 8_000, { quality: "estimated" }), cycle(10, 7_000, 8_000, { quality: "estimated" })], ["1 STARTED"]],
    ["nothing that no meter has shown: PARTIAL after the response time", [limit()], [cycle(1, 7_000, 8_000, { quality: "estimated" }), cycle(17, 7_000, 8_000, { quality: "estimated" })], ["1 STARTED", "17 PARTIAL"]],
    ["CANNOT_COMPLY with the shortfall when nothing came of it, once", [limit()], [cycle(1, 20_000, 8_000), cycle(16, 20_000, 8_000, violating(12_000)), cycle(30, 20_000, 8_000, violating(12_000))], ["1 STARTED", "16 CANNOT_COMPLY 12000"]],
    ["PARTIAL with the shortfall when it came down in part, SETTLED if it gets there after all", [limit()], [cycle(1, 20_000, 8_000), cycle(16, 9_000, 8_000, violating(1_000)), cycle(30, 8_000, 8_000)], ["1 STARTED", "16 PARTIAL 1000", "30 SETTLED at 8000"]],
    ["at the floor it is said at once", [limit()], [cycle(1, 20_000, 0), cycle(5, 400, 0, floor(400))], ["1 STARTED", "5 PARTIAL 400"]],
    ["the document's own time to respond", [limit({ respondWithin: seconds(5) })], [cycle(1, 20_000, 8_000), cycle(6, 20_000, 8_000)], ["1 STARTED", "6 CANNOT_COMPLY 12000"]],
    ["the document's own tolerance, narrower than ours", [limit({ tolerance: watts(0) })], [cycle(1, 8_050, 8_000), cycle(5, 8_050, 8_000), cycle(6, 8_000, 8_000)], ["1 STARTED", "6 SETTLED at 8000"]],
    ["over before a meter had shown it", [limit({ ends: at(5) })], [cycle(1, 20_000, 8_000), cycle(5, 20_000, 8_000)], ["1 STARTED", "5 PARTIAL"]],
    ["a SETPOINT is met from both sides", [limit({}, "sp", "SETPOINT")], [cycle(1, 4_000, 30_000, { setpoint: 9_000 }), cycle(5, 4_000, 30_000, { setpoint: 9_000 }), cycle(9, 8_950, 30_000, { setpoint: 9_000 })], ["1 STARTED", "9 SETTLED at 8950"]],
    ["an EMERGENCY has no end", [{ ref: ref("stop"), type: "EMERGENCY", terms: null }], [cycle(1, 20_000, 0), cycle(9, 80, 0), cycle(1e6, 80, 0)], ["1 STARTED", "9 SETTLED at 80"]],
    ["an EMERGENCY that was released is completed", [{ ref: ref("stop"), type: "EMERGENCY", terms: null }], [cycle(1, 20_000, 0), cycle(9, 80, 0), cycle(100, 80, 30_000), cycle(101, 80, 30_000)], ["1 STARTED", "9 SETTLED at 80", "100 COMPLETED"]],
    ["one that was released before a meter had shown it never settles", [{ ref: ref("stop"), type: "EMERGENCY", terms: null }], [cycle(1, 20_000, 0), cycle(9, 19_000, 30_000), cycle(20, 5_000, 30_000)], ["1 STARTED", "9 PARTIAL"]],
    ["KEYS and RELEASE ask nothing of the rack", [{ ref: ref("keys"), type: "KEYS", terms: null }], [cycle(1, 20_000, 30_000), cycle(9, 20_000, 30_000)], []],
    ["by priority, the smaller first", [limit({ priority: 5 }, "late"), limit({ priority: 1 }, "early"), limit({}, "last")], [cycle(1, 20_000, 8_000)], ["1 early STARTED", "1 late STARTED", "1 last STARTED"]],
  ];
  for (const [name, documents, cycles, expected] of rows) test(name, () => assert.deepEqual(live(documents, cycles), expected));

  describe("an EMERGENCY that takes longer than it should is said to at once", () => {
    const stop: Accepted = { ref: ref("stop"), type: "EMERGENCY", terms: null };
    const cycles = [cycle(1, 20_000, 0), cycle(16, 9_000, 0, violating(9_000)), cycle(80, 80, 0)];
    test("with the time it takes, and SETTLED when it is there", () => assert.deepEqual(live([stop], cycles, { within: seconds(70), after30s: watts(9_000) }), ["1 STARTED", "1 CANNOT_COMPLY 8000 in 70 s", "80 SETTLED at 80"]));
    test("not where a twentieth of nominal power is left after 30 s", () => assert.deepEqual(live([stop], cycles, { within: seconds(25), after30s: watts(1_000) }), ["1 STARTED", "16 PARTIAL 9000", "80 SETTLED at 80"]));
  });

  test("an allocation that begins supersedes the one before it on its topic", () => {
    const topic = "allocation";
    const [one, two] = [limit({}, "one", "ALLOCATION"), limit({ begins: at(100) }, "two", "ALLOCATION")].map((document) => ({ ...document, ref: { ...document.ref, topic } }));
    assert.ok(one && two);
    assert.deepEqual(live([one, two], [cycle(1, 7_000, 8_000), cycle(3, 7_000, 8_000), cycle(100, 7_000, 8_000)]), ["1 one STARTED", "3 one SETTLED at 7000", "100 one SUPERSEDED", "100 two STARTED"]);
  });

  test("a site's event and the rack's of the same name are two", () => {
    const of = (topic: string, ends: number): Accepted => ({ ...limit({ ends: at(ends) }, "peak"), ref: { ...ref("peak"), topic } });
    const open = new OpenDocuments();
    for (const document of [of("site", 600), of("rack", 20)]) open.accepted(document, null);
    const said = (second: number): string[] => open.outcomes(seen(second, 7_000, 8_000), { earliest: instant(at(second)), responseTime: seconds(15), emergency: () => null, nominal: watts(20_000) }).map(({ ref: { topic }, status }) => `${topic} ${status}`);
    assert.deepEqual(said(1), ["site STARTED", "rack STARTED"]);
    assert.deepEqual(said(3), ["site SETTLED", "rack SETTLED"]);
    open.ended({ ...ref("peak"), topic: "other" });
    assert.deepEqual(said(20), ["rack COMPLETED"]);
    assert.deepEqual(said(600), ["site COMPLETED"]);
  });

  test("a hundred are followed, not more", () => {
    const many = Array.from({ length: 150 }, (_, index) => limit({}, `e${index}`));
    assert.equal(live(many, [cycle(1, 20_000, 8_000)]).length, 100);
  });
});
