import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DeviceError } from "../../agent/runtime/errors.ts";
import { luxos, type LuxosMiner } from "../../drivers/luxos/driver.ts";
import { loadModel } from "../../drivers/models.ts";
import { reply } from "./raw-miner.ts";
import { board, config, devs, scriptedLuxos, summary, type ScriptedLuxos } from "./scripted-luxos.ts";

const never = new AbortController().signal;
const REPORTS = "summary+devs+power+temps+fans+pools+config";

const driverOf = ({ miner }: ScriptedLuxos): LuxosMiner => luxos({ id: "asic-01", address: miner.address, model: loadModel("antminer-s19k-pro"), deadlineMs: 500 });
const pointsOf = (device: LuxosMiner): readonly string[] => device.capabilities.flatMap((capability) => (capability.kind === "points" ? capability.points.map((point) => point.id) : []));

describe("a poll of LuxOS", () => {
  test("is one request, after a first one that also asks for limits and profiles", async () => {
    await using script = await scriptedLuxos();
    const device = driverOf(script);
    await device.read(never);
    assert.equal(device.requestsPerPoll, 2);
    await device.read(never);
    assert.equal(device.requestsPerPoll, 1);
    assert.deepEqual(script.asked, [REPORTS, "limits+profiles", REPORTS]);
  });

  test("speaks the contract's words and units", async () => {
    await using script = await scriptedLuxos();
    const telemetry = await driverOf(script).read(never);
    assert.equal(telemetry.power, 2800);
    assert.equal(telemetry.powerSource, "measured");
    assert.equal(telemetry.hashrate, 120);
    assert.equal(telemetry.hashrateAverage, 121);
    assert.equal(telemetry.frequency, 590);
    assert.equal(telemetry.voltage, 13_500);
    assert.equal(telemetry.state, "hashing");
    assert.equal(telemetry.point, "590");
    assert.equal(telemetry.uptime, 100_000);
    assert.deepEqual(telemetry.boards.map((one) => one.hashrate), [40, 40, 40]);
    assert.deepEqual(telemetry.boards.map((one) => one.boardTemperature), [60, 61, 60]);
    assert.deepEqual(telemetry.fansRpm, [4200]);
    assert.deepEqual(telemetry.pools, [{ url: "stratum+tcp://pool:3333", worker: "farm.w1", active: true }]);
  });

  test("never makes zero of what was not said", async () => {
    await using script = await scriptedLuxos({
      "+": () => JSON.stringify({ summary: [JSON.parse(reply("S", 11, { SUMMARY: [{ Elapsed: 100 }] }))], devs: [JSON.parse(devs(board(0)))], id: 1 }),
    });
    const telemetry = await driverOf(script).read(never);
    for (const key of ["power", "powerSource", "hashrate", "hashrateAverage", "inlet", "outlet", "accepted", "rejected", "hardwareErrors", "state"] as const) {
      assert.equal(telemetry[key], null, key);
    }
    assert.deepEqual(telemetry.fansRpm, []);
    assert.deepEqual(telemetry.pools, []);
  });

  test("takes a sensor that reads 0 °C for none", async () => {
    await using script = await scriptedLuxos();
    const { boards } = await driverOf(script).read(never);
    assert.deepEqual(boards.map((one) => one.chipTemperature), [72, null, null]);
  });

  test("without summary or devs is refused or malformed, not empty", async () => {
    await using script = await scriptedLuxos({ devs: () => reply("E", 45, {}, "Access denied") });
    await assert.rejects(driverOf(script).read(never), { code: "refused" });
    script.answers["+"] = () => '{"summary":[{"STATUS":[{"STATUS":"S"}],"SUMMARY":[{}]}],"id":1}';
    await assert.rejects(driverOf(script).read(never), { code: "malformed" });
  });

  for (const code of [14, 45]) {
    test(`asks one by one where joined commands answer ${code}, and remembers it`, async () => {
      await using script = await scriptedLuxos({ "+": () => reply("E", code) });
      const device = driverOf(script);
      assert.equal((await device.read(never)).power, 2800);
      await device.read(never);
      assert.equal(device.requestsPerPoll, 7);
      assert.equal(script.asked.filter((command) => command.includes("+")).length, 1);
    });
  }

  test("tries joined commands again after a restart or another version", async () => {
    await using script = await scriptedLuxos({ "+": () => reply("E", 14) });
    const device = driverOf(script);
    await device.read(never);
    delete script.answers["+"];
    await device.read(never);
    assert.equal(device.requestsPerPoll, 7);
    script.answers["summary"] = () => summary({ Elapsed: 5 });
    await device.read(never);
    await device.read(never);
    assert.equal(device.requestsPerPoll, 1);
    assert.equal(script.asked.filter((command) => command === REPORTS).length, 2);
    script.answers["summary"] = () => summary({ Elapsed: 6 }).replace("LUXminer test", "LUXminer next");
    await device.read(never);
    assert.match(device.description, /LUXminer next/);
    assert.equal(script.asked.filter((command) => command === "limits+profiles").length, 2);
  });

  test("asks each board for what devs leaves out", async () => {
    const bare = (index: number): Record<string, unknown> => board(index, { Voltage: undefined, Frequency: undefined });
    await using script = await scriptedLuxos({
      devs: () => devs(bare(0), bare(1)),
      voltageget: (parameter) => reply("S", 307, { VOLTAGE: [{ Board: Number(parameter), Voltage: "12.3" }] }),
      frequencyget: (parameter) => (parameter === "0" ? reply("S", 303, { FREQS: [{ Board: 0, Frequency: 390 }] }) : reply("E", 14)),
    });
    const telemetry = await driverOf(script).read(never);
    assert.deepEqual(telemetry.boards.map((one) => [one.frequency, one.voltage]), [[390, 12_300], [null, 12_300]]);
    assert.equal(telemetry.point, null);
  });
});

