import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { allowedW, judge, type Rack, type Sample } from "../../scripts/demo/judge.ts";
import { tellStory, type Step } from "../../scripts/demo/story.ts";

const rack: Rack = { nominalW: 10_000, breakerW: 12_000, outlets: 12 };
const { steps } = tellStory({ limitPart: 0.6, durationS: 75 });

function step(name: string): Step {
  const found = steps.find((candidate) => candidate.name === name);
  assert.ok(found);
  return found;
}

/** A sample a second from second 100 on, when the signal goes out. */
function verdictOf(name: string, powers: readonly number[], news: Partial<Sample> = {}) {
  const { state } = step(name);
  const samples = powers.map((power, index): Sample => ({ atS: 100 + index, limitW: null, meteredW: power, truthW: power, state, ...news }));
  return judge(step(name), rack, { samples, signalS: 100 });
}

describe("a drop", () => {
  test("is complied with from the first moment after which it stays under the limit", () => {
    const verdict = verdictOf("drop-60", [10_000, 5_900, 6_500, 5_900, 5_900, 5_900]);
    assert.deepEqual(verdict, { name: "drop-60", limitW: 6_000, meteredW: 5_900, truthW: 5_900, secondsToComply: 3, shareUsedPct: 98.3, ok: true, why: null });
  });

  test("one excess at the end and it is not complied with", () => {
    const verdict = verdictOf("drop-60", [5_900, 5_900, 5_900, 6_500]);
    assert.equal(verdict.secondsToComply, null);
    assert.equal(verdict.ok, false);
    assert.match(verdict.why ?? "", /does not stay under the limit/);
  });

  test("the truth counts as much as the meter", () => {
    assert.equal(verdictOf("drop-60", [5_900, 5_900, 5_900], { truthW: 6_200 }).ok, false);
    assert.equal(verdictOf("drop-60", [5_900, 5_900, 5_900], { meteredW: null }).ok, false);
  });

  test("the tolerance is GLA/1's", () => {
    assert.equal(allowedW(step("drop-60"), rack), 6_000 + 34);
    assert.equal(allowedW(step("drop-60"), { ...rack, nominalW: 100_000, breakerW: 120_000 }), 60_000 + 300);
    assert.equal(verdictOf("drop-60", [6_030, 6_030, 6_030]).ok, true);
    assert.equal(verdictOf("drop-60", [6_040, 6_040, 6_040]).ok, false);
  });

  test("later than the response time is a failure", () => {
    const late = [...Array.from({ length: 17 }, () => 9_000), 5_900, 5_900, 5_900];
    const verdict = verdictOf("drop-60", late);
    assert.equal(verdict.secondsToComply, 17);
    assert.match(verdict.why ?? "", /longer than 15 s/);
  });

  test("less than 97 % of the limit used at the end is a failure, where it is asked for", () => {
    assert.match(verdictOf("drop-60", [5_700, 5_700, 5_700]).why ?? "", /less than 97 %/);
    const silent = verdictOf("asic-silent", [2_000, 2_000, 2_000]);
    assert.equal(silent.ok, true);
    assert.equal(silent.shareUsedPct, null);
  });

  test("an emergency may leave 5 % of nominal power", () => {
    assert.equal(verdictOf("emergency", [9_000, 490, 490, 490]).ok, true);
    assert.equal(verdictOf("emergency", [9_000, 510, 510, 510]).ok, false);
  });

  test("the daemon has to say what it does", () => {
    assert.match(verdictOf("heartbeat-lost", [1_900, 1_900, 1_900], { state: "limited" }).why ?? "", /limited, not failsafe/);
    assert.match(verdictOf("drop-60", [5_900, 5_900, 5_900], { state: null }).why ?? "", /silent, not limited/);
  });
});

describe("a raise", () => {
  test("is done when 97 % are reached", () => {
    const verdict = verdictOf("released", [300, 1_500, 2_915, 2_950, 2_950, 2_950]);
    assert.equal(verdict.secondsToComply, 2);
    assert.equal(verdict.shareUsedPct, 98.3);
    assert.equal(verdict.ok, true);
  });

  test("what it had before it fell does not count", () => {
    assert.equal(verdictOf("full", [10_000, 2_000, 8_000, 9_800, 9_800, 9_800]).secondsToComply, 3);
    assert.equal(verdictOf("full", [10_000, 2_000, 8_000]).secondsToComply, null);
  });

  test("on the way no sample may be over the limit", () => {
    assert.match(verdictOf("released", [300, 3_100, 2_950, 2_950, 2_950]).why ?? "", /rose over the limit, to 3100 W/);
  });

  test("a rack nobody has taken over yet may begin above it", () => {
    assert.equal(verdictOf("full", [10_200, 2_000, 9_800, 9_800, 9_800]).ok, true);
    assert.equal(verdictOf("full", [2_000, 10_200, 9_800, 9_800, 9_800]).ok, false);
  });

  test("a lifted limit leaves the breaker, and nominal power to be reached", () => {
    const verdict = verdictOf("lifted", [3_000, 9_000, 11_000, 11_000, 11_000]);
    assert.equal(verdict.limitW, 12_000);
    assert.equal(verdict.shareUsedPct, null);
    assert.equal(verdict.ok, true);
    assert.equal(verdictOf("lifted", [3_000, 9_000, 9_600, 9_600, 9_600]).ok, false);
  });
});

test("nothing seen is nothing done", () => {
  for (const one of steps) {
    const verdict = judge(one, rack, { samples: [], signalS: 0 });
    assert.equal(verdict.ok, false);
    assert.equal(verdict.secondsToComply, null);
    assert.equal(verdict.meteredW, null);
  }
});
