/** The simulated WhatsMiner by bare hands: what the wire shows, not what a driver makes of it. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { writeRigFiles } from "../../agent/cli/sim-files.ts";
import { vocabulary } from "../../agent/cli/vocabulary.ts";
import { loadConfig } from "../../agent/config/load.ts";
import { minerPasswords } from "../../agent/config/secrets.ts";
import { Asic } from "../../drivers/sim/asic.ts";
import { SimMachine } from "../../drivers/sim/machine.ts";
import { readSimModel } from "../../drivers/sim/model.ts";
import { seeded } from "../../drivers/sim/random.ts";
import { startRig } from "../../drivers/sim/rig.ts";
import { crypted, opened, sealed, sha256 } from "../../drivers/sim/whatsminer-crypt.ts";
import { WhatsminerV2 } from "../../drivers/sim/whatsminer-v2.ts";
import { WhatsminerV3 } from "../../drivers/sim/whatsminer-v3.ts";
import { Btminer } from "../../drivers/sim/whatsminer.ts";
import { exchange } from "./wire.ts";

type Json = Record<string, unknown>;
const parse = (text: string): Json => JSON.parse(text.replace(/\0$/, "")) as Json;

/** On a clock of its own, so that half an hour takes no time. */
function bench() {
  let at = 0;
  const clock = { now: () => at, wall: () => 1_800_000_000_000 + at };
  const random = seeded(3);
  const machine = new SimMachine("asic-01", new Asic({ model: readSimModel("whatsminer-m50s"), random, start: { downMs: 20_000, climbMs: 420_000 } }), clock);
  const btminer = new Btminer(machine);
  const options = { btminer, clock, random, password: "admin" };
  return { machine, btminer, v2: new WhatsminerV2(options), v3: new WhatsminerV3(options), later: (ms: number) => void (at += ms) };
}

const ask = (firmware: WhatsminerV2 | WhatsminerV3, request: unknown): Json => parse(firmware.answer(JSON.stringify(request)).text);
const codeOf = (reply: Json): unknown => reply["Code"] ?? reply["code"];

interface Token {
  readonly token: string;
  readonly key: Buffer;
}

function tokenOf(firmware: WhatsminerV2, password = "admin"): Token {
  const { time, salt, newsalt } = ask(firmware, { cmd: "get_token" })["Msg"] as Record<string, string>;
  const secret = crypted(password, salt ?? "");
  return { token: crypted(secret + (time ?? ""), newsalt ?? ""), key: sha256(secret) };
}

function order(firmware: WhatsminerV2, { token, key }: Token, fields: Json): Json {
  const reply = ask(firmware, { enc: 1, data: sealed(JSON.stringify({ token, ...fields }), key) });
  return typeof reply["enc"] === "string" ? parse(opened(reply["enc"], key) ?? "") : reply;
}

describe("API V2", () => {
  test("orders need a token: in plain text 45, with another password 23, with a wrong token 135, with the right one 131", () => {
    const { v2 } = bench();
    assert.equal(codeOf(ask(v2, { cmd: "power_off" })), 45);
    assert.equal(codeOf(order(v2, tokenOf(v2, "wrong"), { cmd: "power_off" })), 23);
    assert.equal(codeOf(order(v2, { ...tokenOf(v2), token: "nonsense" }, { cmd: "power_off" })), 135);
    assert.equal(codeOf(order(v2, tokenOf(v2), { cmd: "power_off" })), 131);
  });

  test("a token lives half an hour, and not through a reboot", () => {
    const { v2, machine, later } = bench();
    const token = tokenOf(v2);
    later(1_799_000);
    assert.equal(codeOf(order(v2, token, { cmd: "set_power_pct", percent: "60" })), 131);
    later(2_000);
    assert.equal(codeOf(order(v2, token, { cmd: "set_power_pct", percent: "60" })), 135);
    const another = tokenOf(v2);
    machine.reboot();
    later(900_000);
    assert.equal(codeOf(order(v2, another, { cmd: "set_power_pct", percent: "60" })), 135);
  });

  test("a hundred tokens and no more, until they end", () => {
    const { v2, later } = bench();
    for (let count = 0; count < 100; count++) assert.equal(codeOf(ask(v2, { cmd: "get_token" })), 134);
    assert.equal(codeOf(ask(v2, { cmd: "get_token" })), 136);
    later(1_801_000);
    assert.equal(codeOf(ask(v2, { cmd: "get_token" })), 134);
  });

  test("the percent acts within a second and is forgotten by a restart; one that is off or starting takes none", () => {
    const { v2, btminer, machine, later } = bench();
    const token = tokenOf(v2);
    order(v2, token, { cmd: "set_power_pct", percent: "50" });
    later(1_200);
    // Its boards are still as warm as at full power: 4 % more than the table.
    assert.ok(Math.abs(machine.powerW - 1_638) < 0.04 * 1_638, String(machine.powerW));
    assert.equal(btminer.percent, 50);
    order(v2, token, { cmd: "restart_btminer" });
    assert.equal(btminer.percent, 100);
    assert.equal(codeOf(order(v2, token, { cmd: "set_power_pct", percent: "50" })), 132);
    assert.equal(codeOf(ask(v2, { cmd: "summary" })), 14);
    assert.equal(codeOf(ask(v2, { cmd: "status" })), 131);
    later(500_000);
    assert.ok(machine.powerW > 3_100);
    for (const percent of ["101", "-1", "1e1", 50, null]) assert.equal(codeOf(order(v2, token, { cmd: "set_power_pct", percent })), 132, String(percent));
  });

  test("with fast boot it is back within a minute, without one after seven", () => {
    for (const [fast, minutes] of [[true, 1], [false, 7.5]] as const) {
      const { v2, machine, later } = bench();
      if (fast) order(v2, tokenOf(v2), { cmd: "enable_btminer_fast_boot" });
      order(v2, tokenOf(v2), { cmd: "power_off" });
      later(10_000);
      assert.equal(Math.round(machine.powerW), 45);
      order(v2, tokenOf(v2), { cmd: "power_on" });
      later(minutes * 60_000 * 0.8);
      assert.notEqual(machine.body.state, "hashing");
      later(minutes * 60_000 * 0.2 + 2_000);
      assert.equal(machine.body.state, "hashing");
    }
  });

  test("what is no request gets an answer too", () => {
    const { v2 } = bench();
    for (const [text, code] of [["", 23], ["summary", 23], ["[]", 23], ["{}", 14], ['{"cmd":5}', 14], ['{"cmd":"summary+edevs"}', 14], ['{"enc":1,"data":7}', 23], ['{"enc":1,"data":"AAAA"}', 23]] as const) {
      assert.equal(codeOf(parse(v2.answer(text).text)), code, text);
    }
  });
});

