import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, test } from "node:test";
import { writeRigFiles } from "../../agent/cli/sim-files.ts";
import { withoutSecrets, withoutTokens } from "../../agent/cli/recording.ts";
import type { Telemetry } from "../../agent/core/model.ts";
import { drivers, type DriverName } from "../../drivers/index.ts";
import { loadModel } from "../../drivers/models.ts";
import { startReplay, type Dump } from "../../drivers/sim/replay.ts";
import { startRig } from "../../drivers/sim/rig.ts";
import { testDirectory } from "../config/config-files.ts";
import { program, run } from "./programs.ts";

const never = new AbortController().signal;

describe("dump", { concurrency: 2 }, () => {
  for (const name of Object.keys(drivers) as DriverName[]) {
    test(`${name}: what was dumped reads the same when it is replayed, and holds no secret`, async () => {
      await using rig = await startRig({ asics: 1, drivers: [name] });
      await using directory = await testDirectory();
      await writeRigFiles(rig, directory.path, { broker: "mqtt://127.0.0.1:1" });
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
          await using device = await drivers[name]({ id: asic.id, address: { host: "127.0.0.1", port }, webPort, model: loadModel(asic.model), ...(asic.password !== null && { password: asic.password }) });
          return await device.read(never);
        };
        const [replayed, live] = [await read(api.port, web.port), await read(Number(asic.address.split(":")[1]), asic.webPort ?? 1)];
        const lasting = ({ state, point, pools, powerSource, frequency, voltage, boards }: Telemetry) => ({ state, point, pools, powerSource, frequency, voltage, boards: boards.length });
        assert.deepEqual(lasting(replayed), lasting(live));
        const { points, defaultPoint } = loadModel(asic.model);
        const usual = points.find(({ id }) => id === defaultPoint)?.hashrate ?? Infinity;
        assert.ok(replayed.state === "hashing" && replayed.hashrate !== null && replayed.hashrate > usual / 2);
      } finally {
        await Promise.all([replay.api.close(), replay.web.close()]);
      }
    });
  }

  test("is played again by curtaild sim --from, and asked by probe", async () => {
    await using rig = await startRig({ asics: 1, drivers: ["antminer"] });
    await using directory = await testDirectory();
    await writeRigFiles(rig, directory.path, { broker: "mqtt://127.0.0.1:1" });
    const dump = await run("curtailctl", ["dump", "asic-01", "--config", join(directory.path, "config.yaml")]);
    const file = join(directory.path, "asic-01.json");
    await writeFile(file, dump.out);
    const child = spawn(process.execPath, [program("curtaild"), "sim", "--from", file, "--dir", join(directory.path, "again")], { stdio: ["ignore", "pipe", "inherit"] });
    const gone = once(child, "exit");
    try {
      const [line] = (await once(createInterface(child.stdout), "line", { signal: AbortSignal.timeout(10_000) })) as [string];
      const { ready, driver, address, webPort, rig: path } = JSON.parse(line) as { ready: boolean; driver: string; address: string; webPort: number; rig: string };
      assert.deepEqual([ready, driver], [true, "antminer"]);
      const { config, asics } = JSON.parse(await readFile(path, "utf8")) as { config: string; asics: unknown[] };
      assert.deepEqual(asics, [{ id: "asic-01", address, driver: "antminer", model: "antminer-s19-pro" }]);
      assert.equal((await run("curtaild", ["check", config])).code, 0);
      const { code, out } = await run("curtailctl", ["probe", address, "--driver", "antminer", "--model", "antminer-s19-pro", "--web-port", String(webPort)]);
      assert.equal(code, 0);
      assert.match(out, /^state {6}hashing, at 100%$/m);
    } finally {
      child.kill("SIGTERM");
      assert.deepEqual(await gone, [0, null]);
    }
  });

  test("what is no dump is refused: 65", async () => {
    await using directory = await testDirectory();
    const file = join(directory.path, "x.json");
    for (const text of ["", "{}", '{"v":1,"type":"DUMP","driver":"luxos","model":"x","exchanges":[]}']) {
      await writeFile(file, text);
      const { code, err } = await run("curtaild", ["sim", "--from", file]);
      assert.equal(code, 65);
      assert.match(err, /is no dump/);
    }
  });

  test("of a miner nobody knows: 64; of one that does not answer: 69", async () => {
    await using rig = await startRig({ asics: 1 });
    await using directory = await testDirectory();
    await writeRigFiles(rig, directory.path, { broker: "mqtt://127.0.0.1:1" });
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
  for (const name of ["stratumPassword", "wifiPass", "fallbackStratumPassword", "jwt", "jwt_token", "SessionID", "session_id", "newsalt", "x-api-key", "adminPwd", "sign"]) {
    assert.equal(withoutSecrets(`{"${name}": "s3cr3t","fan":"1"}`), `{"${name}": "removed","fan":"1"}`);
  }
  const open = '{"passed":5,"Bypass":true,"compass":"n","signal":"-60"}';
  assert.equal(withoutSecrets(open), open);
  assert.equal(withoutTokens('{"cmd":"get.device.info","ts":1,"token":"x","account":"super"}'), '{"cmd":"get.device.info"}');
  assert.equal(withoutTokens('{"enc":1,"data":"AAAA"}'), "encrypted");
  assert.equal(withoutTokens("summary"), "summary");
});
