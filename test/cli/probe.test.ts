import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { drivers, type DriverName } from "../../drivers/index.ts";
import { identify } from "../../drivers/find/identify.ts";
import { startRig } from "../../drivers/sim/rig.ts";
import { rawMiner } from "../drivers/raw-miner.ts";
import { run } from "./programs.ts";

const never = new AbortController().signal;

describe("probe", () => {
  test("tells every firmware by its answers, and the model where it says it", async () => {
    const names = Object.keys(drivers) as DriverName[];
    await using rig = await startRig({ asics: names.length, drivers: names });
    for (const { address, driver, model } of rig.asics) {
      const { finding, answers } = await identify({ host: "127.0.0.1", port: Number(address.split(":")[1]) }, { requestMs: 1_000, hostMs: 8_000 }, never);
      assert.equal(finding?.driver, driver, JSON.stringify(answers));
      // The mining programs know devices, and no machine.
      assert.equal(finding?.model, ["cgminer", "bfgminer"].includes(driver) ? null : model, `${driver} ${finding?.type}`);
    }
  });

  test("shows what a machine is and takes, for people and as JSON, with its raw answers on request", async () => {
    await using rig = await startRig({ asics: 1, drivers: ["antminer"] });
    const [asic] = rig.asics;
    const args = ["probe", asic?.address ?? "", "--web-port", String(asic?.webPort)];
    const [text, json] = await Promise.all([run("curtailctl", [...args, "--raw"]), run("curtailctl", ["--json", ...args])]);
    assert.deepEqual([text.code, text.err], [0, ""]);
    for (const pattern of [/^127\.0\.0\.1:\d+ {2}Bitmain Antminer S19 Pro, stock firmware/, /^driver {5}antminer$/m, /^takes {6}50% 60% 70% 80% 90% 100%$/m, /^pool .* as rig\.asic-01$/m, /\{"command":"version"\}\n\{"STATUS"/]) assert.match(text.out, pattern);
    const { driver, model, telemetry } = JSON.parse(json.out) as { driver: string; model: string; telemetry: { state: string } };
    assert.deepEqual([driver, model, telemetry.state], ["antminer", "antminer-s19-pro", "hashing"]);
  });

  test("of what is no miner says so: 69; of what is no address: 64", async () => {
    await using miner = await rawMiner((socket) => socket.end("\u001b[2Jhello"));
    const { code, out, err } = await run("curtailctl", ["probe", `127.0.0.1:${miner.address.port}`, "--raw"]);
    assert.deepEqual([code, out.includes("\u001b")], [69, false]);
    assert.match(err, /nothing answers that there is a driver for/);
    assert.equal((await run("curtailctl", ["probe", "a:b:c"])).code, 64);
    assert.equal((await run("curtailctl", ["probe", "127.0.0.1", "--driver", "nothing"])).code, 64);
  });
});
