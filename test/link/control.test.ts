import assert from "node:assert/strict";
import { link, readdir, stat, symlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { connect } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ControlError, openControl, type ControlRoute } from "../../agent/link/control.ts";
import { silentLog, type Log } from "../../agent/runtime/log.ts";
import { stopwatch } from "../../agent/runtime/system-clock.ts";
import { testDirectory } from "../config/config-files.ts";
import { until } from "./link-rig.ts";

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

function ask(socketPath: string, method: string, path: string, { body, proof }: { body?: string | undefined; proof?: string | undefined } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath, method, path, headers: proof === undefined ? {} : { "curtaild-proof": proof } }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk)).on("end", () => resolve({ status: response.statusCode ?? 0, body: text === "" ? null : JSON.parse(text) }));
    });
    asking.on("error", reject).end(body);
  });
}

/** The word and the file it belongs into. */
const word = async (act: string): Promise<{ word: string; file: string }> => (await ask(act, "POST", "/proof")).body as { word: string; file: string };

/** As ask, by somebody who has shown who it is. */
async function prove(act: string, method: string, path: string, { body }: { body?: string | undefined } = {}): Promise<Answer> {
  const { word: proof, file } = await word(act);
  await writeFile(file, proof, { flag: "wx", mode: 0o644 });
  return ask(act, method, path, { body, proof });
}

