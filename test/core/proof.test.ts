/** A proof test leads the rack down and back, under limits of its own, and measures what happens. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { beginProof, endProof, limitOf, nextProof, type Course, type Proof } from "../../agent/core/proof.ts";
import { factorOf, withProven } from "../../agent/core/proven.ts";
import { seconds, watts } from "../../agent/core/units.ts";
import { MINER, sleeper, tunable } from "./rack.ts";
import { Timeline } from "./timeline.ts";

const course = (over: Partial<Course> = {}): Course => ({ kind: "prove", limits: [watts(10_000), watts(4000), watts(0)], hold: seconds(0), ...over });

/** Lives until the test has ended, or for so many seconds. */
function lived(rack: Timeline, begun: Proof, most: number): Proof {
  let proof = begun;
  const last = rack.second + most;
  while (rack.second < last && (proof.state === "running" || proof.state === "restoring")) {
    rack.local(limitOf(proof)).at(rack.second + 1);
    proof = nextProof(proof, rack.now);
  }
  rack.local(limitOf(proof));
  return proof;
}
const four = () => new Timeline({ factors: [1, 0.97, 1.03, 1.06], lag: 2 }).signal(null).at(60);

describe("a proof test", () => {
  const rack = four();
  const before = rack.power;
  const proof = lived(rack, beginProof(course(), rack.now), 3000);
  test("comes to its end, every limit kept", () => {
    assert.equal(proof.state, "done");
    assert.deepEqual(proof.steps.map(({ limit, again }) => [limit, again]), [[10_000, 0], [4000, 0], [0, 0]]);
    assert.ok(proof.steps.every(({ within, settled }) => within !== null && within <= 20_000 && settled !== null && settled >= within));
  });
  test("everything is as it was", () => {
    assert.ok(proof.restored !== null && rack.power >= 0.97 * before);
    assert.equal(limitOf(proof), null);
  });
  test("every machine's sleep and wake are measured", () => {
    assert.equal(proof.machines.size, 4);
    for (const { ways } of proof.machines.values()) assert.ok((ways.sleep?.took ?? 0) > 0 && (ways.wake?.took ?? 0) > 0 && (ways.wake?.assumed ?? 0) >= 10_000);
  });
  test("what the meter shows beyond the machines' words", () => assert.ok(proof.steps.every(({ offset }) => offset !== null && Math.abs(offset) < 50)));
});

describe("a drill", () => {
  test("holds its limit for as long as was asked", () => {
    const rack = four();
    const proof = lived(rack, beginProof(course({ kind: "drill", limits: [watts(8000)], hold: seconds(60) }), rack.now), 600);
    assert.equal(proof.state, "done");
    assert.ok((proof.steps[0]?.highest ?? Infinity) <= 8080 && (proof.steps[0]?.within ?? Infinity) <= 15_000);
  });
  test("interrupted, its limit is gone at once", () => {
    const rack = four();
    const proof = endProof(lived(rack, beginProof(course(), rack.now), 20), "stopped by ada");
    assert.deepEqual([proof.state, proof.why, limitOf(proof)], ["stopped", "stopped by ada", null]);
    rack.local(null).at(rack.second + 200).expectDraw(">=", 15_500);
  });
});

describe("what was measured takes the place of what was assumed", () => {
  test("a tenth is kept", () => assert.ok(Math.abs(factorOf(20_000, 10_000) - 2.2) < 1e-9));
  test("and no machine is instantaneous, nor for ever", () => assert.deepEqual([factorOf(1, 10_000), factorOf(1e9, 1000), factorOf(5000, 0)], [0.2, 20, 1]));
  test("by its way", () => {
    const [points, sleep] = withProven(MINER, { factors: { down: 2, wake: 0.5 }, sleepPower: watts(31) });
    const [plain, rest] = [tunable(), sleeper()];
    assert.ok(points?.kind === "points" && plain.kind === "points" && sleep?.kind === "sleep" && rest.kind === "sleep");
    assert.deepEqual([points.down.fixed, points.up.fixed], [2 * plain.down.fixed, plain.up.fixed]);
    assert.deepEqual([sleep.up.fixed, sleep.up.perMegahertz, sleep.down.fixed, sleep.sleepPower], [rest.up.fixed / 2, rest.up.perMegahertz / 2, rest.down.fixed, 31]);
  });
});