describe("the state LuxOS is in", () => {
  const cases = [
    { name: "asleep, at no point, boards dead but not at fault", answers: { config: () => config({ CurtailMode: "Sleep" }), devs: () => devs(board(0, { Status: "Dead" })) }, state: "asleep", point: null, errors: [] },
    { name: "ramping through a point is not at it", answers: { devs: () => devs(board(0, { IsRamping: true })) }, state: "ramping", point: null, errors: [] },
    { name: "boards at different settings are at no point", answers: { devs: () => devs(board(0), board(1, { Frequency: 565 })) }, state: "hashing", point: null, errors: [] },
    { name: "the right frequency with another voltage is no point", answers: { devs: () => devs(board(0, { Voltage: 14.1 })) }, state: "hashing", point: null, errors: [] },
    { name: "a voltage a little off is the point", answers: { devs: () => devs(board(0, { Voltage: "13.46", Frequency: "589" })) }, state: "hashing", point: "590", errors: [] },
    { name: "a dead board is an error and out of the point", answers: { devs: () => devs(board(0), board(1, { Status: "Dead", Frequency: 0 })) }, state: "hashing", point: "590", errors: ["board 1: Dead"] },
    { name: "a disabled board is neither", answers: { devs: () => devs(board(0), board(1, { Enabled: "N", Status: "Dead", Frequency: 0 })) }, state: "hashing", point: "590", errors: [] },
    { name: "no board, just started", answers: { devs: () => devs(board(0, { Status: "Dead" })) }, state: "starting", point: null, errors: [] },
    { name: "no board, long after", answers: { devs: () => devs(board(0, { Status: "Dead" })), summary: () => summary({ Elapsed: 4000 }) }, state: "fault", point: null, errors: ["board 0: Dead"] },
  ];
  for (const { name, answers, state, point, errors } of cases) {
    test(name, async () => {
      await using script = await scriptedLuxos(answers);
      const telemetry = await driverOf(script).read(never);
      assert.deepEqual([telemetry.state, telemetry.point, telemetry.errors], [state, point, errors]);
    });
  }
});

describe("the points LuxOS tells", () => {
  const profile = (mhz: number, fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({ "Profile Name": `${mhz}MHz`, Frequency: mhz, Voltage: 12.5, Watts: mhz * 5, Hashrate: mhz / 5, IsDynamic: false, ...fields });

  test("win over the model file, inside the narrower of both envelopes", async () => {
    await using script = await scriptedLuxos({
      limits: () => reply("S", 318, { LIMITS: [{ FrequencyMin: 300, FrequencyMax: 700, VoltageMin: 12.0, VoltageMax: 14.0 }] }),
      profiles: () => reply("S", 323, { PROFILES: [profile(650), profile(400), profile(750), profile(350, { Voltage: 11.9 }), profile(500, { IsDynamic: true }), profile(450, { Watts: 0 }), profile(550, { Hashrate: "x" })] }),
    });
    const device = driverOf(script);
    assert.equal(pointsOf(device).length, 25);
    await device.read(never);
    assert.deepEqual(pointsOf(device), ["400", "650"]);
    await assert.rejects(device.actuators.points?.({ kind: "points", point: "750" }, never) ?? Promise.resolve(), { code: "out-of-range" });
    assert.ok(!script.asked.includes("logon"));
  });

  test("leave the model file's points, narrowed, where there are none", async () => {
    await using script = await scriptedLuxos({ limits: () => reply("S", 318, { LIMITS: [{ FrequencyMax: "600" }] }), profiles: () => reply("E", 14) });
    const device = driverOf(script);
    await device.read(never);
    assert.deepEqual([pointsOf(device)[0], pointsOf(device).at(-1)], ["190", "590"]);
  });

  test("may fail without failing the poll, three times and then no more", async () => {
    await using script = await scriptedLuxos({ "+": (command) => (command === REPORTS ? joinedPoll : (socket) => socket.resetAndDestroy()) });
    const device = driverOf(script);
    for (let poll = 0; poll < 5; poll++) assert.equal((await device.read(never)).state, "hashing");
    assert.equal(script.asked.filter((command) => command === "limits+profiles").length, 3);
    assert.equal(pointsOf(device).length, 25);
  });

  const joinedPoll = `{"summary":[${summary()}],"devs":[${devs(board(0))}],"id":1}`;
});

test("an aborted poll rejects with the signal's reason, not with a DeviceError", async () => {
  await using script = await scriptedLuxos();
  await assert.rejects(driverOf(script).read(AbortSignal.abort(new Error("stop"))), (error) => !(error instanceof DeviceError));
  assert.deepEqual(script.asked, []);
});
