import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { DeviceError, type DeviceErrorCode } from "../../agent/runtime/errors.ts";
import { answerOf, HttpRefusedError, objectOf } from "../../drivers/http/answer.ts";
import { HttpClient } from "../../drivers/http/client.ts";
import type { HttpReply, HttpRequest } from "../../drivers/http/exchange.ts";
import { Lockout } from "../../drivers/http/lockout.ts";
import { rawMiner } from "./raw-miner.ts";

const never = new AbortController().signal;
const GET: HttpRequest = { method: "GET", path: "/summary" };
const DEADLINE_MS = 500;

const whole = (body: string, status = "200 OK"): string => `HTTP/1.1 ${status}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

async function asking(answer: (socket: Socket, request: string) => void, request: HttpRequest = GET): Promise<HttpReply> {
  await using miner = await rawMiner(answer);
  const client = new HttpClient(miner.address, { deadlineMs: DEADLINE_MS, maxBytes: 4096 });
  return await client.talk("poll", 3 * DEADLINE_MS, never).send(request);
}

const fails = (attempt: Promise<unknown>, code: DeviceErrorCode, words: RegExp): Promise<void> =>
  assert.rejects(attempt, (error) => error instanceof DeviceError && error.code === code && words.test(error.message));

describe("one HTTP exchange", () => {
  test("sends method, path, headers and length, and gives back any status", async () => {
    let heard = "";
    const reply = await asking((socket, request) => {
      heard = request;
      socket.end(whole("{}", "418 Teapot"));
    }, { method: "POST", path: "/unlock", headers: { "content-type": "application/json" }, body: '{"pw":"ä"}' });
    assert.match(heard, /^POST \/unlock HTTP\/1\.1\r\n/);
    assert.match(heard, /content-type: application\/json\r\n/);
    assert.match(heard, /content-length: 11\r\n/);
    assert.match(heard, /connection: close\r\n/i);
    assert.equal(reply.status, 418);
    assert.equal(reply.body, "{}");
  });

  test("a reply in pieces, chunked, or ended by the connection is one reply", async () => {
    for (const answer of ["HTTP/1.1 200 OK\r\n\r\n{\"a\":1}", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n"]) {
      const { body } = await asking((socket) => {
        socket.write(answer.slice(0, 20), () => setTimeout(() => socket.end(answer.slice(20)), 10));
      });
      assert.equal(body, '{"a":1}');
    }
  });

  test("a redirect is an answer and is not followed", async () => {
    let connections = 0;
    const { status } = await asking((socket) => {
      connections++;
      socket.end("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n");
    });
    assert.deepEqual([status, connections], [302, 1]);
  });

  const broken: [string, (socket: Socket) => void, DeviceErrorCode, RegExp][] = [
    ["silence", () => {}, "timeout", /did not answer within 500 ms/],
    ["half a head", (socket) => void socket.write("HTTP/1.1 200"), "timeout", /sent 12 bytes and no end/],
    ["garbage", (socket) => void socket.end("\u0007\u0008 what"), "malformed", /not HTTP/],
    ["a cut body", (socket) => void socket.end("HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{"), "malformed", /broke off/],
    ["a reset in the body", (socket) => void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{", () => setTimeout(() => socket.resetAndDestroy(), 5)), "malformed", /broke off/],
    ["a reset in the head", (socket) => void socket.write("HTTP/1.1 2", () => setTimeout(() => socket.resetAndDestroy(), 5)), "malformed", /broke off/],
    ["a reset", (socket) => void socket.resetAndDestroy(), "unreachable", /hung up without a word/],
    ["an end", (socket) => void socket.end(), "unreachable", /hung up without a word/],
    ["too much", (socket) => void socket.end(whole("x".repeat(5000))), "malformed", /more than 4096 bytes/],
    ["a head too long", (socket) => void socket.end(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(9000)}\r\n\r\n`), "malformed", /not HTTP/],
    ["an upgrade nobody asked for", (socket) => void socket.end("HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"), "malformed", /change of protocol/],
  ];
  for (const [name, answer, code, words] of broken) {
    test(`${name} is ${code}`, () => fails(asking(answer), code, words));
  }

  test("nobody there is unreachable, and an error never tells the query", async () => {
    const { address } = await closed();
    const client = new HttpClient(address, { deadlineMs: DEADLINE_MS, maxBytes: 4096 });
    await assert.rejects(client.talk("poll", 500, never).send({ method: "GET", path: "/a?token=secret" }), (error) =>
      error instanceof DeviceError && error.code === "unreachable" && !error.message.includes("secret") && error.message.includes("GET /a "));
  });

  test("an abort ends it with the signal's reason", async () => {
    await using miner = await rawMiner(() => {});
    const stop = new AbortController();
    const asked = new HttpClient(miner.address, { deadlineMs: 2_000, maxBytes: 4096 }).talk("poll", 2_000, stop.signal).send(GET);
    setTimeout(() => stop.abort(new Error("enough")), 10);
    await assert.rejects(asked, /enough/);
    for (let tries = 0; miner.open > 0 && tries < 50; tries++) await pause(10);
    assert.equal(miner.open, 0);
  });

  test("a device is asked one thing at a time, orders first, and a talk ends with its total", async () => {
    const order: string[] = [];
    await using miner = await rawMiner((socket, request) => {
      order.push(request.split(" ")[1] ?? "");
      setTimeout(() => socket.end(whole("{}")), 60);
    });
    const client = new HttpClient(miner.address, { deadlineMs: DEADLINE_MS, maxBytes: 4096 });
    const poll = client.talk("poll", 1_000, never);
    const all = [poll.send({ ...GET, path: "/1" }), poll.send({ ...GET, path: "/2" }), client.talk("order", 1_000, never).send({ ...GET, path: "/3" })];
    const late = client.talk("poll", 100, never).send({ ...GET, path: "/4" });
    await assert.rejects(late, (error) => error instanceof DeviceError && error.code === "timeout" && error.message.includes("no time left"));
    await Promise.all(all);
    assert.deepEqual(order, ["/1", "/3", "/2"]);
    assert.equal(miner.mostWaiting, 1);
  });
});

