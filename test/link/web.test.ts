/** Who is let in over the network, and what is told to whom. Real sockets; the browser's part is test/web. */
import assert from "node:assert/strict";
import { request, type IncomingHttpHeaders } from "node:http";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { openWeb, type WebOptions } from "../../agent/link/web.ts";
import { Verbatim, type ControlRoute } from "../../agent/link/control.ts";
import { silentLog } from "../../agent/runtime/log.ts";
import { stopwatch } from "../../agent/runtime/system-clock.ts";

const token = "correct-horse-battery";
const routes: ControlRoute[] = [
  { method: "GET", path: "/status", socket: "look", handle: async () => ({ state: "limited" }) },
  { method: "GET", path: "/metrics", socket: "look", handle: async () => new Verbatim("text/plain; version=0.0.4", "up 1\n") },
  { method: "POST", path: "/limit", socket: "act", handle: async () => assert.fail("an order came over the network") },
  { method: "GET", path: "/secret", socket: "act", handle: async () => assert.fail("act.sock's business") },
];
const page = { html: Buffer.from("<p>page</p>"), gzip: Buffer.from("packed"), tag: '"1"', policy: "default-src 'none'" };

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

async function web(changes: Partial<WebOptions> = {}) {
  const opened = await openWeb({ listen: { host: "127.0.0.1", port: 0 }, token, names: ["rack-1.farm"], page, routes, clock: stopwatch(), log: silentLog, ...changes });
  const { hostname, port } = new URL(opened.url);
  return {
    port: Number(port),
    ask: (path: string, headers: Readonly<Record<string, string>> = {}, method = "GET"): Promise<Answer> =>
      new Promise((resolve, reject) => {
        request({ host: hostname.replace(/^\[|\]$/g, ""), port, path, method, headers }, (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk)).on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
        }).on("error", reject).end();
      }),
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}

const known = { authorization: `Bearer ${token}` };

