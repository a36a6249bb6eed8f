/** bmminer in its own words, new and old, and what is made of them. */
import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { parseReply } from "../../drivers/cgminer/parse.ts";
import { isObject, type JsonObject } from "../../drivers/cgminer/json.ts";
import { capabilitiesOf, highestOf, pointsOf } from "../../drivers/antminer/points.ts";
import { settingsOf, withSettings, type Settings } from "../../drivers/antminer/settings.ts";
import { telemetryOf } from "../../drivers/antminer/telemetry.ts";
import { loadModel } from "../../drivers/models.ts";
import { json } from "../../drivers/sim/http-server.ts";
import { stockAntminer } from "./stock-antminer.ts";

const never = new AbortController().signal;
const model = loadModel("antminer-s19-pro");
const points = pointsOf(model, true);

/** Missing comma, rates as text, `nan`, an empty chain: as bmminer sends it. */
const STATS =
  '{"STATUS":[{"STATUS":"S","When":1700000000,"Code":70,"Msg":"CGMiner stats","Description":"cgminer 1.0.0"}],"STATS":[{"BMMiner":"2.0.0","Miner":"30.0.1.3","CompileTime":"Tue Mar  3 2026","Type":"Antminer S19 Pro"}' +
  '{"STATS":0,"ID":"BC50","Elapsed":86399,"GHS 5s":"109500.12","GHS av":109800.5,"fan_num":2,"fan1":4200,"fan2":0,"temp_pcb1":"52-48-61-60","temp_chip1":"60-58-75-74","freq_avg1":525.0,"chain_acn1":114,"chain_rate1":"36500.04","chain_acs1":" oooooo oooxoo",' +
  '"temp1":0,"temp_pcb2":"0-0-0-0","freq_avg2":"525.00","chain_acn2":114,"chain_rate2":"36500.04","chain_acs2":" oooooo","freq_avg3":0.00,"chain_acn3":0,"chain_rate3":"","Max":nan}],"id":1}';
const SUMMARY = '{"STATUS":[{"STATUS":"S","Code":11}],"SUMMARY":[{"Elapsed":86400,"GHS 5s":73000.08,"GHS av":73100,"Accepted":12,"Rejected":1,"Hardware Errors":3}],"id":1}';
const POOLS = '{"STATUS":[{"STATUS":"S","Code":7}],"POOLS":[{"POOL":0,"URL":"stratum+tcp://a.invalid:1","User":"w.1","Stratum Active":true},{"POOL":1,"URL":"","User":""}],"id":1}';
const parsed = (text: string): JsonObject => {
  const { value } = parseReply(text);
  assert.ok(isObject(value));
  return value;
};
const said = (settings: Settings | null, more: { stats?: string; summary?: string } = {}) =>
  telemetryOf({ stats: parsed(more.stats ?? STATS), summary: parsed(more.summary ?? SUMMARY), pools: parsed(POOLS), settings, power: null }, points, model);

describe("a reading of stock firmware", () => {
  test("tells what it tells and null for the rest", () => {
    const telemetry = said({ mode: 0, level: 70 });
    assert.deepEqual([telemetry.power, telemetry.powerSource, telemetry.voltage, telemetry.inlet], [null, null, null, null]);
    assert.deepEqual([telemetry.hashrate, telemetry.hashrateAverage, telemetry.frequency, telemetry.uptime], [73.00008, 73.1, 525, 86_400_000]);
    assert.deepEqual([telemetry.accepted, telemetry.rejected, telemetry.hardwareErrors, telemetry.fansRpm], [12, 1, 3, [4200, 0]]);
    assert.deepEqual(telemetry.boards.map(({ index, hashrate, boardTemperature, chipTemperature }) => [index, hashrate, boardTemperature, chipTemperature]), [[0, 36.50004, 61, 75], [1, 36.50004, null, null]]);
    assert.deepEqual(telemetry.pools, [{ url: "stratum+tcp://a.invalid:1", worker: "w.1", active: true }]);
    assert.deepEqual([telemetry.state, telemetry.point], ["hashing", "70%"]);
    assert.deepEqual(telemetry.errors, ["board 0: 1 of 114 chips do not answer", "1 of 3 boards do not answer"]);
  });

  test("chains come as a list on newer firmware", () => {
    const stats = '{"STATUS":[{"STATUS":"S","Code":70}],"STATS":[{"Type":"Antminer S21"},{"STATS":0,"Elapsed":5000,"rate_unit":"GH/s","fan":[3000,3010],"chain":[{"index":0,"freq_avg":490,"rate_real":66600.5,"asic_num":108,"temp_pcb":[50,55,0,0],"temp_chip":[60,66]}]}],"id":1}';
    const { boards, fansRpm } = said({ mode: 0, level: 70 }, { stats });
    assert.deepEqual(boards, [{ index: 0, enabled: null, frequency: 490, voltage: null, hashrate: 66.6005, boardTemperature: 55, chipTemperature: 66 }]);
    assert.deepEqual(fansRpm, [3000, 3010]);
    const inUnit = (unit: string, rate: number) => said({ mode: 0, level: 70 }, { stats: stats.replace("GH/s", unit).replace("66600.5", String(rate)) }).boards[0]?.hashrate;
    assert.deepEqual([inUnit("TH/s", 66.6005), inUnit("MH", 66_600_500), inUnit("Sol/s", 66.6)], [66.6005, 66.6005, null], "a unit nobody knows says nothing");
  });

  test("its setting alone does not make its state", () => {
    const still = STATS.replaceAll("36500.04", "");
    const young = SUMMARY.replace("86400", "20");
    assert.equal(said({ mode: 1, level: 100 }).state, "ramping");
    const asleep = said({ mode: 1, level: 80 }, { stats: still });
    assert.deepEqual([asleep.state, asleep.point, asleep.frequency], ["asleep", null, 420]);
    assert.equal(said({ mode: 0, level: 100 }, { stats: still, summary: young }).state, "starting");
    assert.equal(said({ mode: 0, level: 100 }, { stats: still }).state, "fault");
    assert.deepEqual([said(null, { stats: still }).state, said(null).state, said(null).point], [null, "hashing", null]);
  });

  test("what hashes faster than it is set to is at no point, and says so", () => {
    const { point, errors } = said({ mode: 0, level: 50 });
    assert.equal(point, null);
    assert.ok(errors.includes("set to 50%, and hashes faster than that"));
  });

  test("climbing is no point yet", () => {
    const slow = STATS.replaceAll("36500.04", "20000.0").replaceAll("525.0", "300.0");
    assert.deepEqual([said({ mode: 0, level: 100 }, { stats: slow, summary: SUMMARY.replace("86400", "60") })].map(({ state, point }) => [state, point]), [["ramping", null]]);
  });
});

