import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ConfigError } from "../../agent/runtime/errors.ts";
import { drivers, isDriverName } from "../../drivers/index.ts";
import { loadModel, modelIds } from "../../drivers/models.ts";

describe("the model files", () => {
  test("are found from where this runs", () => assert.ok(modelIds().includes("antminer-s19k-pro")));

  for (const id of modelIds()) {
    test(`${id}: points ascend inside the envelope, under the nameplate`, () => {
      const model = loadModel(id);
      assert.equal(model.id, id);
      let last = 0;
      for (const { frequency, voltage, power, hashrate, id: point } of model.points) {
        assert.ok(power > last && power <= model.nameplate, point);
        assert.ok(hashrate > 0 && frequency !== null && voltage !== null, point);
        assert.ok(frequency >= model.envelope.frequency.min && frequency <= model.envelope.frequency.max, point);
        assert.ok(voltage >= model.envelope.voltage.min && voltage <= model.envelope.voltage.max, point);
        assert.ok(point === String(frequency) || /^(\d+(%|W)|[a-z]+)$/.test(point), point);
        last = power;
      }
      assert.ok(model.sleepPower < (model.points[0]?.power ?? 0));
      assert.ok(model.points.some((point) => point.id === model.defaultPoint));
    });
  }

  test("an unknown one is refused with the known ones, and never opened as a path", () => {
    for (const id of ["antminer-s99", "../../package", ""]) {
      assert.throws(() => loadModel(id), (error) => error instanceof ConfigError && error.message.includes("antminer-s19k-pro"));
    }
  });
});

test("the list of drivers knows its own names only", () => {
  assert.ok(isDriverName("luxos"));
  assert.ok(!isDriverName("toString"));
  assert.ok(Object.keys(drivers).every(isDriverName));
});
