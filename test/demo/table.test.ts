import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Verdict } from "../../scripts/demo/judge.ts";
import { Lines } from "../../scripts/demo/lines.ts";
import { table } from "../../scripts/demo/table.ts";
import { tellStory } from "../../scripts/demo/story.ts";
import { scene } from "./scene.ts";

const good: Verdict = { name: "drop-60", limitW: 22_469, meteredW: 22_050, truthW: 22_040, secondsToComply: 5.4, shareUsedPct: 98.1, ok: true, why: null };
const bad: Verdict = { name: "emergency", limitW: 0, meteredW: null, truthW: 9_000, secondsToComply: null, shareUsedPct: null, ok: false, why: "the power does not stay under the limit" };

test("the table has a line a step and says why one failed", () => {
  assert.deepEqual(table([good, bad]).split("\n"), [
    "step         limit  metered     true  complied  share used",
    "drop-60    22.5 kW  22.1 kW  22.0 kW     5.4 s      98.1 %  pass",
    "emergency      0 W  unknown  9.00 kW     never           -  FAIL",
    "",
    "emergency: the power does not stay under the limit",
  ]);
});

describe("the lines", () => {
  const told = (...looks: Parameters<Lines["look"]>[0][]): string[] => {
    const written: string[] = [];
    const lines = new Lines((line) => written.push(line), () => 12.34);
    for (const look of looks) lines.look(look);
    return written;
  };
  const [look] = scene({ look: { limitW: 22_469, meteredW: 22_050, truthW: 22_040 } }).looks;
  assert.ok(look);

  test("one a change, none for the same again", () => {
    assert.deepEqual(told(look, look), [` 12.3 s    ${"unrestricted, complies".padEnd(48)}  limit 22.5 kW  metered 22.1 kW  true 22.0 kW  1.23 PH/s`]);
    assert.equal(told(look, { ...look, meteredW: 22_000 }).length, 1);
    assert.match(told(look, { ...look, state: "limited", limitW: 11_000 })[1] ?? "", /limited, complies; the limit changes/);
  });

  test("an ASIC that falls silent is named, and when it answers again", () => {
    const devices = look.devices.map((device, index) => (index === 3 ? { ...device, unknownReason: "timeout" as const } : device));
    const written = told(look, { ...look, devices }, look);
    assert.match(written[1] ?? "", /asic-04 does not answer/);
    assert.match(written[2] ?? "", /asic-04 answers again/);
  });

  test("nothing is said before the daemon answers", () => {
    assert.deepEqual(told({ ...look, state: null, compliance: null, devices: [] }), []);
  });

  test("a step begins with its name and what happens", () => {
    const written: string[] = [];
    const [step] = tellStory({ limitPart: 0.6, durationS: 75 }).steps;
    assert.ok(step);
    new Lines((line) => written.push(line), () => 0).begin(step);
    assert.deepEqual(written, ["  0.0 s  > full: the daemon starts under a full allocation"]);
  });
});