describe("what it can be told", () => {
  test("levels where the firmware has them, full only where not, and the mode known of this model", () => {
    assert.deepEqual(points.map(({ id }) => id), ["50%", "60%", "70%", "80%", "90%", "100%"]);
    assert.deepEqual(pointsOf(model, false).map(({ id }) => id), ["100%"]);
    assert.deepEqual(pointsOf(loadModel("antminer-s19k-pro"), false).map(({ id, settings }) => [id, settings.mode]), [["efficient", 2], ["100%", 0]]);
    assert.equal(highestOf(points, model), 3_413);
    assert.equal(highestOf(pointsOf(model, false), model), 3_413);
    for (const capability of capabilitiesOf(points, model)) assert.ok("up" in capability && !capability.up.hashing && capability.up.fixed >= 180_000);
  });

  test("without levels none is written", async () => {
    await using miner = await stockAntminer();
    const conf = { pools: [{ url: "a", user: "b", pass: "c" }], "bitmain-work-mode": "0" };
    miner.instead = ({ method }) => (method === "GET" ? json(200, conf) : json(200, { stats: "success" }));
    await miner.device.read(never);
    assert.deepEqual(miner.device.capabilities.flatMap((capability) => (capability.kind === "points" ? capability.points.map(({ id }) => id) : [])), ["100%"]);
    await miner.device.actuators.sleep?.({ kind: "sleep" }, never).catch(() => undefined);
    assert.deepEqual(JSON.parse(miner.told[0] ?? ""), { ...conf, "miner-mode": "1", "bitmain-work-mode": "1" });
  });

  test("settings are read under any of their names, and written under all", () => {
    assert.deepEqual(settingsOf({ "bitmain-work-mode": "1", "bitmain-hashrate-percent": "80" }), { mode: 1, level: 80 });
    assert.deepEqual(settingsOf({ "bitmain-work-mode": "", "bitmain-freq-level": "" }), { mode: null, level: null });
    assert.deepEqual(settingsOf({ "bitmain-work-mode": "0", "miner-mode": 1 }), { mode: null, level: null });
    assert.deepEqual(withSettings({ "miner-mode": 0, "bitmain-freq-level": "100", x: [1] }, { mode: 1, level: 60 }), { "miner-mode": 1, "bitmain-work-mode": 1, "freq-level": "60", "bitmain-freq-level": "60", x: [1] });
  });
});

describe("real watts", () => {
  const telling = (answer: string): Promise<Server & AsyncDisposable & { asked: number }> =>
    new Promise((resolve) => {
      const server = Object.assign(createServer((_, response) => {
        server.asked += 1;
        response.end(answer);
      }), { asked: 0 });
      server.listen(0, "127.0.0.1", () => resolve(server));
    });
  const portOf = (server: Server): number => (server.address() as AddressInfo).port;

  test("come from their own port where it answers", async () => {
    await using miner = await stockAntminer();
    await using server = await telling("miner power:3217\n");
    const { power, powerSource } = await miner.again(undefined, { powerPort: portOf(server) }).read(never);
    assert.deepEqual([power, powerSource], [3217, "measured"]);
  });

  test("are not made of anything else, nor asked for with every poll", async () => {
    await using miner = await stockAntminer();
    for (const answer of ["", "<html>", "miner power:", "miner power:nan", "miner power:-5", "power:12"]) {
      await using server = await telling(answer);
      let now = 0;
      const device = miner.again(undefined, { powerPort: portOf(server), now: () => now });
      for (let poll = 0; poll < 3; poll++) assert.deepEqual((await device.read(never)).power, null);
      assert.equal(server.asked, 1);
      now = 600_000;
      await device.read(never);
      assert.equal(server.asked, 2);
    }
  });
});
