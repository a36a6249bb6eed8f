import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { alike } from "../../drivers/alike.ts";
import { drivers } from "../../drivers/index.ts";
import { luxos } from "../../drivers/luxos/driver.ts";
import { loadModel } from "../../drivers/models.ts";
import { scriptedLuxos } from "./scripted-luxos.ts";

const never = new AbortController().signal;
const address = { host: "127.0.0.1", port: 1 };

describe("machines of a kind", () => {
  for (const [name, make] of Object.entries(drivers)) {
    test(`${name}: share one object of capabilities, and other models have another`, async () => {
      const capabilities = async (id: string, model: string) => (await make({ id, address, model: loadModel(model) })).capabilities;
      assert.equal(await capabilities("a", "antminer-s21"), await capabilities("b", "antminer-s21"));
      assert.notEqual(await capabilities("a", "antminer-s21"), await capabilities("b", "antminer-s19-xp"));
    });
  }

  test("share it still when each has told its own limits and profiles", async () => {
    await using script = await scriptedLuxos();
    const devices = ["a", "b"].map((id) => luxos({ id, address: script.miner.address, model: loadModel("antminer-s19k-pro") }));
    for (const device of devices) await device.read(never);
    assert.equal(devices[0]?.capabilities, devices[1]?.capabilities);
  });

  test("a rack of machines that all differ is not remembered for ever", () => {
    const first = [{ power: -1 }];
    assert.equal(alike(first), first);
    for (let power = 0; power < 600; power++) alike([{ power }]);
    const again = [{ power: -1 }];
    assert.equal(alike(again), again);
  });
});
