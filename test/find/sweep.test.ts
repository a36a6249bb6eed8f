/** Many hosts, some of them broken: each is named or explained, in bounded time, and what stops can go on. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { parse } from "yaml";
import { Notebook } from "../../agent/cli/discover/notebook.ts";
import { whoIs } from "../../drivers/find/look.ts";
import { hostsIn } from "../../drivers/find/range.ts";
import { sweep, type Seen, type SweepOptions } from "../../drivers/find/sweep.ts";
import { drivers, type DriverName } from "../../drivers/index.ts";
import { startRig, type Rig } from "../../drivers/sim/rig.ts";
import { run } from "../cli/programs.ts";

const NAMES = Object.keys(drivers) as DriverName[];
const BROKEN = ["silent", "garbage", "half-close", "drip", "truncate"] as const;
const never = new AbortController().signal;

describe("a sweep over a network", () => {
  let rig: Rig;
  let port: number;
  let dir: string;
  let options: SweepOptions;

  before(async () => {
    rig = await startRig({ asics: NAMES.length + BROKEN.length, drivers: NAMES, ownAddresses: true });
    port = Number(rig.asics[0]?.address.split(":")[1]);
    dir = await mkdtemp(join(tmpdir(), "curtaild-discover-"));
    options = { port, concurrency: 16, hostsPerSecond: 1_000, requestMs: 400, hostMs: 1_500 };
    for (const [index, fault] of BROKEN.entries()) rig.fault(rig.asics[NAMES.length + index]?.id ?? "", fault);
  });
  after(async () => {
    await rig.close();
    await rm(dir, { recursive: true, force: true });
  });

  const look = async (range: string, signal = never): Promise<Seen[]> => {
    const all: Seen[] = [];
    await sweep(hostsIn(range), options, { seen: (one) => all.push(one), signal });
    return all;
  };

  test("names every machine, explains every other that is there, and counts the empty addresses", async () => {
    const began = performance.now();
    const all = await look("127.1.0.1-40");
    assert.ok(performance.now() - began < 5_000);
    const byHost = new Map(all.map((one) => [one.host, one]));
    assert.equal(byHost.size, 40);
    for (const [index, { address, driver }] of rig.asics.entries()) {
      const seen = byHost.get(address.split(":")[0] ?? "");
      if (index < NAMES.length) assert.equal(seen?.kind === "miner" ? seen.finding.driver : seen, driver);
      else assert.ok(seen?.kind === "unidentified" && seen.reason.length > 5, JSON.stringify(seen));
    }
    assert.equal(all.filter(({ kind }) => kind === "nobody").length, 40 - rig.asics.length);
  });

  test("one machine says who it is: its boards' serials by their index where the firmware tells them, else null", async () => {
    const told = new Map<string, readonly (string | null)[]>();
    for (const { address, driver, id } of rig.asics.slice(0, NAMES.length)) {
      const [host = "", at] = address.split(":");
      const who = await whoIs({ host, port: Number(at) }, never);
      assert.equal(who?.driver, driver);
      assert.ok((who?.firmware ?? "").length > 3, driver);
      for (const [index, serial] of (who?.boardSerials ?? []).entries()) assert.ok(serial === null || serial === `SIM-${id}-${index}`, `${driver}: ${serial}`);
      told.set(driver, who?.boardSerials ?? []);
    }
    const telling = [...told].filter(([, serials]) => serials.length > 0 && serials.every((serial) => serial !== null)).map(([driver]) => driver);
    assert.deepEqual(telling.sort(), ["epic", "luxos", "sealminer", "whatsminer-v2"]);
  });

  test("never has more hosts at hand than it may, and ends at once when it is stopped", async () => {
    const stop = new AbortController();
    const began = performance.now();
    setTimeout(() => stop.abort(new Error("enough")), 100);
    const silent = rig.asics[NAMES.length]?.address.split(":")[0] ?? "";
    await assert.rejects(look(silent, stop.signal), /enough/);
    assert.ok(performance.now() - began < 500);
  });

  const discover = (...args: string[]) => run("curtailctl", ["--json", "discover", "127.1.0.1-12", "--port", String(port), "--timeout", "500ms", ...args], { XDG_STATE_HOME: dir });

  test("curtailctl discover writes what is new into the configuration and leaves the rest as it was", async () => {
    const file = join(dir, "config.yaml");
    const lux = rig.asics.find(({ driver }) => driver === "luxos");
    const ant = rig.asics.find(({ driver }) => driver === "antminer");
    const text = [
      "version: 1", "# our rack", "node: { operator: demo, site: s1, rack: r1, nominalW: 33528, breakerW: 40000 }",
      'grid: { brokers: ["mqtt://127.0.0.1:1883"], signatures: optional, heartbeat: required, failsafeLimitW: 10000 }',
      "miners:", `  - { id: left-7, driver: luxos, address: "${lux?.address}", model: antminer-s19k-pro } # the one that hums`,
      `  - { id: asic-40, driver: vnish, address: "${ant?.address}", model: antminer-s19-pro }`,
      "policy: { onStop: failsafe }", `paths: { state: "${join(dir, "state")}", run: "${join(dir, "run")}" }`, "",
    ].join("\n");
    await writeFile(file, text);
    const first = await discover("--config", file, "--write", "--yes");
    assert.equal(first.code, 0, first.err);
    const written = await readFile(file, "utf8");
    assert.ok(written.includes("# the one that hums") && written.includes("# our rack"));
    const { miners } = parse(written) as { miners: { id: string; driver: string; address: string; model: string }[] };
    assert.equal(miners[0]?.id, "left-7");
    assert.deepEqual([miners[1]?.id, miners[1]?.driver], ["asic-40", "vnish"], "what differs is told, not changed");
    assert.equal(miners[2]?.id, "asic-41", "names go on counting");
    const { config } = JSON.parse(first.out) as { config: { added: unknown[]; known: string[]; differs: { id: string }[]; needsModel: unknown[]; written: boolean } };
    assert.deepEqual([config.known, config.differs.map(({ id }) => id), config.written], [["left-7"], ["asic-40"], true]);
    const second = await discover("--config", file, "--write", "--yes");
    assert.equal((JSON.parse(second.out) as { config: { added: unknown[]; written: boolean } }).config.added.length, 0);
    assert.equal(await readFile(file, "utf8"), written, "the second time there is nothing to do");
    const third = await discover("--config", file, "--write", "--update", "--yes");
    assert.equal(third.code, 0, third.err);
    assert.match(await readFile(file, "utf8"), /id: asic-40, driver: antminer/);
  });

  test("one that was interrupted goes on where it stopped", async () => {
    const notebook = new Notebook({ XDG_STATE_HOME: dir }, `127.1.0.1-12 port ${port}`);
    notebook.add({ host: "127.1.0.1", kind: "unidentified", reason: "as it was written down" });
    const { out } = await discover("--resume", "--config", join(dir, "none.yaml"));
    const { unidentified } = JSON.parse(out) as { unidentified: { reason: string }[] };
    assert.ok(unidentified.some(({ reason }) => reason === "as it was written down"), "it was not asked again");
    assert.deepEqual(await notebook.read(), [], "and is forgotten when all is done");
  });

  test("what cannot be is said with its cure", async () => {
    for (const [args, code] of [[["discover", "10.0.0.0/7"], 64], [["discover", "rack"], 64], [["discover", "127.0.0.1", "--update"], 64], [["discover"], 64]] as const) {
      assert.equal((await run("curtailctl", [...args])).code, code, args.join(" "));
    }
  });
});
