/** What VNish says, in every version's spelling, and what is refused. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Telemetry } from "../../agent/core/model.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import type { Device } from "../../drivers/driver.ts";
import { loadModel } from "../../drivers/models.ts";
import { json, type WebAnswer } from "../../drivers/sim/http-server.ts";
import { vnish } from "../../drivers/vnish/driver.ts";
import { fullOf, presetPoints } from "../../drivers/vnish/points.ts";
import { vnishBench, type WebBench } from "./web-bench.ts";

const MODEL = "antminer-s21-pro";
const never = new AbortController().signal;

type Bench = Awaited<ReturnType<typeof vnishBench>>;

async function with134(work: (device: Device, bench: Bench) => Promise<void>, { version = "1.3.4", by = "preset", password }: { version?: string; by?: "preset" | "hand" | "hand, live"; password?: string } = {}): Promise<void> {
  await using bench = await vnishBench({ version, model: MODEL, by });
  await using device = vnish({ id: "asic-01", address: bench.web, model: loadModel(MODEL), deadlineMs: 500, ...(password !== undefined && { password }) });
  await work(device, bench);
}

/** Instead of what the simulator says under these paths. */
const instead = (bench: Pick<WebBench<unknown>, "override">, answers: Readonly<Record<string, unknown>>): void => {
  bench.override = (what): WebAnswer | null => (what in answers ? json(200, answers[what]) : null);
};

const summary = (miner: object): object => ({ miner: { miner_status: { miner_state: "mining", miner_state_time: 60, throttled: 80 }, ...miner } });

async function reading(miner: object, info: object = {}): Promise<Telemetry> {
  let telemetry: Telemetry | null = null;
  await with134(async (device, bench) => {
    instead(bench, { "GET /summary": summary(miner), "GET /info": { fw_version: "1.3.4", hr_measure: "GH/s", ...info } });
    telemetry = await device.read(never);
  });
  assert.ok(telemetry !== null);
  return telemetry;
}

describe("a VNish reading", () => {
  test("is complete, and needs no password where the firmware wants none", () =>
    with134(async (device, bench) => {
      const { power, hashrate, boards, pools, point, state, uptime, frequency, voltage, accepted, fansRpm, errors } = await device.read(never);
      assert.ok(power !== null && Math.abs(power - 3258) < 5);
      assert.ok(hashrate !== null && Math.abs(hashrate - 234.7) < 10);
      assert.deepEqual([state, point, frequency, voltage], ["hashing", "100%", 590, 13_600]);
      assert.equal(boards.length, 3);
      assert.ok(boards.every((board) => board.chipTemperature !== null && board.chipTemperature > 50));
      assert.deepEqual(pools, [{ url: "stratum+tcp://pool.invalid:3333", worker: "rig.asic-01", active: true }], "the firmware's own fee is no pool of ours");
      assert.ok(accepted !== null && accepted > 0);
      assert.ok(uptime !== null && uptime >= 100_000_000);
      assert.equal(fansRpm.length, 4);
      assert.deepEqual(errors, []);
      assert.ok(!bench.asked.includes("POST /unlock"));
      assert.match(device.description, /VNish 1\.3\.4$/);
    }));

  test("asks for a token where the firmware wants one, once", () =>
    with134(async (device, bench) => {
      let token = "";
      bench.override = (what, { headers }) => {
        if (what === "POST /unlock") return json(200, { token: (token = "t0k3n") });
        return what.startsWith("GET") && headers.authorization !== `Bearer ${token}` ? json(401, {}) : null;
      };
      token = "t0k3n";
      await device.read(never);
      await device.read(never);
      assert.equal(bench.asked.filter((what) => what === "POST /unlock").length, 1);
    }));

  test("knows hashrates in any unit, and voltages in V, 10 mV and mV", async () => {
    for (const [hr_measure, hr_realtime] of [["GH/s", 234_700], ["TH/s", 234.7], ["MH/s", 234_700_000], ["PH/s", 0.2347], [null, 234_700]] as const) assert.equal((await reading({ hr_realtime }, { hr_measure })).hashrate, 234.7);
    assert.equal((await reading({ hr_realtime: 234_700 }, { hr_measure: "Sol/s" })).hashrate, null, "a unit nobody knows says nothing");
    for (const volt of [13.8, 1380, 13_800, "13.8"]) assert.equal((await reading({ chains: [{ id: 1, voltage: volt, frequency: 590 }] })).voltage, 13_800, String(volt));
  });

  test("what is not said is null, never zero", async () => {
    const { power, powerSource, hashrate, frequency, voltage, accepted, hardwareErrors, boards, fansRpm, pools } = await reading({ chains: [{ id: 1, frequency: 0, voltage: 0, chip_temp: { min: 0, max: 0 } }], power_consumption: null, hr_realtime: "n/a" });
    assert.deepEqual([power, powerSource, hashrate, frequency, voltage, accepted, hardwareErrors], [null, null, null, null, null, null, null]);
    assert.deepEqual([boards[0]?.chipTemperature, boards[0]?.enabled, fansRpm, pools], [null, null, [], []]);
  });

  test("its states in the contract's words; a failure with its words and code", async () => {
    for (const [word, state] of [["mining", "hashing"], ["auto-tuning", "ramping"], ["initializing", "starting"], ["restarting", "starting"], ["shutting-down", "ramping"], ["stopped", "asleep"], ["sulking", null]] as const) {
      assert.equal((await reading({ miner_status: { miner_state: word } })).state, state, word);
    }
    const failed = await reading({ miner_status: { miner_state: "failure", description: "Failed to read temperature", failure_code: 1002 }, chains: [{ id: 2, status: { state: "failure", description: "no chips" } }] });
    assert.deepEqual([failed.state, failed.point, failed.uptime], ["fault", null, null]);
    assert.deepEqual(failed.errors, ["Failed to read temperature (code 1002)", "board 2: no chips"]);
  });

  test("a throttle by hand between our steps is no point; asleep there is none", async () => {
    assert.equal((await reading({})).point, "80%");
    assert.equal((await reading({ miner_status: { miner_state: "mining", throttled: 83 } })).point, null);
    assert.equal((await reading({ miner_status: { miner_state: "stopped", throttled: 80 } })).point, null);
  });

  for (const [name, answer] of [["HTML", "<html>"], ["half of it", '{"miner":{"miner_status"'], ["a list", "[]"], ["nothing", ""], ["another machine's", '{"STATUS":"E"}']] as const) {
    test(`${name} where JSON should be is not a reading`, () =>
      with134(async (device, bench) => {
        bench.override = (what) => (what === "GET /info" ? { status: 200, body: answer } : null);
        await assert.rejects(device.read(never), (error) => error instanceof DeviceError && error.code === "malformed");
      }));
  }
});

