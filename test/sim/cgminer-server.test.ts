import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import type { Answer, Firmware } from "../../drivers/sim/cgminer-answer.ts";
import { INVALID_COMMAND } from "../../drivers/sim/cgminer-answer.ts";
import type { SimServer } from "../../drivers/sim/cgminer-server.ts";
import { startCgminerServer } from "../../drivers/sim/cgminer-server.ts";
import { NO_FAULT } from "../../drivers/sim/faults.ts";
import { seeded } from "../../drivers/sim/random.ts";
import { askText, exchange } from "./wire.ts";

const ANSWERS: Readonly<Record<string, Answer>> = {
  summary: { status: "S", code: 11, message: "Summary", section: { name: "SUMMARY", items: [{ Elapsed: 5, "MHS av": 1.5 }] } },
  devs: { status: "S", code: 9, message: "2 ASC(s)", section: { name: "DEVS", items: [{ ASC: 0, Enabled: "Y" }, { ASC: 1, Enabled: "N" }] } },
  set: { status: "S", code: 119, message: "set OK", write: true },
};
const firmware: Firmware = {
  description: "probe 1.0",
  reports: new Set(["summary", "devs"]),
  commands: new Set(["summary", "devs", "set"]),
  seconds: () => 1_700_000_000,
  answer: (command, parameter) => {
    const answer = ANSWERS[command];
    return answer === undefined ? INVALID_COMMAND : { ...answer, message: parameter === "" ? answer.message : parameter };
  },
};
const status = (letter: string, code: number, message: string): string =>
  `"STATUS":[{"STATUS":"${letter}","When":1700000000,"Code":${code},"Msg":"${message}","Description":"probe 1.0"}]`;
const SUMMARY = `{${status("S", 11, "Summary")},"SUMMARY":[{"Elapsed":5,"MHS av":1.5}],"id":1}`;

describe("the cgminer API server", () => {
  let server: SimServer;
  let address: string;
  let asked = 0;
  let wrote = 0;
  before(async () => {
    server = await startCgminerServer({
      host: "127.0.0.1",
      port: 0,
      latencyMs: 10,
      firmware,
      wire: () => NO_FAULT,
      random: seeded(1),
      asked: () => (asked += 1),
      wrote: () => (wrote += 1),
    });
    address = `${server.host}:${server.port}`;
  });
  after(() => server.close());

  const table: readonly (readonly [string, string, string])[] = [
    ["a JSON command", '{"command":"summary"}', SUMMARY],
    ["a line feed after the JSON", '{"command":"summary"}\n', SUMMARY],
    ["a numeric parameter", '{"command":"set","parameter":590}', `{${status("S", 119, "590")},"id":1}`],
    ["an unknown command", '{"command":"nope"}', `{${status("E", 14, "Invalid command")},"id":1}`],
    ["bad JSON", '{"command":', `{${status("E", 23, "Invalid JSON")},"id":1}`],
    ["a request that ends in NUL", '{"command":"summary"}\0', `{${status("E", 23, "Invalid JSON")},"id":1}`],
    ["no command", '{"parameter":"1"}', `{${status("E", 24, "Missing JSON 'command'")},"id":1}`],
    ["joined, a repeated one answered once", '{"command":"summary+summary"}', `{"summary":[${SUMMARY}],"id":1}`],
    [
      "joined with an order and an unknown one",
      '{"command":"summary+set+nope","parameter":"x"}',
      `{"summary":[${SUMMARY}],"set":[{${status("E", 45, "Access denied")},"id":1}],"nope":[{${status("E", 14, "Invalid command")},"id":1}],"id":1}`,
    ],
    ["text", "summary", "STATUS=S,When=1700000000,Code=11,Msg=Summary,Description=probe 1.0|SUMMARY,Elapsed=5,MHS av=1.5|"],
    ["text with a list", "devs", "STATUS=S,When=1700000000,Code=9,Msg=2 ASC(s),Description=probe 1.0|ASC=0,Enabled=Y|ASC=1,Enabled=N|"],
    ["text with a parameter", "set|0,1", "STATUS=S,When=1700000000,Code=119,Msg=0,1,Description=probe 1.0|"],
    ["a line feed is part of a text command", "summary\n", "STATUS=E,When=1700000000,Code=14,Msg=Invalid command,Description=probe 1.0|"],
  ];
  for (const [name, request, reply] of table) {
    test(`${name}: the answer, one NUL, the end`, async () => {
      const seen = await exchange(address, { parts: [request] });
      assert.equal(seen.bytes.toString("utf8"), `${reply}\0`);
      assert.equal(seen.how, "end");
    });
  }

  test("reads once: a request in two parts is cut", async () => {
    const seen = await exchange(address, { parts: ['{"command":', '"summary"}'] });
    assert.match(seen.bytes.toString("utf8"), /"Code":23/);
  });

  test("more than one read takes: code 23 and a reset", async () => {
    const seen = await exchange(address, { parts: [`{"command":"summary","parameter":"${"x".repeat(5000)}"}`] });
    // Whether a client still sees the bytes before the reset, and the reset as such, is up to its kernel.
    assert.ok(seen.how === "reset" || /"Code":23/.test(seen.bytes.toString("utf8")), seen.bytes.toString("utf8"));
  });

  test("serves one client at a time, in the order of arrival", async () => {
    const began = performance.now();
    const order: number[] = [];
    await Promise.all([1, 2, 3, 4, 5].map(async (client) => askText(address, '{"command":"summary"}').then(() => order.push(client))));
    assert.deepEqual(order, [1, 2, 3, 4, 5]);
    assert.ok(performance.now() - began >= 45, "five times 10 ms");
  });

  test("an idle client blocks the next one until it goes", async () => {
    const idle = connect(server.port, server.host);
    await new Promise((resolve) => idle.once("connect", resolve));
    const blocked = askText(address, '{"command":"summary"}');
    assert.equal(await Promise.race([blocked, new Promise((resolve) => setTimeout(resolve, 100, "blocked"))]), "blocked");
    idle.destroy();
    assert.equal(await blocked, `${SUMMARY}\0`);
  });

  test("counts requests and acknowledged writes", async () => {
    const before = { asked, wrote };
    await askText(address, '{"command":"set"}');
    await askText(address, '{"command":"summary"}');
    assert.deepEqual({ asked: asked - before.asked, wrote: wrote - before.wrote }, { asked: 2, wrote: 1 });
  });
});
