import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Facts } from "../../agent/core/assess.ts";
import { assess, tolerance } from "../../agent/core/assess.ts";
import type { Compliance } from "../../agent/core/model.ts";
import { seconds, watts } from "../../agent/core/units.ts";

/** A rack under 8 kW, 50 W tolerance, nothing settling, its floor well below. */
const facts = (low: number, high: number, over: Partial<Facts> = {}): Facts => ({
  limit: { kind: "limited", power: watts(8000) }, draw: { low: watts(low), high: watts(high) }, tolerance: watts(50), floor: watts(300),
  uptime: seconds(100), deadline: null, metered: true, ...over,
});

describe("compliance", () => {
  const none = { limit: { kind: "limited", power: watts(0) } } as const;
  const running = { deadline: seconds(100.001) };
  const rows: [string, Facts, Compliance][] = [
    ["no limit, whatever is drawn", facts(9000, 9100, { limit: { kind: "unlimited" } }), { kind: "not-limited" }],
    ["no limit and no meter", facts(0, 9100, { limit: { kind: "unlimited" }, metered: false }), { kind: "not-limited" }],
    ["below", facts(7000, 7100), { kind: "compliant", margin: watts(900) }],
    ["high end at the tolerance", facts(8000, 8050), { kind: "compliant", margin: watts(-50) }],
    ["high end above the tolerance: nobody can say", facts(8000, 8051), { kind: "unverified", low: watts(8000), high: watts(8051) }],
    ["low end at the tolerance: nobody can say", facts(8050, 8100), { kind: "unverified", low: watts(8050), high: watts(8100) }],
    ["low end above the tolerance", facts(8051, 8100), { kind: "violating", excess: watts(51) }],
    ["below while settling is compliant already", facts(7000, 7100, running), { kind: "compliant", margin: watts(900) }],
    ["above, before its deadline", facts(9000, 9100, running), { kind: "settling", excess: watts(1000), deadline: running.deadline }],
    ["above, at its deadline", facts(9000, 9100, { deadline: seconds(100) }), { kind: "violating", excess: watts(1000) }],
    ["perhaps above, before its deadline", facts(7900, 8100, running), { kind: "settling", excess: watts(100), deadline: running.deadline }],
    ["perhaps above, past it", facts(7900, 8100, { deadline: seconds(99) }), { kind: "unverified", low: watts(7900), high: watts(8100) }],
    ["no meter: never compliant", facts(7000, 7100, { metered: false }), { kind: "unverified", low: watts(7000), high: watts(7100) }],
    ["no meter, not even while settling", facts(7000, 7100, { metered: false, ...running }), { kind: "unverified", low: watts(7000), high: watts(7100) }],
    ["no meter, but what the machines say is above", facts(9000, 9100, { metered: false }), { kind: "violating", excess: watts(1000) }],
    ["0 W: at the floor", facts(290, 310, none), { kind: "at-floor", excess: watts(290) }],
    ["0 W: at the floor while settling", facts(290, 310, { ...none, ...running }), { kind: "at-floor", excess: watts(290) }],
    ["0 W: the floor plus tolerance", facts(350, 360, none), { kind: "at-floor", excess: watts(350) }],
    ["0 W: at the floor, which may be within the tolerance", facts(45, 55, { ...none, floor: watts(48) }), { kind: "at-floor", excess: watts(45) }],
    ["0 W: perhaps above the floor and its tolerance", facts(99, 101, { ...none, floor: watts(48), tolerance: watts(100) }), { kind: "at-floor", excess: watts(99) }],
    ["0 W: perhaps above the tolerance, with a floor below both", facts(99, 101, { ...none, floor: watts(0), tolerance: watts(100) }), { kind: "unverified", low: watts(99), high: watts(101) }],
    ["0 W: above the floor, settling", facts(351, 360, { ...none, ...running }), { kind: "settling", excess: watts(351), deadline: running.deadline }],
    ["0 W: above the floor", facts(351, 360, none), { kind: "violating", excess: watts(351) }],
    ["0 W: off", facts(0, 10, none), { kind: "compliant", margin: watts(-10) }],
    ["0 W is not unlimited", facts(9000, 9100, none), { kind: "violating", excess: watts(9000) }],
    ["a floor at the limit is no excuse", facts(8060, 8100, { floor: watts(8000) }), { kind: "violating", excess: watts(60) }],
    ["a floor above the limit is", facts(8060, 8100, { floor: watts(8010) }), { kind: "at-floor", excess: watts(60) }],
  ];
  for (const [name, given, expected] of rows) test(name, () => assert.deepEqual(assess(given), expected));
});

describe("tolerance: the largest of 0.5 % of the limit, meter class x power, 2 W x outlets + 10 W", () => {
  const rows: [string, number, { class: number; power: number; outlets: number }, number][] = [
    ["0.5 % of the limit", 20_000, { class: 0, power: 20_000, outlets: 0 }, 100],
    ["meter class x power", 20_000, { class: 0.01, power: 15_000, outlets: 12 }, 150],
    ["outlets", 1000, { class: 0.01, power: 1000, outlets: 12 }, 34],
    ["at 0 W there is one still", 0, { class: 0.01, power: 0, outlets: 0 }, 10],
  ];
  for (const [name, limit, meter, expected] of rows) test(name, () => assert.equal(tolerance(watts(limit), meter), expected));
});
