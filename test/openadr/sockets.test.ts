/** Over real sockets: TLS that is verified, answers that are bounded, tokens that are renewed, changes that are told; and the daemon's own VEN against the rig's VTN. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startBroker, type Broker } from "../../agent/cli/sim-broker.ts";
import { millis } from "../../agent/core/units.ts";
import { openHttpClient } from "../../agent/link/http-client.ts";
import { mqttLink } from "../../agent/link/mqtt-link.ts";
import { followNotices } from "../../agent/attend/openadr/notices.ts";
import { Vtn } from "../../agent/attend/openadr/vtn.ts";
import { silentLog } from "../../agent/runtime/log.ts";
import { stopwatch } from "../../agent/runtime/system-clock.ts";
import { startVtn, vtnFaults, type SimVtn } from "../../drivers/sim/vtn.ts";
import { until } from "../link/link-rig.ts";
import { OWNER, Owner, VEN } from "./memory-vtn.ts";

const clock = stopwatch();
const never = new AbortController().signal;
const pem = (name: string): string => readFileSync(fileURLToPath(new URL(`../../../test/link/tls/${name}`, import.meta.url)), "utf8");
const client = (over: Partial<Parameters<typeof openHttpClient>[0]> = {}) => openHttpClient({ ca: null, largest: 100_000, deadline: millis(1_000), clock, ...over });
const access = (url: string) => ({ url, tokenUrl: null, clientId: VEN.id, secret: VEN.secret, scope: null, venName: "r1", targets: [] });
const get = (url: string) => ({ method: "GET" as const, url, headers: {}, body: null });

async function serving(listener: RequestListener): Promise<{ readonly url: string; close(): void }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => (server.closeAllConnections(), server.close()) };
}

describe("HTTPS", () => {
  let vtn: SimVtn;
  before(async () => (vtn = await startVtn({ vens: { [VEN.id]: VEN.secret }, owner: OWNER, tls: { key: pem("broker.key.pem"), cert: pem("broker.pem") } })));
  after(() => vtn.close());

  test("a certificate that somebody known vouches for is taken, any other is not", async () => {
    const answer = await client({ ca: pem("ca.pem") }).ask(get(`${vtn.url}/auth/server`), never);
    assert.equal(answer.status, 200);
    await assert.rejects(client({ ca: pem("other-ca.pem") }).ask(get(`${vtn.url}/auth/server`), never), /self-signed|unable to verify|signature/i);
    await assert.rejects(client().ask(get(`${vtn.url}/auth/server`), never), /self-signed|unable to/i);
  });

  test("no secret goes anywhere before the certificate is verified", async () => {
    const asked = [...vtn.asked.values()].reduce((sum, count) => sum + count, 0);
    await assert.rejects(new Vtn(access(vtn.url), { web: client({ ca: pem("other-ca.pem") }), clock }).read(never));
    assert.equal([...vtn.asked.values()].reduce((sum, count) => sum + count, 0), asked);
  });

  test("clear text is spoken to this machine only", async () => {
    await assert.rejects(client().ask(get("http://192.0.2.1/openadr3"), never), /https only/);
    await assert.rejects(client().ask(get("http://127.0.0.1.example/openadr3"), never), /https only/);
  });
});

describe("an answer", () => {
  const cases: [string, RequestListener, RegExp | number][] = [
    ["is bounded", (_, response) => void response.end("x".repeat(100_001)), /larger than 100000 bytes/],
    ["that drips is ended in time", (_, response) => void setInterval(() => response.write(" "), 50).unref(), /no end within 1 s/],
    ["that never comes is ended in time", () => undefined, /no end within 1 s/],
    ["that breaks off is none", (_, response) => void (response.writeHead(200, { "content-length": "10" }), response.write("[", () => response.destroy())), /aborted|ends in the middle|socket hang up/],
    ["elsewhere is not followed", (_, response) => void response.writeHead(302, { location: "https://elsewhere.example/" }).end(), 302],
  ];
  for (const [name, listener, outcome] of cases) {
    test(name, async () => {
      const server = await serving(listener);
      try {
        const answer = client().ask(get(server.url), never);
        if (typeof outcome === "number") assert.equal((await answer).status, outcome);
        else await assert.rejects(answer, outcome);
      } finally {
        server.close();
      }
    });
  }
});

describe("the conversation", () => {
  let sim: SimVtn;
  let broker: Broker;
  const asked = (what: string): number => sim.asked.get(what) ?? 0;
  before(async () => {
    broker = await startBroker();
    sim = await startVtn({ vens: { [VEN.id]: VEN.secret }, owner: OWNER, tokenSeconds: 10, notices: { url: broker.url, publish: (topic, payload) => broker.publish(topic, payload) } });
  });
  after(async () => {
    await sim.close();
    await broker.close();
  });

  test("more than a page of events is read whole, twice alike", async () => {
    const owner = new Owner(sim);
    owner.program();
    const ids = Array.from({ length: 73 }, (_, index) => owner.limit(100 + index));
    const before = asked("GET /events");
    const answer = await new Vtn(access(sim.url), { web: client(), clock }).read(never);
    assert.equal(answer.events.length, 73);
    assert.equal(asked("GET /events") - before, 4);
    for (const id of ids) owner.ask("DELETE", `/events/${id}`);
  });

  test("events for others are not shown; events for our targets are asked for besides those for everybody", async () => {
    const owner = new Owner(sim);
    owner.program();
    owner.ask("POST", "/vens", { venName: "targeted", clientID: VEN.id, targets: ["feeder-1"] });
    const [everybody, ours, others] = [owner.limit(1), owner.limit(2, { targets: ["feeder-1"] }), owner.limit(3, { targets: ["feeder-2"] })];
    const seen = async (targets: readonly string[]) => (await new Vtn({ ...access(sim.url), targets }, { web: client(), clock }).read(never)).events.map((event) => (event as { id: string }).id);
    assert.deepEqual(await seen([]), [everybody]);
    assert.deepEqual(await seen(["feeder-1", "feeder-2"]), [everybody, ours]);
    for (const id of [everybody, ours, others]) owner.ask("DELETE", `/events/${id}`);
  });

  test("a token that is refused is renewed once; a secret that is wrong is said without it", async () => {
    const vtn = new Vtn(access(sim.url), { web: client(), clock });
    await vtn.read(never);
    const tokens = asked("POST /auth/token");
    await vtn.read(never);
    assert.equal(asked("POST /auth/token"), tokens, "kept while it lasts");
    await assert.rejects(new Vtn({ ...access(sim.url), secret: "hunter2" }, { web: client(), clock }).read(never), (error: Error) => /answers 401/.test(error.message) && !error.message.includes("hunter2"));
  });

  test("secrets go to no host that the VTN merely names", async () => {
    const other = await serving((_, response) => void response.end(JSON.stringify({ tokenURL: "https://collector.example/token" })));
    await assert.rejects(new Vtn(access(other.url), { web: client(), clock }).read(never), /sends us to collector\.example for a token: set openadr\.tokenUrl/);
    other.close();
  });

  for (const fault of vtnFaults.filter((one) => one !== "clear" && one !== "stale")) {
    test(`${fault}: no answer`, async () => {
      const vtn = new Vtn(access(sim.url), { web: client({ deadline: millis(500) }), clock });
      await vtn.read(never);
      sim.fail(fault);
      await assert.rejects(vtn.read(never));
      sim.fail("clear");
    });
  }

  test("what changes is told over MQTT, on topics that the VTN names; each connection is one notice too", async () => {
    const owner = new Owner(sim);
    owner.program();
    const stop = new AbortController();
    let told = 0;
    const door: Parameters<typeof followNotices>[0]["door"] = ({ uris, login }, topics, token) => {
      assert.deepEqual([login.method, token.length > 10, topics.every((topic) => /^vens\/[^/]+\/(events|programs)\/\+$/.test(topic))], ["OAUTH2_BEARER_TOKEN", true, true]);
      return mqttLink({ urls: uris, clientId: "ven-test", subscriptions: topics.map((topic) => ({ topic, qos: 1 })), clock, log: silentLog, random: () => 0 });
    };
    const following = followNotices({ door, vtn: new Vtn(access(sim.url), { web: client(), clock }), clock, log: silentLog, told: () => void (told += 1) }, stop.signal);
    await until(() => told === 1, () => "never connected", 5_000);
    const id = owner.limit(8);
    await until(() => told === 2, () => "a new event is not told", 5_000);
    owner.ask("DELETE", `/events/${id}`);
    await until(() => told === 3, () => "a deleted event is not told", 5_000);
    stop.abort();
    await following;
  });
});
