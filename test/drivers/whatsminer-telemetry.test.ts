/** Reports as firmware of several years writes them. Every reply here is of our own making. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Json, JsonObject } from "../../drivers/cgminer/json.ts";
import { ReplySyntaxError } from "../../drivers/cgminer/mend.ts";
import { parseReply } from "../../drivers/cgminer/parse.ts";
import type { Poll } from "../../drivers/whatsminer/api.ts";
import { pollOf as pollV2, type ReportsV2 } from "../../drivers/whatsminer/v2-telemetry.ts";
import { pollOf as pollV3 } from "../../drivers/whatsminer/v3-telemetry.ts";

const json = (text: string): JsonObject => parseReply(text).value as JsonObject;
const NONE: ReportsV2 = { status: null, summary: null, edevs: null, psu: null, pools: null, errors: null, version: null };
const status = (fields: Json): JsonObject => ({ STATUS: "S", Code: 131, Msg: fields });
const summary = (fields: JsonObject): JsonObject => ({ STATUS: [{ STATUS: "S" }], SUMMARY: [fields] });
const HASHING: JsonObject = { Elapsed: 5000, "HS RT": 126_000_000, "MHS av": 125_000_000, Power: 3276, "Upfreq Complete": 1 };

const field = (poll: Poll, key: keyof Poll["telemetry"]): unknown => poll.telemetry[key];

describe("V2: one key of a reading", () => {
  const rows: [string, Partial<ReportsV2>, keyof Poll["telemetry"], unknown][] = [
    ["hashrate in MH/s, though HS RT does not say so", { summary: summary(HASHING) }, "hashrate", 126],
    ["without it the 5 s figure", { summary: summary({ "MHS 5s": "98500000.00" }) }, "hashrate", 98.5],
    ["nothing said is not zero", { summary: summary({}) }, "hashrate", null],
    ["numbers as text", { summary: summary({ Power: " 3276 " }) }, "power", 3276],
    ["the power of now before its mean", { summary: summary({ Power: 3276, Power_RT: 3300 }) }, "power", 3300],
    ["a negative power is none", { summary: summary({ Power: -1 }) }, "power", null],
    ["without a mining process the supply tells it, as text", { psu: status({ pin: "45" }) }, "power", 45],
    ["a summary flat in Msg", { summary: { STATUS: "S", Code: 131, Msg: { Power: 3000 } } }, "power", 3000],
    ["keys with spaces and other cases", { summary: summary({ "power ": 3100 }) }, "power", 3100],
    ["switched off", { status: status({ mineroff: "true" }), summary: summary(HASHING) }, "state", "asleep"],
    ["switched off, in older words", { status: status({ btmineroff: "true" }) }, "state", "asleep"],
    ["no mining process and not switched off", { status: status({ mineroff: "false" }) }, "state", "starting"],
    ["climbing", { summary: summary({ ...HASHING, "Upfreq Complete": 0 }) }, "state", "ramping"],
    ["there", { summary: summary(HASHING) }, "state", "hashing"],
    ["just begun, nothing yet", { summary: summary({ Elapsed: 30, "HS RT": 0 }) }, "state", "starting"],
    ["long begun, and never hashed", { summary: summary({ Elapsed: 5000, "HS RT": 0, "Upfreq Complete": 0 }) }, "state", "fault"],
    ["pools", { pools: json('{"STATUS":[{"STATUS":"S"}],"POOLS":[{"POOL":1,"URL":"stratum+tcp://p:1","User":"f.1","Stratum Active":"true"},{"POOL":2,"URL":""}]}') }, "pools", [{ url: "stratum+tcp://p:1", worker: "f.1", active: true }]],
    ["errors as pairs in a list, which is no JSON", { errors: json('{"STATUS":"S","Code":131,"Msg":{"error_code":["206":"2026-01-02 03:04:05"]}}') }, "errors", ["power supply: input voltage too low (206)"]],
    ["no sensor is written as 0", { summary: summary({ "Env Temp": 0 }) }, "inlet", null],
    ["uptime", { summary: summary({ Elapsed: "5000" }) }, "uptime", 5_000_000],
    ["an uptime that was not said", { summary: summary({ Elapsed: "soon" }) }, "uptime", null],
  ];
  for (const [name, reports, key, expected] of rows) test(name, () => assert.deepEqual(field(pollV2({ ...NONE, ...reports }), key), expected));

  test("boards: megahertz, own hashrate, temperatures, numbers as text", () => {
    const edevs = json('{"STATUS":[{"STATUS":"S"}],"DEVS":[{"ASC":0,"Slot":2,"Enabled":"Y","Temperature":"68.5","Chip Frequency":"790","MHS 5s":"42000000","Chip Temp Avg":83},{"ASC":1,"Temperature":0,"Chip Frequency":0}]}');
    const { boards, frequency } = pollV2({ ...NONE, edevs, summary: summary(HASHING) }).telemetry;
    assert.deepEqual(boards, [
      { index: 2, enabled: true, frequency: 790, voltage: null, hashrate: 42, boardTemperature: 68.5, chipTemperature: 83 },
      { index: 1, enabled: null, frequency: 0, voltage: null, hashrate: null, boardTemperature: null, chipTemperature: null },
    ]);
    assert.equal(frequency, 790, "a board that is not clocked is not averaged in");
  });

  test("firmware and fast boot, wherever they stand", () => {
    assert.equal(pollV2({ ...NONE, status: status({ "Firmware Version": "'20190912.15.REL'" }) }).firmware, "'20190912.15.REL'");
    assert.equal(pollV2({ ...NONE, version: status({ fw_ver: "20230911.12.Rel" }) }).firmware, "20230911.12.Rel");
    for (const [text, expected] of [["enable", true], ["disable", false], ["enabled", true]] as const) assert.equal(pollV2({ ...NONE, summary: summary({ "Btminer Fast Boot": text }) }).fastBoot, expected);
    assert.equal(pollV2(NONE).fastBoot, null);
  });
});

describe("V3: one key of a reading", () => {
  const of = (device: Json, statusReply: Json = null, setting: Json = null): Poll => pollV3({ device, status: statusReply, setting });
  const rows: [string, Poll, keyof Poll["telemetry"], unknown][] = [
    ["hashrate in TH/s", of({}, { summary: { "hash-realtime": 171.5 } }), "hashrate", 171.5],
    ["power of now", of({}, { summary: { "power-realtime": 3268, "power-5min": 3247.6 } }), "power", 3268],
    ["power of the supply while the process is away", of({ power: { pin: 45 } }), "power", 45],
    ["switched off", of({ miner: { working: "false" } }, { summary: {} }), "state", "asleep"],
    ["switched off, in other words", of({}, { summary: {} }, { "miner-off": "true" }), "state", "asleep"],
    ["starting", of({ miner: { working: "true" } }), "state", "starting"],
    ["errors with a reason", of({ "error-code": [{ "206": "t", reason: "vin" }] }), "errors", ["power supply: input voltage too low (206)"]],
    ["pools", of({}, { pools: [{ url: "stratum+tcp://p:1", account: "f.1", "stratum-active": true }] }), "pools", [{ url: "stratum+tcp://p:1", worker: "f.1", active: true }]],
  ];
  for (const [name, poll, key, expected] of rows) test(name, () => assert.deepEqual(field(poll, key), expected));

  test("the percent in force, as number or text; boards with their temperatures by position", () => {
    assert.equal(of({}, null, { "power-percent": "70" }).percent, 70);
    const poll = of({}, { summary: { "board-temperature": [69.6, 0] }, edevs: [{ slot: 0, freq: 785 }, { slot: 1, freq: 0 }, { id: 5 }] }, { "power-percent": 70 });
    assert.equal(poll.percent, 70);
    assert.deepEqual(poll.telemetry.boards.map(({ index, frequency, boardTemperature }) => [index, frequency, boardTemperature]), [[0, 785, 69.6], [1, 0, null], [5, null, null]]);
  });
});

describe("whatever a miner says", () => {
  test("any JSON becomes a reading without NaN and without made-up zeros", () => {
    const anything = fc.jsonValue().filter((value) => typeof value === "object" && value !== null && !Array.isArray(value)) as fc.Arbitrary<JsonObject>;
    fc.assert(fc.property(anything, anything, (a, b) => {
      for (const poll of [pollV2({ status: a, summary: b, edevs: a, psu: b, pools: a, errors: b, version: a }), pollV3({ device: a, setting: b, status: a })]) {
        const { power, hashrate, uptime } = poll.telemetry;
        for (const value of [power, hashrate, uptime]) assert.ok(value === null || Number.isFinite(value));
      }
    }));
  });

  test("5,000 mutations of good replies are read, or refused as no reply", () => {
    const good = ['{"STATUS":[{"STATUS":"S","Code":11}],"SUMMARY":[{"Elapsed":5000,"HS RT":126000000,"Power":3276,"Upfreq Complete":1}],"id":1}', '{"STATUS":"S","Code":131,"Msg":{"mineroff":"false","error_code":["206":"2026"]}}', '{"code":0,"msg":{"summary":{"elapsed":1,"hash-realtime":101.8},"edevs":[{"slot":0,"freq":785}]},"desc":"get.miner.status"}'];
    const mutation = fc.tuple(fc.constantFrom(...good), fc.nat(), fc.constantFrom("", '"', "{", "}", "[", "]", ",", ":", "nan", "\0", "9".repeat(400), "-", "é"), fc.nat({ max: 4 }));
    let read = 0;
    fc.assert(fc.property(mutation, ([text, at, put, cut]) => {
      const place = at % text.length;
      const mutant = text.slice(0, place) + put + text.slice(place + cut);
      try {
        const value = json(mutant);
        pollV2({ ...NONE, status: value, summary: value, errors: value });
        pollV3({ device: value, setting: value, status: value });
        read++;
      } catch (error) {
        assert.ok(error instanceof ReplySyntaxError, String(error));
      }
    }), { numRuns: 5_000 });
    assert.ok(read > 100, String(read));
  });
});
