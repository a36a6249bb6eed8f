import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Asic } from "../../drivers/sim/asic.ts";
import { defaultPointOf, pointOf, readSimModel, simModelIds } from "../../drivers/sim/model.ts";
import { branch, seeded } from "../../drivers/sim/random.ts";
import { drawUnit } from "../../drivers/sim/unit.ts";

const S19K = readSimModel("antminer-s19k-pro");
const BOARDS = [0, 1, 2];

const asicAt = (point: string, model = S19K): Asic => new Asic({ model, random: seeded(1), point });
const near = (actual: number, expected: number, fraction: number): void =>
  assert.ok(Math.abs(actual - expected) <= fraction * expected, `${actual} is not within ${fraction * 100} % of ${expected}`);
const orderAll = (asic: Asic, megahertz: number): void => {
  for (const board of BOARDS) assert.equal(asic.setFrequency(board, megahertz), null);
};

describe("an ASIC against its table", () => {
  for (const id of simModelIds()) {
    const model = readSimModel(id);
    test(`${id}: power and hashrate of all ${model.points.length} points`, () => {
      for (const point of model.points) {
        const asic = asicAt(point.id, model);
        asic.advance(600_000);
        near(asic.powerW, point.powerW, 0.015);
        near(asic.hashrateThs, point.hashrateThs, 0.005);
        assert.ok(asic.powerW <= model.nameplateW);
        assert.equal(asic.state, "hashing");
      }
    });
    test(`${id}: points ascend, lie inside the limits and under the nameplate`, () => {
      const { limits, points } = model;
      for (const [index, point] of points.entries()) {
        const before = points[index - 1];
        assert.ok(point.id === String(point.frequencyMHz) || /^(\d+(%|W)|[a-z]+)$/.test(point.id), point.id);
        assert.ok(before === undefined || (before.frequencyMHz < point.frequencyMHz && before.powerW < point.powerW && before.voltageMV <= point.voltageMV));
        assert.ok(point.frequencyMHz >= limits.frequencyMinMHz && point.frequencyMHz <= limits.frequencyMaxMHz);
        assert.ok(point.voltageMV >= limits.voltageMinMV && point.voltageMV <= limits.voltageMaxMV);
        assert.ok(point.powerW < model.nameplateW);
      }
      assert.ok(defaultPointOf(model).powerW > 0);
    });
  }
});

describe("fans that stand", () => {
  const { inletC, nominalBoardC, thermalTimeConstantS } = S19K.physics;
  const rise = nominalBoardC - inletC;
  const warmest = (asic: Asic): number => Math.max(...asic.boards.map(({ temperatureC }) => temperatureC));
  /** With so many standing since the beginning, so much later. */
  const after = (standing: number, ms: number, point = S19K.defaultPoint): Asic => {
    const asic = asicAt(point);
    asic.standingFans = standing;
    asic.advance(ms);
    return asic;
  };
  for (const [standing, times] of [[0, 1], [1, 1.259], [2, 1.741]] as const) {
    test(`${standing} of 4: boards end ${times} times as far above the air`, () => near(warmest(after(standing, 3_600_000, "315")) - inletC, times * (warmest(after(0, 0, "315")) - inletC), 0.01));
  }
  test("what warms more draws more", () => assert.ok(after(1, 3_600_000).powerW > 1.02 * after(0, 3_600_000).powerW));
  test("with none that turns a board takes up its heat, and no more: as fast as if the air took none", () => {
    const perSecond = warmest(after(4, 10_000)) - warmest(after(4, 9_000));
    assert.ok(perSecond > 0.5 * (rise / thermalTimeConstantS) && perSecond < 1.1 * (rise / thermalTimeConstantS), `${perSecond} K/s`);
  });
  test("the firmware ends mining before long, at its lowest point it lives with one", () => {
    assert.equal(after(4, 120_000).trips > 0, true);
    assert.equal(after(1, 3_600_000, S19K.points[0]?.id).trips, 0);
  });
  test("their tachometers say so, the others turn; a copy has the same", () => {
    const asic = after(2, 1_000).fork();
    assert.deepEqual([0, 1, 2, 3].map((fan) => asic.tachometer(fan, 4_000)), [0, 0, 4_000, 4_000]);
  });
});