describe("requests one after the other", () => {
  /** Answers each request on the connection it came on; `most` requests a connection. */
  const serving = async (talk: (client: HttpClient, connections: () => number) => Promise<void>, most = Infinity): Promise<void> => {
    let connections = 0;
    const server = createServer((socket) => {
      connections++;
      let served = 0;
      socket.on("error", () => {}).on("data", () => {
        if (served === most) return void socket.resetAndDestroy();
        served++;
        socket.write(whole("{}"));
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    try {
      await talk(new HttpClient({ host: "127.0.0.1", port }, { deadlineMs: DEADLINE_MS, maxBytes: 4096 }), () => connections);
      await pause(20);
      server.getConnections((_error, open) => assert.equal(open, 0, "left open"));
    } finally {
      server.close();
    }
  };

  test("what is read in one talk goes over one connection, closed at its end", () => serving(async (client, connections) => {
    for (let poll = 1; poll <= 2; poll++) {
      const talk = client.talk("poll", 3 * DEADLINE_MS, never);
      for (const path of ["/1", "/2", "/3"]) assert.equal((await talk.send({ ...GET, path })).status, 200);
      await pause(20);
      assert.equal(connections(), poll);
    }
  }));

  test("a read on a connection that the miner has closed meanwhile is sent again on another", () => serving(async (client, connections) => {
    const talk = client.talk("poll", 3 * DEADLINE_MS, never);
    for (const path of ["/1", "/2"]) assert.equal((await talk.send({ ...GET, path })).status, 200);
    assert.equal(connections(), 2);
  }, 1));

  test("a write has a connection of its own, and no other beside it", () => serving(async (client, connections) => {
    const talk = client.talk("order", 3 * DEADLINE_MS, never);
    await talk.send(GET);
    await talk.send({ method: "POST", path: "/set", body: "{}" });
    await talk.send(GET);
    assert.equal(connections(), 3);
  }));
});

/** An address nobody listens at any more. */
async function closed(): Promise<{ address: { host: string; port: number } }> {
  await using miner = await rawMiner(() => {});
  return { address: miner.address };
}

describe("answers", () => {
  const reply = (status: number, body: string): HttpReply => ({ status, headers: {}, body });

  test("2xx is JSON or nothing", () => {
    assert.deepEqual(answerOf("GET /x", reply(200, '{"a":[1]}')), { a: [1] });
    assert.equal(answerOf("GET /x", reply(204, "")), null);
    assert.throws(() => answerOf("GET /x", reply(200, "<html>")), (error) => error instanceof DeviceError && error.code === "malformed");
    assert.throws(() => objectOf("GET /x", reply(200, "[1]")), (error) => error instanceof DeviceError && error.code === "malformed");
    assert.throws(() => objectOf("GET /x", reply(200, "")), /the reply is empty/);
  });

  test("everything else is a refusal with the miner's words, cut and in one line", () => {
    const refused = (status: number, body: string): HttpRefusedError => {
      try {
        answerOf("GET /x", reply(status, body));
      } catch (error) {
        if (error instanceof HttpRefusedError) return error;
      }
      throw new assert.AssertionError({ message: "not refused" });
    };
    assert.equal(refused(500, '{"err":"no\\nway"}').message, "GET /x: the miner refused (HTTP 500, no way)");
    assert.equal(refused(404, "<html>not here").message, "GET /x: the miner refused (HTTP 404)");
    assert.ok(refused(400, JSON.stringify({ error: "e".repeat(5000) })).message.length < 200);
    assert.deepEqual([refused(302, "").code, refused(302, "").status], ["refused", 302]);
  });
});

test("a refused password is not tried again for five minutes", () => {
  let now = 0;
  const lockout = new Lockout("see its config", () => now);
  lockout.check();
  assert.match(lockout.refused().message, /refused the password; see its config/);
  assert.throws(() => lockout.check(), (error) => error instanceof DeviceError && error.code === "refused" && /again in 300 s/.test(error.message));
  now = 299_999;
  assert.throws(() => lockout.check());
  now = 300_000;
  lockout.check();
  lockout.refused();
  lockout.accepted();
  lockout.check();
});
