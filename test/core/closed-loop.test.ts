/**
 * The limit is what the meter keeps: over real lags and settle times, and what core assumes of them, right and wrong.
 * Judged by the true power: the way down is forgiven once, being over a second time is not.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { LoopWords } from "./loop-rack.ts";
import { liveThrough } from "./loop-rack.ts";

const LAGS = [0, 2, 5, 10] as const;
const SETTLES = [2, 20, 60] as const;
const ASSUMED = [0.5, 1, 2] as const;
/** Parts of the full rack, down and up, far and near. */
const LIMITS = [1.1, 0.6, 0.9, 0.3, 0.7, 0.05, 0.8] as const;
const MOST_CHANGES = 10;

const lives = [true, false].flatMap((outlets) => ASSUMED.flatMap((assumed) => SETTLES.flatMap((settle) => LAGS.map((lag): LoopWords => ({ outlets, assumed, settle, lag })))));

const lived = lives.map((words) => ({ words, stages: liveThrough(words, LIMITS) }));

describe("true lag x settle x what is assumed of them", () => {
  for (const { words, stages } of lived) {
    const { outlets, assumed, settle, lag } = words;
    test(`${outlets ? "outlets" : "inlet only"}: ${settle} s to settle, meter ${lag} s late, assumed ${assumed} of it`, () => {
      for (const { limitW, again, seconds, changes } of stages) {
        const [most, share] = assumed >= 1 ? [0, 0] : [60, 0.05];
        assert.ok(again <= most && again <= share * seconds, `under ${limitW} W: over it again for ${again} s of ${seconds} s`);
        assert.ok(changes <= MOST_CHANGES, `under ${limitW} W: one machine got ${changes} orders`);
      }
    });
  }
  test("it is the limit that is kept, not zero: what settles is used", () => {
    const used = lived.flatMap(({ stages }) => stages.filter(({ limitW }) => limitW > 6000).map(({ limitW, settledW }) => settledW / Math.min(limitW, 24_260)));
    assert.ok(Math.min(...used) > 0.93, `${Math.min(...used)}`);
  });
});