describe("VNish points", () => {
  const model = loadModel(MODEL);
  const preset = (name: string, pretty: string, more: object = {}) => ({ name, pretty, status: "untuned", modded_psu_required: false, ...more });

  test("percents of the device's own preset, live and hashing on the way", () =>
    with134(async (device, bench) => {
      instead(bench, { "GET /perf-summary": { current_preset: preset("3500", "3500 watt ~ 230 TH") } });
      await device.read(never);
      const [points, sleep] = device.capabilities;
      assert.ok(points?.kind === "points" && sleep?.kind === "sleep");
      assert.deepEqual(points.points.map(({ id }) => id).slice(0, 3), ["20%", "25%", "30%"]);
      assert.deepEqual(points.points.at(-1), { id: "100%", frequency: null, voltage: null, power: 3500, hashrate: 230 });
      assert.deepEqual([points.down.highest, points.down.hashing, points.down.confirm], ["ends", true, "readback"]);
      const before = device.capabilities;
      await device.read(never);
      assert.equal(device.capabilities, before, "the same list as long as nothing changes");
    }));

  test("its preset is asked for with every fourth poll, and again after a restart", () =>
    with134(async (device, bench) => {
      const asked = (): number => bench.asked.filter((what) => what === "GET /perf-summary").length;
      for (let polls = 0; polls < 4; polls++) await device.read(never);
      assert.equal(asked(), 1);
      await device.read(never);
      assert.equal(asked(), 2);
      instead(bench, { "GET /summary": { miner: { miner_status: { miner_state: "mining", miner_state_time: 1 } } } });
      await device.read(never);
      assert.equal(asked(), 2);
      await device.read(never);
      assert.equal(asked(), 3);
    }));

  test("presets where there is no throttle, with a restart as their price", () =>
    with134(async (device) => {
      await device.read(never);
      const points = device.capabilities[0];
      assert.ok(points?.kind === "points");
      assert.ok(points.points.some(({ id }) => id === "3258") && !points.points.some(({ id }) => id === "4662"), "the highest wants another supply");
      assert.deepEqual([points.up.highest, points.up.hashing], ["default", false]);
      assert.ok(points.up.fixed >= 60_000);
    }, { version: "1.2.7" }));

  test("unusable presets are left out; two tuned ones are enough to use no other", () => {
    const list = [preset("disabled", "Disabled"), preset("9000", "9000 watt ~ 500 TH"), preset("3500", "3500 watt ~ 230 TH", { modded_psu_required: true }), preset("", "1 watt ~ 1 TH"), "nonsense", null, preset("2640", "2640 watt ~ 176 TH"), preset("2550", "2550 watt ~ 170 TH")];
    assert.deepEqual(presetPoints(list, model).map(({ id }) => id), ["2550", "2640"]);
    const tuned = [...list, preset("3000", "3000 watt ~ 200 TH", { status: "tuned" }), preset("3100", "3100 watt ~ 206 TH", { status: "tuned" })];
    assert.deepEqual(presetPoints(tuned, model).map(({ id, power, hashrate }) => [id, power, hashrate]), [["3000", 3000, 200], ["3100", 3100, 206]]);
  });

  test("without a preset the frequency says what 100 % is, and without that the highest point", () => {
    const disabled = (globals: object) => fullOf({ current_preset: { name: "disabled", pretty: "Disabled", globals } } as never, model);
    assert.equal(disabled({ freq: 580, volt: 1350 }).power, 3258);
    assert.equal(disabled({ freq: 0 }).power, 4662);
    assert.equal(fullOf({}, model).power, 4662);
  });
});

