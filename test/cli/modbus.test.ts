import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { startRig } from "../../drivers/sim/rig.ts";
import type { Rig } from "../../drivers/sim/rig.ts";
import { run } from "./programs.ts";

const PROFILE = `
profile: my-pdu
title: A PDU of our own
status: bench-verified
sources: [our bench]
accuracy: { fraction: 0.01, resolutionW: 1 }
groups: { fast: { intervalMs: 0, staleAfterMs: 3000 } }
counts: { outlets: { table: input, address: 0, least: 1, most: 64 } }
points:
  power: { group: fast, table: input, address: 0x402, type: i32, scale: 1, unit: W }
  outlet.on: { group: fast, table: coil, address: 0, type: bool, repeat: [{ count: outlets, stride: 1 }] }
`;

describe("curtailctl modbus", () => {
  const folder = mkdtempSync(join(tmpdir(), "curtaild-modbus-"));
  let rig: Rig;
  let address = "";
  before(async () => {
    rig = await startRig({ asics: 2, seed: 1 });
    address = rig.pdus[0]?.address ?? "";
  });
  after(async () => {
    await rig.close();
    rmSync(folder, { recursive: true });
  });

  test("check shows the read plan", async () => {
    const file = join(folder, "my-pdu.yaml");
    writeFileSync(file, PROFILE);
    const { code, out } = await run("curtailctl", ["modbus", "check", file, "--with", "outlets=8"]);
    assert.equal(code, 0);
    assert.match(out, /is valid: A PDU of our own\nstatus {3}bench-verified\nsource {3}our bench\nknown by number of outlets\noutlets {2}are not switched\nplan for 8 outlets/);
    assert.match(out, /fast: 2 reads with every poll, values count for 3 s; \d+ ms on a serial line of 9600 baud\n {2}coil {5}0x0000 \+8 +outlet\.on 1, outlet\.on 2, outlet\.on 3 \.\.\. outlet\.on 8\n {2}input {4}0x0402 \+2 +power/);
    const { groups } = JSON.parse((await run("curtailctl", ["--json", "modbus", "check", file])).out) as { groups: { reads: { count: number }[] }[] };
    assert.deepEqual(groups[0]?.reads.map(({ count }) => count), [64, 2], "the most there may be");
  });

  test("check refuses a bad profile with line, path and cure", async () => {
    const file = join(folder, "bad-pdu.yaml");
    writeFileSync(file, PROFILE.replace("unit: W", "unit: kW").replace("my-pdu", "bad-pdu"));
    const { code, err } = await run("curtailctl", ["modbus", "check", file]);
    assert.equal(code, 65);
    assert.match(err, /bad-pdu\.yaml:10: points\.power\.unit: the meter takes power in W/);
    const json = await run("curtailctl", ["--json", "modbus", "check", file]);
    assert.deepEqual([json.code, (JSON.parse(json.out) as { ok: boolean; faults: { path: string }[] }).faults[0]?.path], [65, "points.power.unit"]);
    assert.equal((await run("curtailctl", ["modbus", "check", join(folder, "none.yaml")])).code, 65);
  });

  test("scan finds the PDU and names its profile, a site's own too", async () => {
    writeFileSync(join(folder, "my-pdu.yaml"), PROFILE);
    const { code, out } = await run("curtailctl", ["modbus", "scan", address, "--units", "1,7", "--profiles", folder]);
    assert.equal(code, 0);
    assert.match(out, /unit {3}1 {2}gude-epc or my-pdu\nunit {3}7 {2}gude-epc or my-pdu\n2 of 2 units answer/);
    const json = JSON.parse((await run("curtailctl", ["--json", "modbus", "scan", address, "--units", "1-12"])).out) as { asked: number; units: { unit: number; profiles: string[] | null }[] };
    assert.equal(json.asked, 12);
    assert.deepEqual(json.units.map(({ profiles }) => profiles?.[0] ?? null), [...Array<string>(8).fill("gude-epc"), null, null, null, null], "bounded where every unit answers");
  });

  test("scan says that nobody answers, and that nobody is there", async () => {
    rig.fault("pdu-1", "silent");
    const silent = await run("curtailctl", ["modbus", "scan", address, "--units", "1-3", "--timeout", "50"]);
    rig.fault("pdu-1", "clear");
    assert.deepEqual([silent.code, silent.out], [1, "0 of 3 units answer\n"]);
    const nobody = await run("curtailctl", ["modbus", "scan", "127.0.0.1:1"]);
    assert.equal(nobody.code, 69);
    assert.match(nobody.err, /cannot connect to 127\.0\.0\.1:1/);
  });

  test("read shows addresses, raw words and values", async () => {
    const { code, out } = await run("curtailctl", ["modbus", "read", address, "--table", "input", "--at", "0x402", "--as", "i32"]);
    assert.equal(code, 0);
    const [, raw = "", value = ""] = /^ 1026 {2}0x0402 {2}([0-9a-f ]{9}) {2}(\d+)\n$/.exec(out) ?? [];
    assert.equal(parseInt(raw.replace(" ", ""), 16), Number(value));
    assert.ok(Math.abs(Number(value) - rig.truth().powerW) < 0.02 * Number(value), value);
    const coils = JSON.parse((await run("curtailctl", ["--json", "modbus", "read", address, "--table", "coil", "--at", "0", "--count", "2"])).out) as { values: unknown };
    assert.deepEqual(coils.values, [{ address: 0, raw: [1], value: true }, { address: 1, raw: [1], value: true }]);
  });

  const refusals: [string, number, RegExp, string[]][] = [
    ["what the device refuses", 1, /illegal data address/, ["--table", "input", "--at", "0x9000"]],
    ["more than a read carries", 64, /more than the 125/, ["--at", "0", "--count", "100", "--as", "f32"]],
    ["an address that is none", 64, /whole number from 0 to 65535/, ["--at", "70000"]],
    ["a type that is none", 64, /--as/, ["--at", "0", "--as", "f16"]],
    ["a serial port that is not there", 69, /cannot open \/dev\/no-such-port/, ["--at", "0", "--transport", "rtu"]],
  ];
  for (const [name, code, text, args] of refusals) {
    test(`read refuses ${name}`, async () => {
      const outcome = await run("curtailctl", ["modbus", "read", args.includes("rtu") ? "/dev/no-such-port" : address, ...args]);
      assert.equal(outcome.code, code, outcome.err);
      assert.match(outcome.err, text);
    });
  }
});
