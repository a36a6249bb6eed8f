/** Tokens, passwords and refusals of both APIs, against a miner that answers from the test's own lines. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { DeviceError } from "../../agent/runtime/errors.ts";
import type { JsonObject } from "../../drivers/cgminer/json.ts";
import { parseReply } from "../../drivers/cgminer/parse.ts";
import { crypted, opened, sealed, sha256 } from "../../drivers/sim/whatsminer-crypt.ts";
import type { Talk } from "../../drivers/whatsminer/line.ts";
import { Password } from "../../drivers/whatsminer/password.ts";
import { SessionV2 } from "../../drivers/whatsminer/v2-session.ts";
import { ApiV3 } from "../../drivers/whatsminer/v3.ts";

const SECRET = "hunter2";
const SALT = "BQ5hoXV9";
const KEY = sha256(crypted(SECRET, SALT));

const json = (text: string): JsonObject => parseReply(text).value as JsonObject;
const v2 = (letter: string, code: number, message: unknown): string => JSON.stringify({ STATUS: letter, When: 1_700_000_000, Code: code, Msg: message, Description: "" });
const enclosed = (text: string): string => JSON.stringify({ enc: sealed(text, KEY) });
const DONE = enclosed(v2("S", 131, "API command OK"));
const TOKEN = v2("S", 134, { time: "5626", salt: SALT, newsalt: "jJm3bLPo" });

interface Asked {
  readonly what: string;
  readonly request: JsonObject;
}

/** Answers line after line; anything beyond the last is one request too many. */
function miner(...lines: readonly string[]): { talk: Talk; asked: Asked[] } {
  const asked: Asked[] = [];
  const talk: Talk = {
    signal: new AbortController().signal,
    left: () => 1_000,
    send: (what, request) => {
      const line = lines[asked.push({ what, request }) - 1];
      return line === undefined ? Promise.reject(new Error(`one request too many: ${what}`)) : Promise.resolve(json(line));
    },
  };
  return { talk, asked };
}

const names = (asked: readonly Asked[]): string => asked.map(({ what }) => what).join(" ");
const percent = (session: SessionV2, talk: Talk): Promise<void> => session.order("set_power_pct", { percent: "60" }, talk);

async function refused(attempt: Promise<unknown>, says: RegExp): Promise<void> {
  await assert.rejects(attempt, (error) => {
    assert.ok(error instanceof DeviceError, String(error));
    assert.equal(error.code, "refused");
    assert.match(error.message, says);
    assert.doesNotMatch(`${error.message} ${String(error.cause)}`, /hunter2|BQ5hoXV9|jJm3bLPo|\$1\$/);
    return true;
  });
}