describe("the listener for browsers", () => {
  for (const [name, headers, status] of [
    ["without a token", {}, 401],
    ["with a wrong token", { authorization: "Bearer wrong-horse-battery" }, 401],
    ["with the token's beginning", { authorization: `Bearer ${token.slice(0, -1)}` }, 401],
    ["with more than the token", { authorization: `Bearer ${token}x` }, 401],
    ["with the token as a cookie", { cookie: `curtaild-1=${token}` }, 401],
    ["with the token", known, 200],
    ["by a name that is ours", { ...known, host: "RACK-1.farm:80" }, 200],
    ["by localhost", { ...known, host: "localhost" }, 200],
    ["by a name that was made to mean us", { ...known, host: "evil.example:9840" }, 403],
    ["by another machine's address", { ...known, host: "10.0.0.1" }, 403],
    ["by a name that is none", { ...known, host: "a b" }, 403],
    ["from its own page", { ...known, origin: "http://127.0.0.1:1", "sec-fetch-site": "same-origin" }, 200],
    ["from another page", { ...known, origin: "http://evil.example" }, 403],
    ["from a page without an origin", { ...known, origin: "null" }, 403],
    ["from another site's picture", { ...known, "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }, 403],
    ["by a link on another site", { ...known, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }, 200],
  ] as const) {
    test(`asked ${name}: ${status}`, async () => {
      await using w = await web();
      const answer = await w.ask("/status", headers);
      assert.equal(answer.status, status, answer.text);
      if (status === 200) assert.equal(answer.text, '{"state":"limited"}\n');
      else assert.deepEqual([Object.keys(JSON.parse(answer.text) as object), answer.text.includes(token)], [["error", "cure"], false]);
    });
  }

  for (const method of ["POST", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE"]) {
    test(`${method} is refused, token or not`, async () => {
      await using w = await web();
      for (const headers of [{}, known]) assert.equal((await w.ask("/limit", headers, method)).status, 405);
    });
  }

  test("what act.sock answers is not there", async () => {
    await using w = await web();
    for (const path of ["/limit", "/secret", "/proof"]) assert.equal((await w.ask(path, known)).status, 404, path);
  });

  test("what is no JSON comes as it is", async () => {
    await using w = await web();
    const { headers, text } = await w.ask("/metrics", known);
    assert.deepEqual([headers["content-type"], text], ["text/plain; version=0.0.4", "up 1\n"]);
  });

  test("who has shown the token gets a cookie that stands for it, and is not it", async () => {
    await using w = await web();
    assert.equal((await w.ask("/session")).status, 401);
    const { status, headers } = await w.ask("/session", known);
    const [cookie = ""] = headers["set-cookie"] ?? [];
    assert.equal(status, 204);
    assert.match(cookie, new RegExp(`^curtaild-${w.port}=[0-9a-f]{64}; Path=/; Max-Age=\\d+; HttpOnly; SameSite=Strict$`));
    assert.ok(!cookie.includes(token));
    const [pair = ""] = cookie.split(";");
    assert.equal((await w.ask("/status", { cookie: `other=1; ${pair}` })).status, 200);
    assert.equal((await w.ask("/status", { cookie: pair.slice(0, -1) })).status, 401);
    await using other = await web({ token: "another-token-altogether" });
    assert.equal((await other.ask("/status", { cookie: pair.replace(/\d+/, String(other.port)) })).status, 401);
  });

  test("the page can be had without a token, packed where that is understood, and once", async () => {
    await using w = await web();
    const plain = await w.ask("/");
    assert.deepEqual([plain.status, plain.text, plain.headers["content-security-policy"]], [200, "<p>page</p>", "default-src 'none'"]);
    const packed = await w.ask("/?x", { "accept-encoding": "br, gzip" });
    assert.deepEqual([packed.text, packed.headers["content-encoding"]], ["packed", "gzip"]);
    assert.deepEqual([(await w.ask("/", { "if-none-match": '"1"' })).status, (await w.ask("/", { host: "evil.example" })).status], [304, 403]);
    await using bare = await web({ page: null });
    assert.deepEqual([(await bare.ask("/")).status, (await bare.ask("/", known)).status], [401, 404]);
  });

  test("every answer forbids to be framed, sniffed and stored", async () => {
    await using w = await web();
    for (const path of ["/", "/status", "/nothing"]) {
      const { headers } = await w.ask(path, known);
      assert.deepEqual([headers["x-frame-options"], headers["x-content-type-options"], headers["referrer-policy"], headers["cross-origin-resource-policy"]], ["DENY", "nosniff", "no-referrer", "same-origin"], path);
      assert.match(headers["content-security-policy"]?.toString() ?? "", /^default-src 'none'/);
      assert.match(headers["cache-control"] ?? "", /^no-(store|cache)$/);
    }
  });

  test("without a token whoever is on the machine reads, and a foreign name still does not", async () => {
    await using w = await web({ token: null });
    assert.deepEqual([(await w.ask("/status")).status, (await w.ask("/status", { host: "evil.example" })).status], [200, 403]);
  });

  test("an interface is listened to by its name", async () => {
    await using w = await web({ listen: { host: "lo", port: 0 } });
    assert.equal((await w.ask("/status", known)).status, 200);
  });

  test("a port that is taken is said", async () => {
    await using w = await web();
    await assert.rejects(web({ listen: { host: "127.0.0.1", port: w.port } }), /EADDRINUSE/);
    await assert.rejects(web({ listen: { host: "eth99", port: 0 } }), /eth99/);
  });

  test("headers without an end, a head too large and what is no HTTP cost nobody else anything", async () => {
    await using w = await web();
    for (const text of ["\0\0\0 garbage\r\n\r\n", `GET / HTTP/1.1\r\nx: ${"x".repeat(20_000)}\r\n\r\n`, "GET / HTTP/1.1\r\n\r\n"]) {
      const socket = connect(w.port, "127.0.0.1", () => socket.write(text));
      const chunks: string[] = [];
      await new Promise((resolve) => socket.setEncoding("latin1").on("data", (chunk: string) => void chunks.push(chunk)).on("close", resolve).on("error", resolve));
      assert.match(chunks.join(""), /^HTTP\/1\.1 4\d\d /);
    }
    assert.equal((await w.ask("/status", known)).status, 200);
  });
});
