import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import { parse } from "yaml";
import { writeOutlets } from "../../agent/cli/outlet-map.ts";
import type { MapAnswer } from "../../agent/routes/map.ts";
import { testDirectory } from "../config/config-files.ts";
import { fakeDaemon, run } from "./programs.ts";

const CONFIG = `# our rack
version: 1
node: { operator: demo, site: s1, rack: r1, nominalW: 9000, breakerW: 12000 }
grid: { brokers: [mqtt://127.0.0.1:1883], signatures: optional, failsafeLimitW: 3000 }
miners:
  - id: asic-01   # the loud one
    driver: luxos
    address: 10.0.0.21:4028
    model: antminer-s19k-pro
    outlet: pdu-1/2
  - { id: asic-02, driver: luxos, address: "10.0.0.22:4028", model: antminer-s19k-pro }
  - { id: asic-03, driver: luxos, address: "10.0.0.23:4028", model: antminer-s19k-pro, outlet: pdu-1/1 }
meters:
  - { id: pdu-1, profile: gude-epc, address: "10.0.0.11:502" }
`;

async function configured(t: TestContext): Promise<string> {
  const directory = await testDirectory();
  t.after(() => directory[Symbol.asyncDispose]());
  const file = join(directory.path, "config.yaml");
  await writeFile(file, CONFIG);
  return file;
}

const answer = (state: "running" | "done" | "stopped"): NonNullable<MapAnswer> => ({
  who: "ada", at: 0 as never, state, why: state === "stopped" ? "stopped by bob" : null, total: 3, doneSoFar: 3, now: state === "running" ? { device: "asic-03", step: "dips" } : null,
  result: {
    pairs: [
      { device: "asic-01", outlet: "pdu-1/1", confidence: 0.98, dropW: 812, expectedW: 800, configured: "pdu-1/2" },
      { device: "asic-02", outlet: "pdu-1/2", confidence: 0.55, dropW: 500, expectedW: 800, configured: null },
    ],
    conflicts: [], unmatched: [{ device: "asic-03", why: "it hangs on none of these" }], unmatchedOutlets: [{ outlet: "pdu-1/7", powerW: 900 as never }],
  },
});

describe("outlets that were found", () => {
  test("are written where they differ, and nothing else changes", async (t) => {
    const file = await configured(t);
    assert.deepEqual(await writeOutlets(file, new Map([["asic-01", "pdu-1/1"], ["asic-02", "pdu-1/2"]])), ["asic-01", "asic-02", "asic-03"]);
    const text = await readFile(file, "utf8");
    const [was, is] = [parse(CONFIG), parse(text)] as { miners: { outlet?: string }[] }[];
    assert.deepEqual(is?.miners.map(({ outlet }) => outlet), ["pdu-1/1", "pdu-1/2", undefined], "asic-03 cannot hang where asic-01 does");
    const bare = (config: typeof was): unknown => ({ ...config, miners: config?.miners.map(({ outlet: _outlet, ...miner }) => miner) });
    assert.deepEqual(bare(is), bare(was));
    assert.match(text, /^# our rack\n[\s\S]*# the loud one\n/, "comments stay");
  });

  test("that are there already write nothing", async (t) => {
    const file = await configured(t);
    assert.deepEqual(await writeOutlets(file, new Map([["asic-01", "pdu-1/2"]])), []);
    assert.equal(await readFile(file, "utf8"), CONFIG);
  });

  test("that would make the file wrong are refused, the file untouched", async (t) => {
    const file = await configured(t);
    await assert.rejects(writeOutlets(file, new Map([["asic-02", "pdu-9/1"]])), /there is no meter pdu-9/);
    assert.equal(await readFile(file, "utf8"), CONFIG);
  });
});

describe("curtailctl map", () => {
  test("shows what was found and writes what is sure, once it may", async (t) => {
    const file = await configured(t);
    await using daemon = await fakeDaemon({ "GET /map": answer("done"), "POST /map": answer("running") });
    const { code, out } = await run("curtailctl", ["--socket", daemon.directory, "--yes", "map", "--share", "5%", "--config", file]);
    assert.equal(code, 0);
    assert.match(daemon.asked[0] ?? "", /^POST \/map \{"share":0\.05,"devices":\[\],"who":/);
    assert.match(out, /asic-01 +pdu-1\/1 +not pdu-1\/2 +98 % +812 W +800 W\nasic-02 +pdu-1\/2 +new +55 % .*\nunmatched +asic-03: it hangs on none of these\nunmatched +pdu-1\/7 draws 900 W and moved with no miner/);
    assert.match(out, /asic-01, asic-03 changed\. It holds from the daemon's next start on/);
    assert.doesNotMatch(await readFile(file, "utf8"), /asic-02.*outlet/, "not sure enough");
  });

  test("asks before it begins, and writes nothing of a search that was stopped", async (t) => {
    const file = await configured(t);
    await using daemon = await fakeDaemon({ "GET /map": answer("stopped"), "POST /map": answer("running") });
    const asked = await run("curtailctl", ["--socket", daemon.directory, "map", "--config", file]);
    assert.deepEqual([asked.code, daemon.asked], [64, []]);
    const stopped = await run("curtailctl", ["--socket", daemon.directory, "--yes", "map", "--config", file]);
    assert.equal(stopped.code, 75);
    assert.equal(await readFile(file, "utf8"), CONFIG);
    const shown = await run("curtailctl", ["--socket", daemon.directory, "map", "show"]);
    assert.match(shown.out, /^stopped after 3 of 3: stopped by bob\n/);
  });
});
