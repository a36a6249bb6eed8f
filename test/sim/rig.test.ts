import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { askRig } from "../../drivers/sim/control.ts";
import { antminer } from "../../drivers/antminer/driver.ts";
import { loadModel } from "../../drivers/models.ts";
import { startRig } from "../../drivers/sim/rig.ts";
import { askJson, itemOf } from "./wire.ts";

const settings = async (address: string, ...orders: readonly (readonly [string, string])[]): Promise<void> => {
  const sid = String(itemOf(await askJson(address, "logon"), "SESSION")["SessionID"]);
  for (const [command, parameter] of orders) assert.equal((await askJson(address, command, `${sid},${parameter}`)).STATUS[0]?.STATUS, "S");
  await askJson(address, "logoff", sid);
};

describe("a rig", () => {
  test("obeys over its sockets, and the truth shows it", async () => {
    await using rig = await startRig({ asics: 3, frequencyStepMs: 1, models: ["antminer-s19k-pro", "antminer-s21"] });
    assert.deepEqual(
      rig.asics.map(({ id, model, outlet }) => [id, model, outlet]),
      [
        ["asic-01", "antminer-s19k-pro", "pdu-1/1"],
        ["asic-02", "antminer-s21", "pdu-1/2"],
        ["asic-03", "antminer-s19k-pro", "pdu-1/3"],
      ],
    );
    assert.equal(rig.nominalW, 2794 + 3500 + 2794);
    const before = rig.truth();
    assert.ok(Math.abs(before.powerW / rig.nominalW - 1) < 0.04);
    await settings(rig.asics[0]?.address ?? "", ["frequencyset", "0,390"], ["frequencyset", "1,390"], ["frequencyset", "2,390"]);
    await settings(rig.asics[1]?.address ?? "", ["curtail", "sleep"]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const after = rig.truth();
    assert.deepEqual(
      after.asics.map(({ state, frequencyMHz }) => [state, frequencyMHz]),
      [
        ["hashing", 390],
        ["asleep", 0],
        ["hashing", 590],
      ],
    );
    // The sleeper's supply has not wound down yet.
    assert.ok(after.powerW < before.powerW - 800);
    assert.ok(Math.abs(after.atMs - Date.now()) < 1000);
  });

  test("counts acknowledged writes with their wall time, and requests", async () => {
    await using rig = await startRig({ asics: 2 });
    const began = Date.now();
    await settings(rig.asics[0]?.address ?? "", ["voltageset", "0,13.4"], ["curtail", "sleep"]);
    const [first, second] = rig.counts();
    assert.deepEqual([first?.writes, first?.requests], [2, 4]);
    assert.ok(first?.lastWriteAtMs !== null && Math.abs((first?.lastWriteAtMs ?? 0) - began) < 1000);
    assert.deepEqual(second, { id: "asic-02", writes: 0, lastWriteAtMs: null, requests: 0 });
    rig.resetCounts();
    assert.deepEqual([rig.counts()[0]?.writes, rig.counts()[0]?.requests], [0, 0]);
  });

  test("the same seed is the same rack, another one is not", async () => {
    const powers = async (seed: number): Promise<number[]> => {
      await using rig = await startRig({ asics: 4, seed });
      return rig.truth().asics.map((asic) => asic.powerW);
    };
    assert.deepEqual(await powers(5), await powers(5));
    assert.notDeepEqual(await powers(5), await powers(6));
    assert.equal(new Set(await powers(5)).size, 4);
  });

  test("more than 24 ASICs take a second PDU; own addresses share one port", async () => {
    await using rig = await startRig({ asics: 26, ownAddresses: true });
    assert.deepEqual(
      rig.pdus.map(({ id, outlets }) => [id, outlets]),
      [
        ["pdu-1", 24],
        ["pdu-2", 2],
      ],
    );
    assert.equal(rig.asics[24]?.outlet, "pdu-2/1");
    assert.match(rig.asics[25]?.address ?? "", /^127\.1\.0\.26:/);
    assert.equal(new Set(rig.asics.map(({ address }) => address.split(":")[1])).size, 1);
    assert.equal(itemOf(await askJson(rig.asics[25]?.address ?? "", "config"), "CONFIG")["Hostname"], "asic-26");
  });

  test("answers on its control socket, a path or a port", async () => {
    const dir = await mkdtemp(join(tmpdir(), "rig-"));
    try {
      for (const control of [join(dir, "rig.sock"), 0]) {
        await using rig = await startRig({ asics: 1, control });
        const at = rig.control ?? "";
        assert.deepEqual(await askRig(at, "POST", "/fault", { id: "asic-01", fault: "silent" }), { ok: true });
        assert.equal(((await askRig(at, "GET", "/truth")) as ReturnType<typeof rig.truth>).asics.length, 1);
        assert.equal(((await askRig(at, "GET", "/counts")) as ReturnType<typeof rig.counts>)[0]?.writes, 0);
        assert.deepEqual(await askRig(at, "POST", "/counts/reset"), { ok: true });
        await assert.rejects(askRig(at, "POST", "/fault", { id: "asic-01", fault: "loud" }), /no fault "loud"/);
        await assert.rejects(askRig(at, "POST", "/fault", { fault: 1 }), /a fault is/);
        await assert.rejects(askRig(at, "POST", "/fault", { id: "x".repeat(5000), fault: "silent" }), /at most 4096 bytes/);
        await assert.rejects(askRig(at, "GET", "/nothing"), /no such request/);
      }
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  test("refuses what it cannot be", async () => {
    await assert.rejects(startRig({ asics: 0 }), /1 to 5000/);
    await assert.rejects(startRig({ asics: 1, models: ["antminer-s99"] }), /antminer-s19k-pro/);
    await assert.rejects(startRig({ asics: 1, models: [] }), /at least one model/);
  });
});

test("stock Antminers with addresses of their own tell the supply's watts on port 6060", async () => {
  await using rig = await startRig({ asics: 1, drivers: ["antminer"], ownAddresses: true });
  const [asic] = rig.asics;
  assert.ok(asic);
  const [host = "", port] = asic.address.split(":");
  await using device = antminer({ id: asic.id, address: { host, port: Number(port) }, model: loadModel(asic.model), webPort: asic.webPort ?? 80, password: asic.password ?? "" });
  const { power, powerSource } = await device.read(new AbortController().signal);
  assert.equal(powerSource, "measured");
  assert.ok(power !== null && Math.abs(power - (rig.truth().asics[0]?.powerW ?? 0)) < 5, String(power));
  await using second = await startRig({ asics: 1, drivers: ["antminer"], ownAddresses: true });
  assert.equal(second.asics.length, 1, "a second rig does without");
});