describe("a frequency ramp", () => {
  test("walks 5 MHz every 150 ms and not before", () => {
    const asic = asicAt("590");
    orderAll(asic, 490);
    asic.advance(149);
    assert.equal(asic.frequencyMHz, 590);
    assert.equal(asic.state, "ramping");
    asic.advance(150);
    assert.equal(asic.frequencyMHz, 585);
    asic.advance(2999);
    assert.equal(asic.frequencyMHz, 495);
    asic.advance(3000);
    assert.equal(asic.frequencyMHz, 490);
    assert.equal(asic.state, "hashing");
  });

  test("turns where it is when a new order comes", () => {
    const asic = asicAt("590");
    orderAll(asic, 190);
    asic.advance(1500);
    assert.equal(asic.frequencyMHz, 540);
    orderAll(asic, 590);
    asic.advance(2000);
    assert.equal(asic.frequencyMHz, 555);
    asic.advance(10_000);
    assert.equal(asic.frequencyMHz, 590);
  });

  test("one board alone changes a third", () => {
    const asic = asicAt("590");
    const before = asic.hashrateThs;
    assert.equal(asic.setFrequency(1, 295), null);
    asic.advance(60_000);
    near(asic.hashrateThs, before * (1 - 1 / 6), 0.001);
    assert.deepEqual(
      asic.boards.map((board) => board.frequencyMHz),
      [590, 295, 590],
    );
  });

  test("never draws more than the larger of both ends on its way down, and settles at the table", () => {
    const asic = asicAt("590");
    asic.advance(10_000);
    const before = asic.powerW;
    orderAll(asic, 390);
    for (const board of BOARDS) assert.equal(asic.setVoltage(board, 12_300), null);
    for (let at = 10_000; at < 30_000; at += 100) {
      asic.advance(at);
      assert.ok(asic.powerW <= before);
    }
    const warm = asic.powerW;
    asic.advance(600_000);
    assert.ok(warm > asic.powerW, "boards still hot draw more");
    near(asic.powerW, 1657, 0.015);
  });

  test("refuses what is outside the limits, and boards that are not there", () => {
    const asic = asicAt("590");
    for (const megahertz of [49, 801, NaN, Infinity]) assert.equal(asic.setFrequency(0, megahertz), "out-of-range");
    for (const millivolts of [11_000, 15_001, NaN]) assert.equal(asic.setVoltage(0, millivolts), "out-of-range");
    for (const board of [-1, 3, 0.5]) assert.equal(asic.setFrequency(board, 500), "no-board");
    asic.advance(60_000);
    assert.equal(asic.frequencyMHz, 590);
  });

  test("too little voltage costs hashrate", () => {
    const asic = asicAt("590");
    const before = asic.hashrateThs;
    for (const board of BOARDS) asic.setVoltage(board, 13_250);
    assert.equal(asic.hashrateThs, before);
    for (const board of BOARDS) asic.setVoltage(board, 12_950);
    near(asic.hashrateThs, before / 2, 0.01);
  });
});

describe("sleep", () => {
  test("is at its floor within 5 s and takes no settings", () => {
    const asic = asicAt("590");
    assert.equal(asic.sleep(), null);
    assert.equal(asic.state, "asleep");
    assert.equal(asic.hashrateThs, 0);
    asic.advance(5_000);
    assert.ok(asic.powerW < 2 * S19K.sleepPowerW);
    asic.advance(20_000);
    assert.equal(asic.powerW, S19K.sleepPowerW);
    assert.equal(asic.setFrequency(0, 400), "asleep");
    assert.equal(asic.setVoltage(0, 12_000), "asleep");
    assert.equal(asic.frequencyMHz, 0);
    assert.equal(asic.boards[0]?.frequencyMHz, 590);
  });

  test("ends in a climb from the lowest frequency to the one held", () => {
    const asic = asicAt("590");
    orderAll(asic, 390);
    asic.advance(60_000);
    asic.sleep();
    asic.advance(120_000);
    assert.equal(asic.wake(), null);
    assert.equal(asic.state, "ramping");
    assert.equal(asic.frequencyMHz, 190);
    asic.advance(120_999);
    assert.equal(asic.frequencyMHz, 190);
    // 1 s of initialising, then 40 steps.
    asic.advance(121_000 + 39 * 150);
    assert.equal(asic.frequencyMHz, 390);
    assert.equal(asic.state, "hashing");
  });

  test("an order right after waking turns the climb", () => {
    const asic = asicAt("590");
    asic.sleep();
    asic.advance(10_000);
    asic.wake();
    orderAll(asic, 190);
    asic.advance(60_000);
    assert.equal(asic.frequencyMHz, 190);
  });
});

