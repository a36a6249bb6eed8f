import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Asic } from "../../drivers/sim/asic.ts";
import type { Answer } from "../../drivers/sim/cgminer-answer.ts";
import { LuxosFirmware } from "../../drivers/sim/luxos.ts";
import { SimMachine } from "../../drivers/sim/machine.ts";
import { readSimModel } from "../../drivers/sim/model.ts";
import { seeded } from "../../drivers/sim/random.ts";

interface Bench {
  readonly asic: Asic;
  readonly machine: SimMachine;
  readonly ask: (command: string, parameter?: string) => Answer;
  /** With a session of its own. */
  readonly order: (command: string, parameter: string) => Answer;
  readonly pass: (ms: number) => void;
}

function bench(): Bench {
  const asic = new Asic({ model: readSimModel("antminer-s19k-pro"), random: seeded(1) });
  let now = 0;
  const clock = { now: () => now, wall: () => 1_700_000_000_000 + now };
  const machine = new SimMachine("asic-01", asic, clock);
  const firmware = new LuxosFirmware(machine, clock, { random: seeded(2) });
  const ask = (command: string, parameter = ""): Answer => firmware.answer(command, parameter);
  const order = (command: string, parameter: string): Answer => {
    const sid = item(ask("logon"))["SessionID"];
    const answer = ask(command, `${String(sid)}${parameter === "" ? "" : ","}${parameter}`);
    ask("logoff", String(sid));
    return answer;
  };
  return { asic, machine, ask, order, pass: (ms) => (now += ms) };
}

function item(answer: Answer, index = 0): Readonly<Record<string, unknown>> {
  const found = answer.section?.items[index];
  assert.ok(found, `${answer.message} has no item ${index}`);
  return found;
}

describe("LuxOS sessions", () => {
  test("one at a time, until it logs off", () => {
    const { ask } = bench();
    assert.equal(item(ask("session"))["SessionID"], "");
    const sid = String(item(ask("logon"))["SessionID"]);
    assert.match(sid, /^[0-9a-f]{8}$/);
    assert.equal(item(ask("session"))["SessionID"], sid);
    assert.deepEqual([ask("logon").status, ask("logon").code], ["E", 402]);
    assert.equal(ask("logoff", "ffffffff").status, "E");
    assert.equal(ask("logoff", sid).status, "S");
    assert.equal(ask("logon").code, 316);
  });

  test("end 60 s after their last use", () => {
    const { ask, pass } = bench();
    const sid = String(item(ask("logon"))["SessionID"]);
    pass(59_000);
    assert.equal(ask("frequencyset", `${sid},0,500`).status, "S");
    pass(59_999);
    assert.equal(ask("logon").code, 402);
    pass(1);
    assert.equal(ask("frequencyset", `${sid},0,500`).status, "E");
    assert.equal(ask("logon").status, "S");
  });

  test("end with a restart", () => {
    const { ask, machine, pass } = bench();
    const sid = String(item(ask("logon"))["SessionID"]);
    machine.fault({ kind: "reboot" });
    pass(40_000);
    assert.equal(ask("curtail", `${sid},sleep`).status, "E");
    assert.equal(ask("logon").status, "S");
  });

  test("nothing is set without one", () => {
    const { ask, asic } = bench();
    for (const command of ["frequencyset", "voltageset", "profileset", "curtail", "atmset", "disableboard", "rebootdevice"]) {
      assert.equal(ask(command, "0,0,300").status, "E", command);
      assert.equal(ask(command, "").status, "E", command);
    }
    asic.advance(60_000);
    assert.equal(asic.frequencyMHz, 590);
    assert.equal(asic.state, "hashing");
  });
});