async function control(routes: readonly ControlRoute[] = table()) {
  const directory = await testDirectory();
  const logged: string[] = [];
  const note = (fields: object, text: string): void => void logged.push(`${text} ${JSON.stringify(fields)}`);
  const log: Log = { ...silentLog, info: note, warn: note, error: note };
  const run = join(directory.path, "run");
  const options = { directory: run, routes, clock: stopwatch(), log };
  const server = await openControl(options);
  return {
    directory: run,
    options,
    logged,
    look: join(run, "look.sock"),
    act: join(run, "act.sock"),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

let followers = 0;

const table = (): ControlRoute[] => [
  { method: "GET", path: "/status", socket: "look", handle: async () => ({ state: "limited" }) },
  { method: "GET", path: "/devices/:id", socket: "look", handle: async ({ params }) => params },
  { method: "POST", path: "/limit", socket: "act", handle: async ({ body }) => ({ body }) },
  { method: "GET", path: "/broken", socket: "look", handle: () => Promise.reject(new Error("a bug")) },
  { method: "GET", path: "/refused", socket: "look", handle: () => Promise.reject(new ControlError(409, "not now", "Later.")) },
  {
    method: "GET",
    path: "/events",
    socket: "look",
    handle: async ({ query }) => [{ name: "first", last: query.get("last") }],
    follow(emit) {
      followers += 1;
      const timer = setInterval(() => emit({ name: "next" }), 10);
      return () => {
        followers -= 1;
        clearInterval(timer);
      };
    },
  },
];

describe("control sockets", () => {
  test("answer what the table says, reading on both, changing on act.sock only", async () => {
    await using c = await control();
    assert.deepEqual(await ask(c.look, "GET", "/status"), { status: 200, body: { state: "limited" } });
    assert.deepEqual(await ask(c.act, "GET", "/status"), { status: 200, body: { state: "limited" } });
    assert.deepEqual(await ask(c.look, "GET", "/devices/asic%2F1"), { status: 200, body: { id: "asic/1" } });
    assert.deepEqual(await prove(c.act, "POST", "/limit", { body: '{"limitW":4}' }), { status: 200, body: { body: { limitW: 4 } } });
    const onLook = await ask(c.look, "POST", "/limit", { body: "{}" });
    assert.equal(onLook.status, 403);
    assert.match(JSON.stringify(onLook.body), /changes the rack.*act\.sock/);
  });

  test("are closed to others", async () => {
    await using c = await control();
    for (const path of [c.look, c.act]) assert.equal((await stat(path)).mode & 0o777, 0o660);
    assert.equal((await stat(c.directory)).mode & 0o777, 0o755);
    assert.equal((await stat(join(c.directory, "proof"))).mode & 0o7777, 0o1733);
  });

  test("an order carries the name and uid its caller has proved, whatever it says", async () => {
    await using c = await control();
    const { body } = (await prove(c.act, "POST", "/limit", { body: '{"limitW":4,"who":"mallory"}' })).body as { body: { who: string } };
    const { uid, username } = userInfo();
    assert.equal(body.who, `${uid === 0 ? "mallory" : username}(${uid})`);
    assert.deepEqual(await readdir(join(c.directory, "proof")), []);
  });

  test("an order without a proof is refused: none, a word made up, used twice, no file, another's file, a link, other words in it", async () => {
    await using c = await control();
    const other = join(c.directory, "other");
    await writeFile(other, "x".repeat(32));
    const refused = async (proof: string | undefined): Promise<void> => {
      const answer = await ask(c.act, "POST", "/limit", { body: "{}", proof });
      assert.deepEqual([answer.status, Object.keys(answer.body as object)], [403, ["error", "cure"]]);
    };
    await refused(undefined);
    await refused("0".repeat(32));
    const once = await word(c.act);
    await writeFile(once.file, once.word);
    assert.equal((await ask(c.act, "POST", "/limit", { body: "{}", proof: once.word })).status, 200);
    await refused(once.word);
    await refused((await word(c.act)).word);
    for (const cheat of [link, symlink]) {
      const cheated = await word(c.act);
      await cheat(other, cheated.file);
      await refused(cheated.word);
    }
    const wrong = await word(c.act);
    await writeFile(wrong.file, "y".repeat(32));
    await refused(wrong.word);
  });

  for (const [name, method, path, body, status, text] of [
    ["unknown path", "GET", "/nothing", undefined, 404, /there is no \/nothing.*\/status/],
    ["wrong method", "DELETE", "/status", undefined, 405, /takes GET/],
    ["no JSON", "POST", "/limit", "{", 400, /no JSON/],
    ["a body too large", "POST", "/limit", `"${"x".repeat(20_000)}"`, 413, /larger than 16384/],
    ["a refusal with its cure", "GET", "/refused", undefined, 409, /not now.*Later/],
    ["a bug", "GET", "/broken", undefined, 500, /a bug.*report/],
    ["a path that does not decode", "GET", "/devices/%ff", undefined, 404, /there is no/],
  ] as const) {
    test(`errors are JSON: ${name}`, async () => {
      await using c = await control();
      const answer = await (method === "POST" ? prove : ask)(c.act, method, path, { body });
      assert.equal(answer.status, status);
      assert.match(JSON.stringify(answer.body), text);
      assert.deepEqual(Object.keys(answer.body as object), ["error", "cure"]);
      assert.equal(c.logged.length, status === 500 ? 1 : 0);
    });
  }

  test("events: the past ones first, then what happens, until the follower leaves", async () => {
    await using c = await control();
    const heard: string[] = [];
    const asking = request({ socketPath: c.look, path: "/events?follow=1&last=7" }, (response) => {
      assert.equal(response.headers["content-type"], "text/event-stream");
      response.setEncoding("utf8").on("data", (chunk: string) => heard.push(chunk)).on("error", () => undefined);
    });
    asking.on("error", () => undefined).end();
    await until(() => heard.join("").split("\n\n").length > 3);
    assert.match(heard.join(""), /^data: \{"name":"first","last":"7"\}\n\ndata: \{"name":"next"\}\n\n/);
    assert.equal(followers, 1);
    asking.destroy();
    await until(() => followers === 0);
    assert.deepEqual((await ask(c.look, "GET", "/events?last=7")).body, [{ name: "first", last: "7" }]);
  });

  test("followers are bounded, and all are let go when it closes", async () => {
    await using c = await control();
    const statuses: number[] = [];
    for (let index = 0; index < 34; index += 1) {
      request({ socketPath: c.look, path: "/events?follow=1" }, (response) => {
        statuses.push(response.statusCode ?? 0);
        response.on("error", () => undefined).resume();
      }).on("error", () => undefined).end();
    }
    await until(() => statuses.length === 34);
    assert.equal(statuses.filter((status) => status === 503).length, 2);
    await c[Symbol.asyncDispose]();
    await until(() => followers === 0);
  });

  test("what is no HTTP harms nobody", async () => {
    await using c = await control();
    const socket = connect(c.look, () => socket.write("\0\0\0 garbage\r\n\r\n"));
    await new Promise((resolve) => socket.on("close", resolve).on("error", resolve).resume());
    assert.equal((await ask(c.look, "GET", "/status")).status, 200);
  });

  test("a socket file that was left behind is replaced, a living daemon's is not", async () => {
    await using c = await control();
    await assert.rejects(openControl(c.options), /another curtaild answers on .*look\.sock: stop it/);
    assert.equal((await ask(c.look, "GET", "/status")).status, 200);
    await using left = await testDirectory();
    await writeFile(join(left.path, "look.sock"), "");
    const second = await openControl({ ...c.options, directory: left.path });
    assert.equal((await ask(join(left.path, "look.sock"), "GET", "/status")).status, 200);
    await second[Symbol.asyncDispose]();
    assert.deepEqual((await readdir(left.path)).filter((name) => name !== "config.yaml"), []);
  });

  test("a directory too deep for a socket is refused with the cure", async () => {
    await using directory = await testDirectory();
    await assert.rejects(openControl({ directory: join(directory.path, "x".repeat(120)), routes: [], clock: stopwatch(), log: console }), /too long for a unix socket.*shorter paths\.run/);
  });
});
