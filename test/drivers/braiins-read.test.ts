/** What Braiins OS says on both its doors, and what it is told. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DeviceError, type DeviceErrorCode } from "../../agent/runtime/errors.ts";
import { braiins } from "../../drivers/braiins/driver.ts";
import { envelopeOf, manualPoints, profilesOf, rangeOf, targetPoints } from "../../drivers/braiins/points.ts";
import type { Device } from "../../drivers/driver.ts";
import { loadModel } from "../../drivers/models.ts";
import { json, type WebAnswer } from "../../drivers/sim/http-server.ts";
import { pointOf, readSimModel } from "../../drivers/sim/model.ts";
import { braiinsBench, type WebBench } from "./web-bench.ts";

const MODEL = "antminer-s19-xp";
const never = new AbortController().signal;
const model = loadModel(MODEL);

type Bench = Awaited<ReturnType<typeof braiinsBench>>;

async function at(options: { version?: string; password?: string }, work: (device: Device, bench: Bench) => Promise<void>): Promise<void> {
  const { version = "25.07.1", password } = options;
  await using bench = await braiinsBench({ version, model: MODEL });
  await using device = braiins({ id: "asic-01", address: bench.reports, webPort: bench.web.port, model, deadlineMs: 500, ...(password !== undefined && { password }) });
  await work(device, bench);
}

/** Instead of what the simulator says under these paths. */
const instead = (bench: Pick<WebBench<unknown>, "override">, answers: Readonly<Record<string, unknown>>): void => {
  bench.override = (what): WebAnswer | null => (what in answers ? json(200, answers[what]) : null);
};

const failsWith = (code: DeviceErrorCode, words: RegExp) => (error: unknown) => error instanceof DeviceError && error.code === code && words.test(error.message);
const to = (device: Device, point: string): Promise<void> => device.actuators.points?.({ kind: "points", point }, never) ?? Promise.reject(new Error("no points"));
const toSleep = (device: Device): Promise<void> => device.actuators.sleep?.({ kind: "sleep" }, never) ?? Promise.reject(new Error("no sleep"));
const times = (bench: Bench, what: string): number => bench.asked.filter((asked) => asked === what).length;