describe("VNish orders", () => {
  const to = (device: Device, point: string): Promise<void> => device.actuators.points?.({ kind: "points", point }, never) ?? Promise.reject(new Error("no points"));
  const refused = (words: RegExp) => (error: unknown) => error instanceof DeviceError && error.code === "refused" && words.test(error.message);

  test("a wrong password is refused with its cure and without itself, and not tried again", () =>
    with134(async (device, bench) => {
      await device.read(never);
      for (let tries = 0; tries < 4; tries++) {
        await assert.rejects(to(device, "60%"), (error) => refused(/passwordFile of asic-01/)(error) && !String(error).includes("hunter2"));
      }
      assert.equal(bench.asked.filter((what) => what === "POST /unlock").length, 1);
      const { power, errors } = await device.read(never);
      assert.ok(power !== null, "what it tells everybody still counts");
      assert.match(errors.join(), /refused our password/);
    }, { password: "hunter2" }));

  test("a token that has ended is renewed on the way", () =>
    with134(async (device, bench) => {
      await to(device, "60%").catch(() => {});
      await device.read(never);
      bench.firmware.changePassword("admin");
      await to(device, "80%");
      assert.equal((await device.read(never)).point, "80%");
    }));

  test("what was acknowledged and does not read back is refused", () =>
    with134(async (device, bench) => {
      await device.read(never);
      bench.override = (what) => (what === "POST /mining/throttle" ? json(200, {}) : null);
      await assert.rejects(to(device, "60%"), refused(/throttle 60 %: the miner acknowledged it and reads 100/));
    }));

  test("an unknown point is out of range and nothing is sent", () =>
    with134(async (device, bench) => {
      await device.read(never);
      await assert.rejects(to(device, "10%"), (error) => error instanceof DeviceError && error.code === "out-of-range" && error.message.includes("20%"));
      assert.ok(bench.asked.every((what) => what.startsWith("GET")));
    }));

  test("a preset keeps the rest of the settings, and restarts mining once and only when the miner wants it", () =>
    with134(async (device, bench) => {
      await device.read(never);
      let sent: unknown = null;
      bench.override = (what, { body }) => {
        if (what === "POST /settings") sent = JSON.parse(body);
        return null;
      };
      await to(device, "2557");
      assert.deepEqual(sent, { miner: { overclock: { preset: "2557", globals: { volt: 0, freq: 0 }, chains: [{ freq: 0, chips: [], disabled: false }] } } });
      await to(device, "2557");
      assert.equal(bench.asked.filter((what) => what === "POST /mining/restart").length, 1);
      assert.equal(bench.asked.filter((what) => what === "POST /settings").length, 1);
    }, { version: "1.2.7" }));

  test("a restart that failed is made up for; a reboot is left to people", () =>
    with134(async (device, bench) => {
      await device.read(never);
      bench.override = (what) => (what === "POST /mining/restart" ? json(500, { err: "busy" }) : null);
      await assert.rejects(to(device, "2557"), refused(/busy/));
      bench.override = null;
      await to(device, "2557");
      assert.equal(bench.asked.filter((what) => what === "POST /settings").length, 1);
      assert.equal(bench.machine.body.profile, "490");
      bench.override = (what) => (what === "POST /settings" ? json(200, { restart_required: false, reboot_required: true }) : null);
      await assert.rejects(to(device, "2393"), refused(/wants a reboot/));
    }, { version: "1.2.7" }));

  for (const [unit, per] of [["hundredths", 10], ["millivolts", 1], ["volts", 1000]] as const) {
    test(`set by hand in ${unit}: clocks and volts go back in the same, beside everything else`, () =>
      with134(async (device, bench) => {
        const overclock = { preset: "disabled", globals: { freq: 590, volt: 13_600 / per, extra: 1 }, chains: [{ freq: 0, chips: [0, 0], disabled: false }], modded: false };
        const sent: unknown[] = [];
        bench.override = (what, { body }) => {
          if (what === "GET /perf-summary") return json(200, { current_preset: { name: "disabled", globals: overclock.globals } });
          if (what === "POST /settings") sent.push(JSON.parse(body));
          return what.endsWith("/settings") ? json(200, what.startsWith("GET") ? { miner: { overclock } } : { restart_required: true }) : null;
        };
        await device.read(never);
        await assert.rejects(to(device, "490"), refused(/490 MHz: the miner acknowledged it and reads 590 MHz at 13600 mV/));
        assert.deepEqual(sent, [{ miner: { overclock: { ...overclock, globals: { freq: 490, volt: 13_000 / per, extra: 1 } } } }]);
      }, { version: "1.2.7" }));
  }

  test("taken without a restart, clocks and volts are planned with as live; with one, as what a restart costs", () =>
    with134(async (device, bench) => {
      const cost = () => device.capabilities.flatMap((capability) => (capability.kind === "points" ? [[capability.down.highest, capability.down.hashing, capability.points.length]] : []))[0];
      await device.read(never);
      const { points } = loadModel(MODEL);
      assert.deepEqual(cost(), ["default", false, points.length]);
      await to(device, "490");
      assert.deepEqual(cost(), ["ends", true, points.length]);
      assert.ok(!bench.asked.includes("POST /mining/restart"));
      bench.override = (what) => (what === "POST /settings" ? json(200, { restart_required: true, reboot_required: false }) : null);
      await assert.rejects(to(device, "590"), refused(/reads 490 MHz/));
      assert.ok(bench.asked.includes("POST /mining/restart"), "it said that it wants one");
    }, { version: "1.2.7", by: "hand, live" }));

  test("boards that somebody has clocked one by one stay as they are, or sleep", () =>
    with134(async (device, bench) => {
      bench.override = (what) => (what === "GET /settings" ? json(200, { miner: { overclock: { preset: "disabled", globals: { freq: 590, volt: 1_360 }, chains: [{ freq: 0, chips: [] }, { freq: 0, chips: [0, 575, 0] }] } } }) : null);
      await device.read(never);
      assert.deepEqual(device.capabilities.flatMap((capability) => (capability.kind === "points" ? capability.points.map(({ id, power }) => [id, power]) : [])), [["as it is", 3_258]]);
      assert.equal((await device.read(never)).point, "as it is");
      await device.actuators.sleep?.({ kind: "sleep" }, never);
      await to(device, "as it is");
      assert.ok(!bench.asked.includes("POST /settings") && bench.asked.includes("POST /mining/resume"));
    }, { version: "1.2.7", by: "hand" }));

  test("firmware of a version that should throttle and does not is told presets instead", () =>
    with134(async (device, bench) => {
      bench.override = (what) => (what === "POST /mining/throttle" ? json(404, { err: "Not found" }) : null);
      await device.read(never);
      await assert.rejects(to(device, "60%"), refused(/HTTP 404, Not found/));
      await device.read(never);
      const points = device.capabilities.flatMap((capability) => (capability.kind === "points" ? capability.points.map(({ id }) => id) : []));
      assert.ok(points.includes("2557") && !points.includes("60%"), points.join(" "));
      await to(device, "2557");
      assert.ok(bench.asked.includes("POST /mining/restart"));
    }));

  test("one that was stopped by hand is started where it cannot be resumed", () =>
    with134(async (device, bench) => {
      await device.read(never);
      await device.actuators.sleep?.({ kind: "sleep" }, never);
      bench.override = (what) => (what === "POST /mining/resume" ? json(400, { err: "not paused" }) : null);
      await to(device, "100%");
      assert.equal(bench.asked.at(-1), "POST /mining/start");
    }));

  test("blinks, stops, and boots anew", () =>
    with134(async (device, bench) => {
      await device.read(never);
      await to(device, "80%");
      for (const on of [true, true, false]) await device.blink?.(on, never);
      assert.equal(bench.asked.filter((what) => what === "POST /find-miner").length, 2);
      await device.restart?.(never);
      assert.equal(bench.machine.body.starts, 1);
    }));

  test("asleep already is asleep enough", () =>
    with134(async (device, bench) => {
      await device.actuators.sleep?.({ kind: "sleep" }, never);
      bench.override = (what) => (what === "POST /mining/pause" ? json(400, { err: "already paused" }) : null);
      await device.actuators.sleep?.({ kind: "sleep" }, never);
      bench.override = (what) => (what === "POST /mining/pause" ? json(400, { err: "no" }) : what === "GET /status" ? json(200, { miner_state: "mining" }) : null);
      await assert.rejects(device.actuators.sleep?.({ kind: "sleep" }, never) ?? Promise.resolve(), refused(/no/));
    }));
});