describe("a restart", () => {
  test("draws little, then comes back at the default, whatever was set", () => {
    const asic = new Asic({ model: S19K, random: seeded(3), restartMs: 30_000, minedMs: 86_400_000 });
    orderAll(asic, 190);
    asic.advance(60_000);
    asic.reboot();
    assert.equal(asic.state, "starting");
    assert.equal(asic.reachable, "booting");
    assert.equal(asic.uptimeMs, 0);
    assert.equal(asic.setFrequency(0, 190), "starting");
    asic.advance(75_000 + 1_600);
    assert.equal(asic.reachable, "yes");
    assert.equal(asic.powerW, S19K.physics.restartW);
    asic.advance(60_000 + 33_001 + 1_000 + 80 * 150);
    assert.equal(asic.frequencyMHz, 590);
    assert.ok(asic.uptimeMs < 60_000);
    near(asic.powerW, 2794, 0.1);
  });

  test("keeps a machine asleep that was put to sleep, and forgets what it would wake to", () => {
    const asic = asicAt("390");
    asic.sleep();
    asic.advance(5_000);
    asic.reboot();
    asic.advance(60_000);
    assert.equal(asic.state, "asleep");
    assert.equal(asic.curtailed, true);
    asic.wake();
    asic.advance(120_000);
    assert.equal(asic.frequencyMHz, 590);
  });

  test("a profile survives it", () => {
    const asic = asicAt("590");
    const point = S19K.points.find((candidate) => candidate.id === "340");
    assert.ok(point);
    asic.setProfile(point);
    asic.reboot();
    asic.advance(120_000);
    assert.equal(asic.frequencyMHz, 340);
    assert.equal(asic.voltageMV, 12_000);
  });

  test("power lost and found is a restart too", () => {
    const asic = asicAt("590");
    asic.powerOff();
    assert.equal(asic.powerW, 0);
    assert.equal(asic.state, "off");
    assert.equal(asic.reachable, "no");
    asic.reboot();
    assert.equal(asic.state, "off");
    asic.advance(1_000);
    asic.powerOn();
    assert.equal(asic.state, "starting");
    asic.advance(120_000);
    assert.equal(asic.state, "hashing");
  });
});

