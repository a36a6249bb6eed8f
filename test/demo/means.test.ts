import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { meansOf, meansTable, type Kind } from "../../scripts/demo/means.ts";
import { drivers } from "../../drivers/index.ts";
import { tellMixedStory } from "../../scripts/demo/mixed.ts";
import { parseOptions } from "../../scripts/demo/options.ts";
import type { Look } from "../../scripts/demo/watch.ts";
import { scene } from "./scene.ts";

const KINDS: readonly Kind[] = [{ id: "asic-01", driver: "luxos", model: "S19k Pro" }, { id: "asic-02", driver: "antminer", model: "S19" }];

/** A look a second; the first machine comes down in 5 s by a point, the second stays. */
function looks(): Look[] {
  const [template] = scene({ asics: 2 }).looks;
  assert.ok(template);
  return [0, 1, 2, 3, 4, 5, 6, 7].map((second): Look => ({
    ...template,
    atS: 10 + second,
    devices: template.devices.map((device, index) => ({ ...device, setpoint: index === 0 && second > 0 ? "point 340" : "point 590" })),
    asicsW: new Map([["asic-01", Math.max(1_400, 2_800 - 280 * second)], ["asic-02", 3_250 + second]]),
  }));
}

describe("by which means machines came down", () => {
  test("what each was told, how far it went, and when it was there", () => {
    assert.deepEqual(meansOf(KINDS, looks(), 10), [
      { id: "asic-01", driver: "luxos", model: "S19k Pro", told: ["point 340"], fromW: 2_800, toW: 1_400, tookS: 5 },
      { id: "asic-02", driver: "antminer", model: "S19", told: [], fromW: 3_250, toW: 3_257, tookS: null },
    ]);
  });

  test("as a table", () => {
    const lines = meansTable(meansOf(KINDS, looks(), 10)).split("\n");
    assert.match(lines[1] ?? "", /^asic-01 +luxos +S19k Pro +point 340 +2\.80 kW +1\.40 kW +5\.0 s$/);
    assert.match(lines[2] ?? "", /left as it was .* -$/);
  });

  test("of nothing seen is nothing", () => assert.equal(meansOf(KINDS, [], 0)[0]?.tookS, null));
});

test("--zoo is the mixed story with one machine of every family", () => {
  const { mixed, zoo, limit, asics } = parseOptions(["--zoo"]);
  assert.deepEqual([mixed, zoo, limit, asics], [true, true, 0.5, Object.keys(drivers).length]);
});

test("--mixed has a story and a limit of its own", () => {
  const { mixed, limit } = parseOptions(["--mixed"]);
  assert.deepEqual([mixed, limit], [true, 0.5]);
  assert.equal(parseOptions([]).limit, 0.6);
  assert.deepEqual(tellMixedStory(limit).steps.map(({ name }) => name), ["full", "drop-50", "settled-50"]);
});