describe("LuxOS orders", () => {
  test("frequencyset answers at once and ramps one board", () => {
    const { ask, order, pass } = bench();
    const answer = order("frequencyset", "1,490");
    assert.deepEqual([answer.status, answer.code, answer.write], ["S", 302, true]);
    assert.deepEqual(item(answer), { Board: 1, Frequency: 490, FrequencyStep: 5, TargetChip: -1 });
    assert.equal(item(ask("devs"), 1)["IsRamping"], true);
    assert.equal(item(ask("devs"), 0)["IsRamping"], false);
    pass(3_000);
    assert.equal(item(ask("frequencyget", "1"))["Frequency"], 490);
    assert.equal(item(ask("devs"), 1)["Frequency"], 490);
    assert.equal(item(ask("devs"), 1)["IsRamping"], false);
  });

  test("voltageset takes volts", () => {
    const { ask, order } = bench();
    assert.equal(order("voltageset", "2,12.9").status, "S");
    assert.deepEqual(item(ask("voltageget", "2")), { Board: 2, Voltage: 12.9 });
    assert.equal(item(ask("devs"), 2)["Voltage"], 12.9);
  });

  const refused: readonly (readonly [string, string])[] = [
    ["frequencyset", "0,801"],
    ["frequencyset", "0,-5"],
    ["frequencyset", "0,NaN"],
    ["frequencyset", "3,500"],
    ["frequencyset", "x,500"],
    ["frequencyset", "0"],
    ["voltageset", "0,15.1"],
    ["voltageset", "0,11"],
    ["profileset", "591MHz"],
    ["curtail", "nap"],
    ["atmset", "enabled=maybe"],
  ];
  for (const [command, parameter] of refused) {
    test(`refuses ${command},${parameter}`, () => {
      const { order, asic } = bench();
      assert.equal(order(command, parameter).status, "E");
      asic.advance(10_000);
      assert.deepEqual([asic.frequencyMHz, asic.voltageMV, asic.state], [590, 13_500, "hashing"]);
    });
  }

  test("profileset moves all boards, but not while ATM is on", () => {
    const { ask, order, asic, pass } = bench();
    assert.equal(order("atmset", "enabled=true").status, "S");
    assert.equal(item(ask("config"))["IsAtmEnabled"], true);
    assert.equal(order("profileset", "340MHz").status, "E");
    order("atmset", "enabled=false");
    assert.equal(order("profileset", "340MHz").code, 321);
    pass(60_000);
    ask("summary");
    assert.deepEqual([asic.frequencyMHz, asic.voltageMV], [340, 12_000]);
    assert.equal(item(ask("config"))["Profile"], "340MHz");
  });

  test("curtail sleep refuses settings until wakeup, and holds over a reboot", () => {
    const { ask, order, pass } = bench();
    assert.equal(order("curtail", "sleep").code, 335);
    pass(10_000);
    assert.equal(item(ask("config"))["CurtailMode"], "Sleep");
    assert.equal(item(ask("frequencyget", "0"))["Frequency"], 590);
    assert.equal(item(ask("devs"), 0)["Status"], "Dead");
    assert.equal(order("frequencyset", "0,400").status, "E");
    const reboot = order("rebootdevice", "");
    assert.equal(reboot.status, "S");
    reboot.after?.();
    pass(60_000);
    assert.equal(item(ask("config"))["CurtailMode"], "Sleep");
    assert.equal(order("curtail", "wakeup").status, "S");
    assert.equal(order("frequencyset", "0,400").status, "S");
  });

  test("a board can be disabled alone", () => {
    const { ask, order } = bench();
    const before = Number(item(ask("power"))["Watts"]);
    assert.equal(order("disableboard", "0").status, "S");
    assert.equal(item(ask("devs"), 0)["Enabled"], "N");
    assert.ok(Number(item(ask("power"))["Watts"]) < 0.7 * before);
    order("enableboard", "0");
    assert.equal(item(ask("devs"), 0)["Enabled"], "Y");
  });
});

describe("LuxOS reports", () => {
  test("hashrate lags behind the boards", () => {
    const { ask, order, pass } = bench();
    const before = Number(item(ask("summary"))["GHS 5s"]);
    assert.ok(Math.abs(before / 121_776 - 1) < 0.04);
    order("curtail", "sleep");
    pass(1_000);
    assert.ok(Number(item(ask("summary"))["GHS 5s"]) > 0.7 * before);
    pass(60_000);
    assert.ok(Number(item(ask("summary"))["GHS 5s"]) < 1);
  });

  test("profiles are the table, limits the envelope", () => {
    const { ask } = bench();
    const answer = ask("profiles");
    assert.equal(answer.section?.items.length, 25);
    assert.deepEqual(item(answer, 16), {
      "Profile Name": "590MHz",
      Frequency: 590,
      Voltage: 13.5,
      Watts: 2794,
      Hashrate: 121.8,
      Step: "0",
      IsDynamic: false,
      IsTuned: false,
    });
    assert.equal(item(ask("limits"))["FrequencyMax"], 800);
  });

  test("stuck: every order is taken and shown, and the body does not follow", () => {
    const { ask, order, machine, pass } = bench();
    machine.fault({ kind: "stuck" });
    const before = machine.body.powerW;
    assert.equal(order("frequencyset", "0,190").status, "S");
    assert.equal(order("curtail", "sleep").status, "S");
    pass(60_000);
    assert.equal(item(ask("config"))["CurtailMode"], "Sleep");
    assert.ok(Number(item(ask("power"))["Watts"]) < 50);
    assert.ok(Math.abs(machine.body.powerW - before) < 10);
    machine.fault({ kind: "none" });
    assert.equal(item(ask("config"))["CurtailMode"], "None");
  });
});