describe("what holds always", () => {
  test("spread between units stays inside its bounds and is the seed's", () => {
    for (let index = 0; index < 200; index += 1) {
      const unit = drawUnit(branch(7, index));
      assert.ok(Math.abs(unit.power - 1) <= 0.025 && Math.abs(unit.hashrate - 1) <= 0.01 && Math.abs(unit.selfReport - 1) <= 0.05);
      assert.deepEqual(unit, drawUnit(branch(7, index)));
    }
    assert.notDeepEqual(drawUnit(branch(7, 0)), drawUnit(branch(8, 0)));
  });

  test("a warmer inlet draws more", () => {
    const asic = asicAt("590");
    const before = asic.powerW;
    asic.inletC += 10;
    asic.advance(600_000);
    near(asic.powerW / before, 1.03, 0.002);
  });

  test("a fork lives on alone", () => {
    const asic = asicAt("590");
    asic.advance(1_000);
    const copy = asic.fork();
    orderAll(copy, 190);
    copy.advance(60_000);
    asic.advance(60_000);
    assert.equal(copy.frequencyMHz, 190);
    assert.equal(asic.frequencyMHz, 590);
    assert.ok(copy.energyWh < asic.energyWh);
  });

  const order = fc.oneof(
    fc.record({ kind: fc.constant("frequency" as const), board: fc.nat(3), value: fc.integer({ min: 0, max: 900 }) }),
    fc.record({ kind: fc.constant("voltage" as const), board: fc.nat(3), value: fc.integer({ min: 11_000, max: 16_000 }) }),
    fc.record({ kind: fc.constantFrom("sleep" as const, "wake" as const, "reboot" as const, "powerOff" as const, "powerOn" as const) }),
  );
  const life = fc.array(fc.record({ after: fc.integer({ min: 0, max: 20_000 }), order }), { maxLength: 20 });

  test("any life: power between nothing and what the limits allow, energy never less, one leap equals many steps", () => {
    fc.assert(
      fc.property(life, fc.nat(1000), (orders, seed) => {
        const leaping = new Asic({ model: S19K, random: seeded(seed) });
        const stepping = new Asic({ model: S19K, random: seeded(seed) });
        let at = 0;
        for (const { after, order: next } of orders) {
          for (const asic of [leaping, stepping]) {
            if (next.kind === "frequency") asic.setFrequency(next.board, next.value);
            else if (next.kind === "voltage") asic.setVoltage(next.board, next.value);
            else asic[next.kind]();
          }
          const energy = stepping.energyWh;
          for (let step = 0; step < after; step += 200) stepping.advance(at + step);
          at += after;
          stepping.advance(at);
          leaping.advance(at);
          assert.ok(stepping.energyWh >= energy);
          // 800 MHz at 15 V and 10 % of heat: nothing in the limits draws more.
          assert.ok(stepping.powerW >= 0 && stepping.powerW < 5_200, String(stepping.powerW));
          assert.equal(leaping.state, stepping.state);
          assert.equal(leaping.frequencyMHz, stepping.frequencyMHz);
          assert.ok(Math.abs(leaping.powerW - stepping.powerW) <= 2 + 0.01 * stepping.powerW);
        }
        assert.ok(Math.abs(leaping.energyWh - stepping.energyWh) <= 0.2 + 0.01 * stepping.energyWh);
      }),
      { numRuns: 100, seed: 42 },
    );
  });
});

describe("an ASIC whose mining process has to start", () => {
  const model = readSimModel("whatsminer-m50s");
  const restarting = (): Asic => new Asic({ model, random: seeded(1), start: { downMs: 20_000, climbMs: 40_000 }, minedMs: 86_400_000 });

  test("draws fans and controller for a while, then climbs in a straight line; it answers all the while", () => {
    const asic = restarting();
    asic.restartMining();
    assert.deepEqual([asic.state, asic.reachable, asic.powerW > model.physics.restartW], ["starting", "yes", true]);
    asic.advance(15_000);
    near(asic.powerW, model.physics.restartW, 0.01);
    assert.equal(asic.hashrateThs, 0);
    // Down for 20 s give or take a tenth, so at 42 s it is half way up give or take 5 %.
    asic.advance(42_000);
    assert.equal(asic.state, "ramping");
    near(asic.hashrateThs, 63, 0.15);
    asic.advance(70_000);
    assert.deepEqual([asic.state, asic.uptimeMs <= 70_000], ["hashing", true]);
    near(asic.hashrateThs, 126, 0.001);
  });

  test("a point holds until the next start, which comes back with the profile; it is taken within a second, also on the climb", () => {
    const asic = restarting();
    const half = pointOf(model, "50%");
    assert.equal(asic.setPoint(half), null);
    asic.advance(1_500);
    near(asic.hashrateThs, half.hashrateThs, 0.001);
    assert.deepEqual([asic.sleep(), asic.wake()], [null, null]);
    assert.equal(asic.setPoint(half), "starting");
    asic.advance(61_000);
    assert.equal(asic.setPoint(half), null);
    asic.advance(62_000);
    near(asic.hashrateThs, half.hashrateThs, 0.001);
    asic.restartMining();
    asic.advance(200_000);
    near(asic.powerW, 3_276, 0.02);
  });

  test("a restart with a new setting keeps it, and a sleeper sleeps on", () => {
    const asic = restarting();
    asic.restartMining(pointOf(model, "70%"));
    asic.advance(100_000);
    near(asic.hashrateThs, pointOf(model, "70%").hashrateThs, 0.001);
    asic.sleep();
    asic.restartMining();
    asic.advance(200_000);
    assert.equal(asic.state, "asleep");
  });
});
