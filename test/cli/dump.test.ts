import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { join } from "node:path";
import { writeRigFiles } from "../../agent/cli/sim-files.ts";
import { withoutSecrets, withoutTokens } from "../../agent/cli/recording.ts";
import type { Telemetry } from "../../agent/core/model.ts";
import { drivers, type DriverName } from "../../drivers/index.ts";
import { loadModel } from "../../drivers/models.ts";
import { startReplay, type Dump } from "../../drivers/sim/replay.ts";
import { startRig } from "../../drivers/sim/rig.ts";
import { testDirectory } from "../config/config-files.ts";
import { run } from "./programs.ts";

const never = new AbortController().signal;

describe("dump", { concurrency: 2 }, () => {
  for (const name of Object.keys(drivers) as DriverName[]) {
    test(`${name}: what was dumped reads the same when it is replayed, and holds no secret`, async () => {
      await using rig = await startRig({ asics: 1, drivers: [name] });
      await using directory = await testDirectory();
      await writeRigFiles(rig, directory.path, "mqtt://127.0.0.1:1");
      const [asic] = rig.asics;
      assert.ok(asic);
      const { code, out, err } = await run("curtailctl", ["dump", asic.id, "--config", join(directory.path, "config.yaml")]);
      assert.deepEqual([code, err], [0, ""]);
      const dump = JSON.parse(out) as Dump & { failures: string[] };
      assert.deepEqual([dump.driver, dump.model, dump.failures], [name, asic.model, []]);
      assert.ok(!/"(pass|token|salt)":\s*"(?!removed")/.test(dump.exchanges.map(({ answer }) => answer).join("\n")));

      const replay = await startReplay(dump);
      try {
        const { api, web } = replay;
        const read = async (port: number, webPort: number): Promise<Telemetry> => {
          await using device = drivers[name]({ id: asic.id, address: { host: "127.0.0.1", port }, webPort, model: loadModel(asic.model), ...(asic.password !== null && { password: asic.password }) });
          return await device.read(never);
        };
        const [replayed, live] = [await read(api.port, web.port), await read(Number(asic.address.split(":")[1]), asic.webPort ?? 1)];
        const lasting = ({ state, point, pools, powerSource, frequency, voltage, boards }: Telemetry) => ({ state, point, pools, powerSource, frequency, voltage, boards: boards.length });
        assert.deepEqual(lasting(replayed), lasting(live));
        assert.ok(replayed.state === "hashing" && replayed.hashrate !== null && replayed.hashrate > 50);
      } finally {
        await Promise.all([replay.api.close(), replay.web.close()]);
      }
    });
  }

  test("of a miner nobody knows: 64; of one that does not answer: 69", async () => {
    await using rig = await startRig({ asics: 1 });
    await using directory = await testDirectory();
    await writeRigFiles(rig, directory.path, "mqtt://127.0.0.1:1");
    const config = join(directory.path, "config.yaml");
    assert.equal((await run("curtailctl", ["dump", "asic-99", "--config", config])).code, 64);
    rig.fault("asic-01", "refuse");
    const { code, err } = await run("curtailctl", ["dump", "asic-01", "--config", config]);
    assert.equal(code, 69);
    assert.match(err, /asic-01 answered nothing/);
  });
});

test("secrets go by their names, in JSON and in what is nearly that", () => {
  assert.equal(withoutSecrets('{"pools":[{"url":"a","user":"b","pass":"x\\"y"}}{"Token" : "abc","note":"pass"}'), '{"pools":[{"url":"a","user":"b","pass":"removed"}}{"Token" : "removed","note":"pass"}');
  assert.equal(withoutTokens('{"cmd":"get.device.info","ts":1,"token":"x","account":"super"}'), '{"cmd":"get.device.info"}');
  assert.equal(withoutTokens('{"enc":1,"data":"AAAA"}'), "encrypted");
  assert.equal(withoutTokens("summary"), "summary");
});