describe("a Braiins OS reading", () => {
  test("is complete: both doors, one login", () =>
    at({}, async (device, bench) => {
      await device.read(never);
      const { power, powerSource, hashrate, state, point, frequency, voltage, boards, inlet, pools, accepted, uptime, fansRpm, errors } = await device.read(never);
      assert.ok(power !== null && Math.abs(power - 3031) < 5);
      assert.ok(hashrate !== null && Math.abs(hashrate - 140.1) < 6);
      assert.deepEqual([powerSource, state, frequency, voltage, inlet], ["estimated", "hashing", 475, 13_200, 25]);
      assert.equal(point, null, "3,031 W is a target of its own, not one of ours");
      assert.deepEqual(boards.map(({ index, enabled }) => [index, enabled]), [[1, true], [2, true], [3, true]]);
      assert.deepEqual(pools, [{ url: "stratum+tcp://pool.invalid:3333", worker: "rig.asic-01", active: true }]);
      assert.ok(accepted !== null && uptime !== null && uptime >= 100_000_000);
      assert.equal(fansRpm.length, 4);
      assert.deepEqual(errors, []);
      assert.equal(times(bench, "POST /auth/login"), 1);
      assert.equal(times(bench, "GET /configuration/constraints"), 1);
      assert.match(device.description, /Braiins OS 25\.07\.1$/);
    }));

  test("before 25.07 says what is missing and what to do about it", async () => {
    await at({ version: "25.03.2" }, (device) => assert.rejects(device.read(never), failsWith("refused", /^unsupported: needs the REST API.*upgrade Braiins OS to 25\.07/)));
    const old = { status: 2, bos_version: { current: "2025-05-12-0-1a2b3c4d-25.05-plus" } };
    await at({}, async (device, bench) => {
      instead(bench, { "GET /miner/details": old });
      await assert.rejects(device.read(never), failsWith("refused", /unsupported.*and this is 25\.05/));
      bench.override = (what) => (what === "GET /miner/details" ? { status: 200, headers: { "content-type": "text/html" }, body: "<!doctype html><title>Braiins OS</title>" } : null);
      await assert.rejects(device.read(never), failsWith("refused", /unsupported/));
    });
  });

  test("with a wrong password is what everybody may read, said once, and the password is not hammered", () =>
    at({ password: "hunter2" }, async (device, bench) => {
      for (let polls = 0; polls < 3; polls++) {
        const { hashrate, power, state, pools, errors } = await device.read(never);
        assert.ok(hashrate !== null && hashrate > 100);
        assert.deepEqual([power, state, pools.length, errors.length], [null, "hashing", 1, 1]);
        assert.match(errors.join(), /password/);
        assert.ok(!errors.join().includes("hunter2"));
      }
      await assert.rejects(to(device, "2000W"), failsWith("refused", /passwordFile of asic-01/));
      assert.equal(times(bench, "POST /auth/login"), 1);
    }));

  test("its states in the contract's words", async () => {
    const cases = [[2, "hashing"], ["MINER_STATUS_PAUSED", "asleep"], [4, "hashing"], [0, null], [77, null]] as const;
    for (const [status, state] of cases) {
      await at({}, async (device, bench) => {
        instead(bench, { "GET /miner/details": { status, bosminer_uptime_s: 7, system_uptime_s: 99 }, "GET /miner/errors": { errors: [{ message: "the licence has ended" }] } });
        const telemetry = await device.read(never);
        assert.equal(telemetry.state, state, String(status));
        assert.deepEqual(telemetry.errors.length > 0, status === 4 || status === 0 || status === 77);
        if (status === 4) assert.deepEqual(telemetry.errors, ["mining is suspended", "the licence has ended"]);
      });
    }
    for (const [system, state] of [[30, "starting"], [900, "fault"]] as const) {
      await at({}, async (device, bench) => {
        instead(bench, { "GET /miner/details": { status: 1, bosminer_uptime_s: 0, system_uptime_s: system } });
        assert.equal((await device.read(never)).state, state);
      });
    }
  });

  test("while the tuner is far from its target it is ramping and at no point, near it at the target", () =>
    at({}, async (device, bench) => {
      const tuning = (watt: number) => ({ overall_tuner_state: 3, mode_state: { powertargetmodestate: { current_target: { watt } } } });
      const told = { tunermode: { target: { powertarget: { power_target: { watt: 2500 } } } } };
      const drawing = (watt: number, aim = 2500) => instead(bench, { "GET /performance/mode": told, "GET /performance/tuner-state": tuning(aim), "GET /miner/stats": { power_stats: { approximated_consumption: { watt } } } });
      await device.read(never);
      drawing(3000);
      assert.deepEqual(pick(await device.read(never)), ["ramping", null]);
      drawing(2510);
      assert.deepEqual(pick(await device.read(never)), ["hashing", "2500W"]);
      drawing(2210, 2200);
      const scaled = await device.read(never);
      assert.deepEqual(pick(scaled), ["hashing", "2500W"], "what it was told stands");
      assert.match(scaled.errors.join(), /lowered its target from 2500 W to 2200 W by itself/);
    }));

  test("what is not said is null, never zero", () =>
    at({}, async (device, bench) => {
      instead(bench, { "GET /miner/details": {}, "GET /miner/stats": { power_stats: null }, "GET /performance/tuner-state": {}, "GET /performance/mode": {}, "GET /miner/hw/hashboards": { hashboards: [{}, { id: "2", current_frequency: { hertz: 0 }, current_voltage: null, board_temp: { degree_c: "x" } }] } });
      const { power, powerSource, state, point, frequency, voltage, boards, inlet } = await device.read(never);
      assert.deepEqual([power, powerSource, state, point, frequency, voltage, inlet], [null, null, null, null, null, null, null]);
      assert.deepEqual(boards.map(({ index, enabled, boardTemperature }) => [index, enabled, boardTemperature]), [[1, null, null], [2, null, null]]);
    }));

  for (const path of ["/miner/details", "/miner/stats", "/performance/mode", "/performance/tuner-state", "/miner/hw/hashboards"]) {
    test(`half an answer from ${path} is no reading`, () =>
      at({}, async (device, bench) => {
        bench.override = (what) => (what === `GET ${path}` ? { status: 200, body: '{"hashboards":[{"id":"1","ena' } : null);
        await assert.rejects(device.read(never), failsWith("malformed", /GET \//));
      }));
  }
});

const pick = ({ state, point }: Awaited<ReturnType<Device["read"]>>) => [state, point];

describe("Braiins OS points", () => {
  test("targets over the device's own range, below the nameplate, in round steps", () => {
    const points = targetPoints({ min: 996, max: 9_000 }, model, []);
    assert.deepEqual(points.slice(0, 3).map(({ id, power }) => [id, power]), [["996W", 996], ["1050W", 1050], ["1200W", 1200]]);
    assert.equal(points.at(-1)?.power, model.nameplate);
    assert.equal(points.find(({ id }) => id === "3000W")?.hashrate.toFixed(0), "139");
    assert.ok(points.every(({ hashrate }, index) => index === 0 || hashrate >= (points[index - 1]?.hashrate ?? 0)));
  });

  test("what the tuner measured corrects the model, and what is implausible does not", () => {
    const row = (target: number, power: number, hashrate: number) => ({ target: { watt: target }, estimated_power_consumption: { watt: power }, measured_hashrate: { gigahash_per_second: hashrate * 1000 } });
    const profiles = profilesOf({ power_target_profiles: [row(3031, 3137, 142.88), row(2431, 2472, 119.97), row(1000, 397, 13), { target: null }, "x"] });
    assert.deepEqual(profiles.map(({ target }) => target), [1000, 2431, 3031]);
    const at2431 = targetPoints({ min: 2431, max: 3031 }, model, profiles);
    assert.deepEqual([at2431[0]?.power, at2431[0]?.hashrate.toFixed(2)], [2472, "119.97"]);
    assert.deepEqual([at2431.at(-1)?.power, at2431.at(-1)?.hashrate.toFixed(2)], [3137, "142.88"]);
    const middle = at2431.find(({ id }) => id === "2750W");
    assert.ok(middle !== undefined && middle.power > 2750 * 1.017 && middle.power < 2750 * 1.035);
  });

  test("constraints narrow and never widen; none leave the model's", () => {
    const constraints = { tuner_constraints: { power_target: { min: { watt: 1200 }, max: { watt: 3600 } } }, hashboards_constraints: { frequency: { min: { hertz: 200e6 }, max: { hertz: 5e9 } }, voltage: { min: { volt: 12.5 } } } };
    assert.deepEqual(rangeOf(constraints), { min: 1200, max: 3600 });
    assert.deepEqual(envelopeOf(constraints, model), { frequency: { min: 200, max: 700 }, voltage: { min: 12_500, max: 15_000 } });
    assert.deepEqual(envelopeOf({}, model), model.envelope);
    assert.deepEqual(rangeOf({ tuner_constraints: { power_target: { min: { watt: 3600 }, max: { watt: 0 } } } }), null);
    assert.ok(manualPoints(envelopeOf(constraints, model), model).every(({ voltage }) => voltage !== null && voltage >= 12_500));
  });

  test("the mode is the operator's: frequencies and voltages while the tuner is off, and its transitions say minutes", () =>
    at({}, async (device, bench) => {
      await device.read(never);
      const tuned = device.capabilities[0];
      assert.ok(tuned?.kind === "points" && tuned.points.every(({ frequency }) => frequency === null) && tuned.down.fixed >= 60_000);
      bench.firmware.setByHand(pointOf(readSimModel(MODEL), "400"));
      await device.read(never);
      const byHand = device.capabilities[0];
      assert.ok(byHand?.kind === "points" && byHand.points.some(({ id, frequency, voltage }) => id === "400" && frequency === 400 && voltage === 12_750));
    }));
});

describe("Braiins OS orders", () => {
  test("a target is set absolutely and read back, and one in place is not written again", () =>
    at({}, async (device, bench) => {
      await device.read(never);
      await to(device, "2000W");
      await to(device, "2000W");
      assert.equal(times(bench, "PUT /performance/power-target"), 1);
      assert.equal(times(bench, "PUT /performance/quick-ramping"), 1);
      assert.ok(!bench.asked.some((what) => /increment|decrement|relative/.test(what)));
      bench.override = (what) => (what === "PUT /performance/power-target" ? json(200, { watt: 2500 }) : null);
      await assert.rejects(to(device, "2500W"), failsWith("refused", /2500 W: the miner acknowledged it and reads 2000 W/));
    }));

  test("a tuner that aims at a hashrate is told to aim at watts", () =>
    at({}, async (device, bench) => {
      await device.read(never);
      let told = false;
      bench.override = (what) => {
        told ||= what === "PUT /performance/mode";
        return what === "GET /performance/mode" && !told ? json(200, { tunermode: { target: { hashratetarget: { hashrate_target: { terahash_per_second: 120 } } } } }) : null;
      };
      assert.equal((await device.read(never)).point, null);
      await to(device, "2000W");
      assert.equal(times(bench, "PUT /performance/mode"), 1);
      assert.equal(times(bench, "PUT /performance/power-target"), 0);
    }));

  test("a token that has ended is renewed on the way", () =>
    at({}, async (device, bench) => {
      await to(device, "2000W");
      bench.firmware.changePassword("root");
      await to(device, "2500W");
      assert.equal(times(bench, "POST /auth/login"), 2);
    }));

  test("a token refused at once is said so, without a circle", () =>
    at({}, async (device, bench) => {
      bench.override = (what) => (what.startsWith("PUT") ? json(401, {}) : null);
      await assert.rejects(toSleep(device), failsWith("refused", /refused the token it has just given/));
      assert.equal(times(bench, "POST /auth/login"), 1);
    }));

  test("pause with its ramps set first; firmware without them pauses all the same, and paused is paused", () =>
    at({}, async (device, bench) => {
      let ramps: unknown = null;
      bench.override = (what, { body }) => {
        if (what === "PUT /performance/quick-ramping") ramps = JSON.parse(body);
        return null;
      };
      await toSleep(device);
      assert.deepEqual(ramps, { up_s: 5, down_s: 2 });
      bench.override = (what) => (what === "PUT /actions/pause" ? json(409, { message: "already paused" }) : null);
      await toSleep(device);
      assert.equal((await device.read(never)).state, "asleep");
      await at({}, async (other, old) => {
        old.override = (what) => (what === "PUT /performance/quick-ramping" ? json(404, {}) : null);
        await toSleep(other);
        assert.equal((await other.read(never)).state, "asleep");
      });
    }));

  test("wakes to the new target, and starts what was stopped", () =>
    at({}, async (device, bench) => {
      await toSleep(device);
      await to(device, "2000W");
      const writes = bench.asked.filter((what) => what.startsWith("PUT"));
      assert.deepEqual(writes.slice(-2), ["PUT /performance/power-target", "PUT /actions/resume"]);
      instead(bench, { "GET /miner/details": { status: 1 }, "PUT /actions/start": false });
      await to(device, "2500W");
      assert.equal(times(bench, "PUT /actions/start"), 1);
    }));

  test("by hand all boards go in one request, and a miner in another mode afterwards is a refusal", () =>
    at({}, async (device, bench) => {
      bench.firmware.setByHand(pointOf(readSimModel(MODEL), "475"));
      await device.read(never);
      let sent: unknown = null;
      bench.override = (what, { body }) => {
        if (what === "PUT /performance/mode") sent = JSON.parse(body);
        return null;
      };
      await to(device, "400");
      const setting = { frequency: { hertz: 400e6 }, voltage: { volt: 12.75 } };
      assert.deepEqual(sent, { manualmode: { global_frequency: setting.frequency, global_voltage: setting.voltage, hashboards: ["1", "2", "3"].map((id) => ({ id, ...setting })) } });
      instead(bench, { "GET /performance/mode": { tunermode: {} } });
      await assert.rejects(to(device, "350"), failsWith("refused", /reads another mode/));
    }));

  test("blinks, stops, and boots anew", () =>
    at({}, async (device, bench) => {
      const bodies: string[] = [];
      bench.override = (what, { body }) => (what === "PUT /actions/locate" && bodies.push(body) < 0 ? json(500, {}) : null);
      await device.blink?.(true, never);
      await device.blink?.(false, never);
      assert.deepEqual(bodies.slice(-2), ["true", "false"]);
      await device.restart?.(never);
      assert.equal(bench.machine.body.starts, 1);
    }));

  test("an unknown point is out of range and nothing is sent", () =>
    at({}, async (device, bench) => {
      await device.read(never);
      for (const id of ["99999W", "590", "", "-5W"]) await assert.rejects(to(device, id), failsWith("out-of-range", /known: /));
      assert.ok(!bench.asked.some((what) => what.startsWith("PUT")));
    }));
});
