/** What the newer families do that no contract knows: texts in brackets, supplies that miss an order, helps, tuners, firmware too old. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { DeviceError } from "../../agent/runtime/errors.ts";
import { avalon, avalon10 } from "../../drivers/avalon/driver.ts";
import { figureAt, moduleOf, modulesOf, numbersAt } from "../../drivers/avalon/brackets.ts";
import { generations } from "../../drivers/avalon/generations.ts";
import { axeos } from "../../drivers/axeos/driver.ts";
import { canPause } from "../../drivers/axeos/telemetry.ts";
import { auradine } from "../../drivers/auradine/driver.ts";
import { bfgminer, cgminer } from "../../drivers/classic/driver.ts";
import { optionsOf, reachable } from "../../drivers/classic/options.ts";
import { epic } from "../../drivers/epic/driver.ts";
import { loadModel } from "../../drivers/models.ts";
import { sealminer } from "../../drivers/sealminer/driver.ts";
import { AuradineFirmware } from "../../drivers/sim/auradine.ts";
import { AvalonFirmware } from "../../drivers/sim/avalon.ts";
import { AxeosFirmware } from "../../drivers/sim/axeos.ts";
import { ClassicFirmware } from "../../drivers/sim/classic.ts";
import { EpicFirmware } from "../../drivers/sim/epic.ts";
import { SealminerFirmware } from "../../drivers/sim/sealminer.ts";
import { bench } from "./bench.ts";

const never = new AbortController().signal;
const options = (on: { address: { host: string; port: number }; webPort: number }, model: string) => ({ id: "asic-01", address: on.address, webPort: on.webPort, model: loadModel(model), deadlineMs: 1_000 });
const changes = (): boolean => true;

describe("Canaan's brackets", () => {
  test("as an A1246 and an A1047 write them", () => {
    const module = moduleOf("Ver[1246-83-21042001] SYSTEMSTATU[Work: In Work, Hash Board: 3] Freq[502.31] GHSmm[83900.12] PS[0 1205 1381 166 2201 1260] MTavg[71 72 70] DH[0.02%]");
    assert.equal(figureAt(module, "Freq"), 502.31);
    assert.deepEqual(numbersAt(module, "PS"), [0, 1205, 1381, 166, 2201, 1260]);
    assert.equal(figureAt(module, "PS", 4), 2201);
    assert.equal(figureAt(module, "DH"), 0.02);
    assert.equal(module.get("SYSTEMSTATU"), "Work: In Work, Hash Board: 3");
    assert.equal(figureAt(moduleOf("MM ID0[Ver[synthetic],Temp[66],Freq[625],PVT_T0[60 61 62]]"), "Freq"), 625);
  });

  test("modules stand in the order of their numbers, and what is missing is null", () => {
    const modules = modulesOf({ STATS: [{ "MM ID10": "Freq[3]", "MM ID2": "Freq[2]", "MM ID1": "Freq[1]", "MM Count": 3 }] });
    assert.deepEqual(modules.map((module) => figureAt(module, "Freq")), [1, 2, 3]);
    assert.equal(figureAt(modules[0] ?? new Map(), "PS", 4), null);
    assert.equal(figureAt(moduleOf("PS[0 -- 3]"), "PS", 1), null);
    assert.equal(figureAt(moduleOf(`Fan1[${"9".repeat(400)}]`), "Fan1"), null, "so many digits are no number");
  });

  test("whatever stands there, no number that is none and no time that grows", () => {
    fc.assert(fc.property(fc.string({ maxLength: 2_000 }), (text) => {
      for (const name of moduleOf(text).keys()) assert.ok(Number.isFinite(figureAt(moduleOf(text), name) ?? 0));
    }), { numRuns: 500 });
    const began = performance.now();
    moduleOf(`A${"[".repeat(100_000)}${"]".repeat(100_000)}`);
    assert.ok(performance.now() - began < 500);
  });
});

describe("Avalon", () => {
  test("a voltage the supply did not take is told again, and a machine without privilege is told nothing", async () => {
    await using on = await bench({ model: "avalon-a1066", changes }, (place) => new AvalonFirmware(place, "10"), (firmware) => ({ rpc: firmware }));
    await using device = avalon10(options(on, "avalon-a1066"));
    // The simulated supply misses each third order.
    for (const point of ["400", "450", "500"]) await device.actuators.points?.({ kind: "points", point }, never);
    const volts = on.told.filter((what) => what.includes("setvolt"));
    assert.equal(volts.length, 4, "the third one twice");
    assert.equal(on.told.filter((what) => what.endsWith("enable_privilege,1")).length, 3);
    assert.equal(on.told.at(-1), "privilege|0,enable_privilege,0", "locked again");
    assert.equal((await device.read(never)).voltage, 12_880);
  });

  test("down, the frequency goes first; up, the voltage", async () => {
    await using on = await bench({ model: "avalon-a1346", changes }, (place) => new AvalonFirmware(place, "modern"), (firmware) => ({ rpc: firmware }));
    await using device = avalon(options(on, "avalon-a1346"));
    const order = async (from: string, point: string): Promise<string[]> => {
      while ((await device.read(never)).point !== from);
      on.told.length = 0;
      await device.actuators.points?.({ kind: "points", point }, never);
      return on.told.map((what) => what.split(",")[1] ?? "");
    };
    assert.deepEqual(await order("500", "300"), ["frequency", "voltage"]);
    assert.deepEqual(await order("300", "450"), ["voltage", "frequency"]);
  });

  test("success comes as information; a help text that answers an order is a refusal", async () => {
    await using on = await bench({ model: "avalon-a1346", changes }, (place) => new AvalonFirmware(place, "modern"), (firmware) => ({ rpc: firmware }));
    await using device = avalon(options(on, "avalon-a1346"));
    await device.read(never);
    await device.actuators.sleep?.({ kind: "sleep" }, never);
    on.instead = (what) => (what.includes("softoff") ? { status: "I", code: 118, message: "ASC 0 set info: help|softoff|softon" } : null);
    await assert.rejects(async () => device.actuators.sleep?.({ kind: "sleep" }, never), (error) => error instanceof DeviceError && error.code === "refused");
  });

  test("one whose help lists no frequency is offered none; a Nano's supply speaks of other units", async () => {
    await using on = await bench({ model: "avalon-a1346", changes }, (place) => new AvalonFirmware(place, "modern"), (firmware) => ({ rpc: firmware }));
    on.instead = (what) => (what === "ascset|0,help" ? { status: "I", code: 118, message: "ASC 0 set info: softoff|softon|workmode|led" } : null);
    await using device = avalon(options(on, "avalon-a1346"));
    const offered = (): number => device.capabilities.flatMap((capability) => (capability.kind === "points" ? capability.points : [])).length;
    assert.equal(offered(), 6);
    await device.read(never);
    assert.equal(offered(), 1);
    const nano = moduleOf("PS[0 0 28250 4 0 2800 132] WALLPOWER[131]");
    assert.deepEqual([generations.modern.voltageNow(nano), generations.modern.voltageSet(nano), figureAt(nano, "WALLPOWER")], [null, 28_000, 131]);
  });

  test("sleep is ordered for the machine's own time, whatever its clock says", async () => {
    await using on = await bench({ model: "avalon-a1346", changes }, (place) => new AvalonFirmware({ ...place, clock: { ...place.clock, wall: () => 86_400_000 + performance.now() } }, "modern"), (firmware) => ({ rpc: firmware }));
    await using device = avalon(options(on, "avalon-a1346"));
    await device.actuators.sleep?.({ kind: "sleep" }, never);
    const [, at] = /softoff,1:(\d+)/.exec(on.told.at(-1) ?? "") ?? [];
    assert.ok(Number(at) > 86_400 && Number(at) < 90_000, at);
  });
});

describe("cgminer and bfgminer", () => {
  test("options are learnt from the help of either", () => {
    assert.deepEqual(optionsOf("ASC 0 set info: freq: range 256-1024 millivolts: range 1000-1400"), { frequency: { name: "freq", min: 256, max: 1024 }, voltage: { name: "millivolts", min: 1000, max: 1400 } });
    assert.deepEqual(optionsOf("PRC 0 set info: led: turn the lamp on\nclock: clock frequency (200-290)"), { frequency: { name: "clock", min: 200, max: 290 }, voltage: null });
    assert.deepEqual(optionsOf("clock: range 100-300\nvoltage: range 700-900").voltage, { name: "voltage", min: 700, max: 900 });
    assert.equal(optionsOf("ASC 0 set info: volt: range 0-9 clock: range 0-15 voltage: range 0-9").voltage, null, "steps, not millivolts");
    assert.deepEqual(optionsOf("ASC 0 set help: fan"), { frequency: null, voltage: null });
  });

  test("points outside what the help allows are not offered; without a frequency only what it starts as", () => {
    const { points, defaultPoint } = loadModel("bitburner-fury");
    assert.deepEqual(reachable(points, { frequency: { name: "freq", min: 270, max: 310 }, voltage: null }, defaultPoint).map(({ id }) => id), ["272", "288", "304"]);
    assert.deepEqual(reachable(points, { frequency: { name: "clock", min: 0, max: 15 }, voltage: null }, defaultPoint).map(({ id }) => id), [defaultPoint]);
    assert.deepEqual(reachable(points, { frequency: null, voltage: null }, defaultPoint).map(({ id }) => id), [defaultPoint]);
  });

  test("a help with raw line feeds is read, and a clock that is not told is the one acknowledged in this run", async () => {
    await using on = await bench({ model: "rockminer-r3-box", start: null, changes }, (place) => new ClassicFirmware(place, "bfgminer"), (firmware) => ({ rpc: firmware }));
    await using device = bfgminer(options(on, "rockminer-r3-box"));
    assert.equal((await device.read(never)).point, null, "nobody has said");
    await device.actuators.points?.({ kind: "points", point: "240" }, never);
    assert.equal((await device.read(never)).point, "240");
    assert.ok(on.told.includes("procset|0,clock,240"));
    const { power, voltage, frequency } = await device.read(never);
    assert.deepEqual({ power, voltage, frequency }, { power: null, voltage: null, frequency: null });
  });

  test("cgminer 2.11 knows no joined reports", async () => {
    await using on = await bench({ model: "avalon-batch-1", start: null, changes }, (place) => Object.assign(new ClassicFirmware(place, "cgminer"), { joins: false }), (firmware) => ({ rpc: firmware }));
    await using device = cgminer(options(on, "avalon-batch-1"));
    const telemetry = await device.read(never);
    assert.equal(telemetry.state, "hashing");
    assert.equal(telemetry.point, "300");
    assert.equal(telemetry.boards.length, 3);
  });
});

describe("over HTTP", () => {
  test("ePIC: a tuner that would undo the setting is stopped first; a wrong password is told once and then not tried", async () => {
    await using on = await bench({ model: "antminer-s19j-pro", changes }, (place) => new EpicFirmware(place), (firmware) => ({ web: (request) => firmware.answer(request) }));
    on.firmware.startTuner();
    await using device = epic(options(on, "antminer-s19j-pro"));
    const point = loadModel("antminer-s19j-pro").points[0]?.id ?? "";
    await device.actuators.points?.({ kind: "points", point }, never);
    assert.deepEqual(on.told, ["POST /perpetualtune", "POST /tune"]);
    on.firmware.changePassword("other");
    on.told.length = 0;
    for (let tries = 0; tries < 3; tries++) {
      await assert.rejects(async () => device.actuators.sleep?.({ kind: "sleep" }, never), (error) => error instanceof DeviceError && /passwordFile of asic-01/.test(error.message) && !/letmein/.test(error.message));
    }
    assert.equal(on.told.length, 1, "asked once");
    assert.match((await device.read(never)).errors.join(), /refused our password/);
  });

  test("AxeOS before 2.14 cannot pause, and core is told so", async () => {
    assert.deepEqual(["v2.14.0", "2.13.9", "v3.0.0", "esp-miner", null].map(canPause), [true, false, true, false, false]);
    await using on = await bench({ model: "bitaxe-gamma", start: null, changes }, (place) => new AxeosFirmware(place, "v2.9.0"), (firmware) => ({ web: (request) => firmware.answer(request) }));
    await using device = axeos(options(on, "bitaxe-gamma"));
    assert.deepEqual(device.capabilities.map(({ kind }) => kind), ["points", "sleep"]);
    await device.read(never);
    assert.deepEqual(device.capabilities.map(({ kind }) => kind), ["points"]);
    assert.deepEqual(Object.keys(device.actuators), ["points"]);
  });

  test("AxeOS and Auradine: what is acknowledged and not taken is a refusal", async () => {
    await using small = await bench({ model: "bitaxe-gamma", start: null, changes }, (place) => new AxeosFirmware(place), (firmware) => ({ web: (request) => firmware.answer(request) }));
    small.insteadOnWeb = (what) => (what.startsWith("PATCH") ? { status: 200, body: "" } : null);
    await using device = axeos(options(small, "bitaxe-gamma"));
    await assert.rejects(async () => device.actuators.points?.({ kind: "points", point: "400" }, never), /acknowledged and not taken/);
    await using large = await bench({ model: "teraflux-at1500", changes }, (place) => new AuradineFirmware(place), (firmware) => ({ rpc: firmware, web: (request) => firmware.web(request) }));
    large.insteadOnWeb = (what) => (what === "POST /mode" ? { status: 200, body: '{"STATUS":[{"STATUS":"S","Code":541,"Msg":"ok"}]}' } : null);
    await using tuned = auradine(options(large, "teraflux-at1500"));
    await assert.rejects(async () => tuned.actuators.points?.({ kind: "points", point: "1200W" }, never), /acknowledged and not taken/);
  });

  test("Auradine: a token that ended with a restart is asked for again", async () => {
    await using on = await bench({ model: "teraflux-at1500", changes }, (place) => new AuradineFirmware(place), (firmware) => ({ rpc: firmware, web: (request) => firmware.web(request) }));
    await using device = auradine(options(on, "teraflux-at1500"));
    await device.read(never);
    const tokens = (): number => on.told.filter((what) => what === "POST /token").length;
    assert.equal(tokens(), 1);
    await device.read(never);
    assert.equal(tokens(), 1);
    on.machine.fault({ kind: "reboot" });
    while ((await device.read(never).catch(() => null)) === null);
    assert.equal(tokens(), 2);
  });

  test("SEALMINER: a limit in place costs no reboot", async () => {
    await using on = await bench({ model: "sealminer-a2", changes }, (place) => new SealminerFirmware(place), (firmware) => ({ rpc: firmware, web: (request) => firmware.web(request) }));
    await using device = sealminer(options(on, "sealminer-a2"));
    await device.actuators.points?.({ kind: "points", point: "3500W" }, never);
    assert.deepEqual(on.told, []);
    const telemetry = await device.read(never);
    assert.deepEqual([telemetry.point, telemetry.boards.length, telemetry.fansRpm.length, telemetry.errors.length], ["3500W", 3, 4, 0]);
  });
});