describe("API V2", () => {
  test("an order is sealed with the key of the password, carries the token, and the token serves the next one", async () => {
    const { talk, asked } = miner(TOKEN, DONE, DONE);
    const session = new SessionV2(new Password(SECRET));
    await percent(session, talk);
    await session.order("power_off", { respbefore: "true" }, talk);
    assert.equal(names(asked), "get_token set_power_pct power_off");
    const sign = crypted(`${crypted(SECRET, SALT)}5626`, "jJm3bLPo");
    assert.deepEqual(asked.slice(1).map(({ request }) => json(opened(request["data"] as string, KEY) ?? "")), [
      { cmd: "set_power_pct", token: sign, percent: "60" },
      { cmd: "power_off", token: sign, respbefore: "true" },
    ]);
    assert.ok(asked.slice(1).every(({ request }) => request["enc"] === 1));
  });

  test("a token the miner has forgotten (135) is fetched anew, once", async () => {
    const { talk, asked } = miner(TOKEN, DONE, v2("E", 135, "check token err"), TOKEN, DONE);
    const session = new SessionV2(new Password(SECRET));
    await percent(session, talk);
    await percent(session, talk);
    assert.equal(names(asked), "get_token set_power_pct set_power_pct get_token set_power_pct");
  });

  test("a token fetched ahead leaves one request to an order; ahead it is tried once in half an hour, and fails without a word", async () => {
    const { talk, asked } = miner(TOKEN, DONE);
    const session = new SessionV2(new Password(SECRET));
    await session.prepare(talk);
    await session.prepare(talk);
    await percent(session, talk);
    assert.equal(names(asked), "get_token set_power_pct");
    const off = miner(v2("E", 45, "permission denied"), TOKEN, DONE);
    const another = new SessionV2(new Password(SECRET));
    await another.prepare(off.talk);
    await another.prepare(off.talk);
    await percent(another, off.talk);
    assert.equal(names(off.asked), "get_token get_token set_power_pct");
  });

  test("a fresh token that is refused is not tried again", async () => {
    const { talk, asked } = miner(TOKEN, v2("E", 135, "check token err"));
    await refused(percent(new SessionV2(new Password(SECRET)), talk), /fresh token \(code 135\)/);
    assert.equal(names(asked), "get_token set_power_pct");
  });

  const rows: [string, string[], RegExp][] = [
    ["no tokens left (136)", [v2("E", 136, "over max connect")], /all its tokens \(code 136\): they end after 30 minutes/],
    ["no tokens left, said with S and a sentence", [v2("S", 134, "over max connect")], /code 136/],
    ["write API off, plainly (45)", [TOKEN, v2("E", 45, "permission denied")], /write API is off; .*WhatsMinerTool/],
    ["write API off, from the token on (45)", [v2("E", 45, "permission denied")], /write API is off/],
    ["firmware that knows no tokens (14)", [v2("E", 14, "invalid cmd")], /code 14.*20200801/],
    ["an order it does not know, in the envelope", [TOKEN, enclosed(v2("E", 14, "invalid cmd"))], /set_power_pct: .*code 14/],
    ["an order that failed, in the envelope", [TOKEN, enclosed(v2("E", 132, "API command ERROR"))], /set_power_pct: the miner refused \(API command ERROR, code 132\)/],
  ];
  for (const [name, lines, says] of rows) {
    test(`${name} is said with its cure`, async () => {
      const { talk } = miner(...lines);
      await refused(percent(new SessionV2(new Password(SECRET)), talk), says);
    });
  }

  test("a wrong password is said, and then not tried for five minutes", async () => {
    let now = 0;
    const password = new Password(SECRET, () => now);
    const session = new SessionV2(password);
    const { talk, asked } = miner(TOKEN, v2("E", 23, "enc json load err"), TOKEN, DONE);
    await refused(percent(session, talk), /password is wrong; correct it in the miner's passwordFile$/);
    now = 299_000;
    await refused(percent(session, talk), /password is wrong.*not tried again for 1 s/);
    assert.equal(asked.length, 2);
    now = 300_000;
    // The token that was refused along with the password is still good for as long as the miner says.
    await percent(session, miner(DONE).talk);
  });

  for (const [name, lines] of [
    ["a token without salts", [v2("S", 134, { time: "5626" })]],
    ["a salt of a thousand letters", [v2("S", 134, { time: "5626", salt: "x".repeat(1000), newsalt: "y" })]],
    ["a token reply without STATUS", ["{}"]],
    ["half an envelope", [TOKEN, '{"enc":"AAAA"}']],
    ["an envelope with noise", [TOKEN, JSON.stringify({ enc: sealed(v2("S", 131, "ok"), createHash("sha256").update("x").digest()) })]],
    ["an envelope with something else", [TOKEN, enclosed("{}")]],
    ["an empty answer", [TOKEN, "{}"]],
  ] as const) {
    test(`${name} is malformed, never a success`, async () => {
      const { talk } = miner(...lines);
      await assert.rejects(percent(new SessionV2(new Password(SECRET)), talk), (error) => error instanceof DeviceError && error.code === "malformed" && !error.message.includes(SECRET));
    });
  }
});

describe("API V3", () => {
  const v3 = (code: number, message: unknown): string => JSON.stringify({ code, when: 1_700_000_000, msg: message, desc: "" });
  const info = (salt: string): string => v3(0, { salt, "error-code": [] });
  const tokenOf = (request: JsonObject | undefined, salt: string): string => sha256(`${request?.["cmd"] as string}${SECRET}${salt}${request?.["ts"] as number}`).toString("base64").slice(0, 8);

  test("each order carries a token of its own; the percent goes as text, in the fast mode", async () => {
    const { talk, asked } = miner(info("abc"), v3(0, "ok"), v3(0, "ok"));
    const api = new ApiV3(new Password(SECRET));
    await api.setPercent(60, talk);
    await api.powerOff(talk);
    assert.equal(names(asked), "get.device.info set.miner.power_percent set.miner.service");
    assert.deepEqual(asked[1]?.request["param"], { percent: "60", mode: "fast" });
    assert.equal(asked[2]?.request["param"], "stop");
    for (const { request } of asked.slice(1)) assert.deepEqual([request["account"], request["token"]], ["super", tokenOf(request, "abc")]);
  });

  test("a salt that has changed is read again, once", async () => {
    const { talk, asked } = miner(info("old"), v3(0, "ok"), v3(-4, "no permission"), info("new"), v3(0, "ok"));
    const api = new ApiV3(new Password(SECRET));
    await api.setPercent(60, talk);
    await api.setPercent(70, talk);
    assert.equal(asked[4]?.request["token"], tokenOf(asked[4]?.request, "new"));
  });

  test("no permission with the salt of now: wrong password or API off, said once and not tried for five minutes", async () => {
    const { talk, asked } = miner(info("abc"), v3(-4, "no permission"));
    const api = new ApiV3(new Password(SECRET));
    await refused(api.setPercent(60, talk), /code -4.*password .* wrong, or its write API is off/);
    await refused(api.setPercent(60, talk), /not tried again for 300 s/);
    assert.equal(asked.length, 2);
  });

  for (const [name, lines, code] of [
    ["an order that was refused", [info("abc"), v3(-1, "btminer process is down err")], "refused"],
    ["no salt", [v3(0, {})], "malformed"],
    ["no code", [info("abc"), "{}"], "malformed"],
    ["a code that is no number", [info("abc"), JSON.stringify({ code: "ok" })], "malformed"],
  ] as const) {
    test(`${name}: ${code}`, async () => {
      const { talk } = miner(...lines);
      await assert.rejects(new ApiV3(new Password(SECRET)).powerOn(talk), (error) => error instanceof DeviceError && error.code === code);
    });
  }
});
