/** Which signs make a machine, and which do not. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "../../drivers/cgminer/json.ts";
import { macOf, said } from "../../drivers/find/about.ts";
import { neighboursOf } from "../../drivers/find/arp.ts";
import { recognise } from "../../drivers/find/identify.ts";
import { modelOf } from "../../drivers/find/models.ts";
import { VERSION } from "../../drivers/find/version-families.ts";

const here = { host: "10.0.0.1", port: 4028 };
const version = (description: string, row: JsonObject): JsonObject => ({ STATUS: [{ STATUS: "S", Description: description }], VERSION: [row] });
const driverOf = (answer: JsonObject): string | null => {
  const found = recognise(VERSION, answer, here);
  return found === null ? null : found.family.driver(answer);
};

describe("a machine is known by two signs", () => {
  const known: readonly [string, string, JsonObject][] = [
    ["luxos", "LUXminer 2025.4.8", { API: "3.7", LUXminer: "2025.4.8", Type: "Antminer S19k Pro", CompileTime: "x" }],
    ["braiins", "BOSer boser-openwrt 0.1.0", { API: "3.7", BOSer: "boser-openwrt 0.1.0" }],
    ["braiins", "BOSminer+ 0.2", { API: "3.7", "BOSminer+": "0.2" }],
    ["antminer", "cgminer 1.0.0", { BMMiner: "2.0.0", API: "3.1", Miner: "30.0.1.3", CompileTime: "Tue", Type: "Antminer S21" }],
    ["avalon", "cgminer 4.11.1", { CGMiner: "4.11.1", API: "3.7", PROD: "AvalonMiner 1346-110", MODEL: "1346-110", DNA: "02", MAC: "b4a2eb000000" }],
    ["avalon", "cgminer 4.11.1", { CGMiner: "4.11.1", API: "3.7", PROD: "Avalon Q", MODEL: "Q", HWTYPE: "Q_MM1v1_X1" }],
    ["avalon-10", "cgminer 4.11.1", { CGMiner: "4.11.1", PROD: "AvalonMiner 1066", MODEL: "1066", DNA: "02" }],
    ["avalon-7", "cgminer 4.11.1", { CGMiner: "4.11.1", PROD: "AvalonMiner 841", MODEL: "841", DNA: "02" }],
    ["auradine", "GCMiner-0.5-dev", { GCMiner: "0.5", API: "1.0" }],
    ["sealminer", "bdminer 1.4", { BDMiner: "1.4", API: "3.7" }],
    ["cgminer", "cgminer 4.11.1", { CGMiner: "4.11.1", API: "3.7" }],
    ["bfgminer", "bfgminer 5.5.0", { BFGMiner: "5.5.0", API: "3.3" }],
  ];
  for (const [driver, description, row] of known) test(`${driver}: ${description}`, () => assert.equal(driverOf(version(description, row)), driver));

  const unknown: readonly [string, string, JsonObject][] = [
    ["a name alone", "LUXminer 2025.4.8", { API: "3.7" }],
    ["a key alone", "something", { LUXminer: "2025.4.8" }],
    ["a type alone", "something", { Type: "Antminer S19" }],
    ["one that calls itself two things", "LUXminer 2025.4.8", { BOSer: "0.1" }],
    ["nothing", "", {}],
  ];
  for (const [what, description, row] of unknown) test(`${what} is none`, () => assert.equal(driverOf(version(description, row)), null));
});

test("models are found by what machines call themselves", () => {
  const names: readonly [string | null, string | null][] = [
    ["Antminer S19k Pro", "antminer-s19k-pro"], ["antminer s19k pro", "antminer-s19k-pro"], ["AvalonMiner 1346-110", "avalon-a1346"], ["1066", "avalon-a1066"], ["AT1500", "teraflux-at1500"],
    ["Nano 3S", "avalon-nano-3s"], ["Nano3s", "avalon-nano-3s"], ["WhatsMiner M60", "whatsminer-m60"], ["SEALMINER A2", "sealminer-a2"], ["Bitaxe Gamma 601", "bitaxe-gamma"],
    ["Antminer S99", null], ["Pro", null], ["A", null], ["", null], [null, null], ["AvalonMiner 9999", null],
  ];
  for (const [name, id] of names) assert.equal(modelOf(name), id, String(name));
});

test("addresses and serials as they are written everywhere", () => {
  assert.deepEqual(["B4A2EB0012FF", "b4:a2:eb:00:12:ff", "B4-A2-EB-00-12-FF", "000000000000", "no", null].map(macOf), ["b4:a2:eb:00:12:ff", "b4:a2:eb:00:12:ff", "b4:a2:eb:00:12:ff", null, null, null]);
  assert.deepEqual(["N/A", "unknown", "--", "0000", "S127"].map(said), [null, null, null, null, "S127"]);
  const table = "IP address       HW type     Flags       HW address            Mask     Device\n10.0.0.7         0x1         0x2         b4:a2:eb:00:12:ff     *        eth0\n10.0.0.8         0x1         0x0         00:00:00:00:00:00     *        eth0\n";
  assert.deepEqual([...neighboursOf(table)], [["10.0.0.7", "b4:a2:eb:00:12:ff"]]);
});