describe("API V3", () => {
  const orderV3 = (firmware: WhatsminerV3, cmd: string, param: unknown, password = "admin"): Json => {
    const { salt } = ask(firmware, { cmd: "get.device.info" })["msg"] as { salt: string };
    const ts = 1_800_000_000;
    return ask(firmware, { cmd, param, ts, account: "super", token: sha256(`${cmd}${password}${salt}${ts}`).toString("base64").slice(0, 8) });
  };

  test("orders need a token of their own; the percent is text, and reads back", () => {
    const { v3, later } = bench();
    assert.equal(codeOf(ask(v3, { cmd: "set.miner.service", param: "stop" })), -4);
    assert.equal(codeOf(orderV3(v3, "set.miner.service", "stop", "wrong")), -4);
    assert.equal(codeOf(orderV3(v3, "set.miner.power_percent", { percent: 60, mode: "fast" })), -1);
    assert.equal(codeOf(orderV3(v3, "set.miner.power_percent", { percent: "60", mode: "fast" })), 0);
    later(1_000);
    assert.equal((ask(v3, { cmd: "get.miner.setting" })["msg"] as Json)["power-percent"], 60);
  });

  test("several reports at once; none of the mining process while that starts", () => {
    const { v3 } = bench();
    assert.deepEqual(Object.keys(ask(v3, { cmd: "get.miner.status", param: "summary+edevs+pools" })["msg"] as Json), ["summary", "edevs", "pools"]);
    orderV3(v3, "set.miner.service", "restart");
    assert.equal(codeOf(ask(v3, { cmd: "get.miner.status", param: "summary" })), -1);
  });
});

describe("in a rig", () => {
  test("firmwares go round, each on machines it runs on, each with its password", async () => {
    await using rig = await startRig({ asics: 5, drivers: ["luxos", "whatsminer-v2", "whatsminer-v3"] });
    assert.deepEqual(rig.asics.map(({ driver, model, password }) => [driver, model, password]), [
      ["luxos", "antminer-s19k-pro", null],
      ["whatsminer-v2", "whatsminer-m30s-plus-plus", "admin"],
      ["whatsminer-v3", "whatsminer-m60", "super"],
      ["luxos", "antminer-s19k-pro", null],
      ["whatsminer-v2", "whatsminer-m50s", "admin"],
    ]);
    await assert.rejects(startRig({ asics: 1, drivers: ["whatsminer-v2"], models: ["antminer-s21"] }), /does not run on antminer-s21; give models of MicroBT, or none/);
  });

  test("its configuration loads, with the factory's passwords in files for the daemon only", async () => {
    const dir = await mkdtemp(join(tmpdir(), "curtaild-rig-"));
    try {
      await using rig = await startRig({ asics: 3, drivers: ["luxos", "whatsminer-v2", "whatsminer-v3"] });
      await writeRigFiles(rig, dir, { broker: "mqtt://127.0.0.1:1883" });
      const doubts: string[] = [];
      const { miners } = await loadConfig(join(dir, "config.yaml"), { vocabulary, warn: (line) => void doubts.push(line) });
      const passwords = await minerPasswords(miners);
      assert.deepEqual(miners.map(({ passwordFile }) => (passwordFile === null ? null : passwords.get(passwordFile))), [null, "admin", "super"]);
      assert.deepEqual(doubts.filter((line) => line.includes("passwordFile")), []);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });

  test("V2 answers each request on a connection of its own, V3 behind a length", async () => {
    await using rig = await startRig({ asics: 2, drivers: ["whatsminer-v2", "whatsminer-v3"] });
    const [two, three] = rig.asics.map(({ address }) => address);
    const bare = await exchange(two ?? "", { parts: ['{"cmd":"status"}'] });
    assert.deepEqual([codeOf(parse(bare.bytes.toString())), bare.bytes.at(-1), bare.how], [131, 0, "end"]);
    const request = Buffer.from('....{"cmd":"get.device.info"}');
    request.writeUInt32LE(request.length - 4);
    const framed = await exchange(three ?? "", { parts: [request.subarray(0, 3), request.subarray(3)] });
    assert.equal(framed.bytes.readUInt32LE(0), framed.bytes.length - 4);
    assert.equal(codeOf(parse(framed.bytes.toString("utf8", 4))), 0);
  });
});
