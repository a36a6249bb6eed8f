/** The link against a real broker (aedes: 3.1.1 only, closes on what it does not allow). */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { describe, test } from "node:test";
import { Aedes, type AedesOptions } from "aedes";
import { runLink, say, until } from "./link-rig.ts";

const tlsFile = (name: string): string => readFileSync(new URL(`../../../test/link/tls/${name}`, import.meta.url), "utf8");

interface RealBroker extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly aedes: Aedes;
  /** Publishes seen, `topic=payload`. */
  readonly seen: string[];
  /** Breaks all connections, as a cable does. */
  cut(): void;
}

async function realBroker({ port = 0, tls = false, ...options }: AedesOptions & { port?: number; tls?: boolean } = {}): Promise<RealBroker> {
  const aedes = await Aedes.createBroker(options);
  const sockets = new Set<Socket>();
  const accept = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => undefined);
    aedes.handle(socket);
  };
  const server: Server = tls
    ? createTlsServer({ cert: tlsFile("broker.pem"), key: tlsFile("broker.key.pem"), ca: tlsFile("ca.pem"), requestCert: true, rejectUnauthorized: true }, accept)
    : createTcpServer({ noDelay: true }, accept);
  server.on("tlsClientError", () => undefined).listen(port, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const seen: string[] = [];
  aedes.on("publish", ({ topic, payload }) => {
    if (!topic.startsWith("$SYS")) seen.push(`${topic}=${payload.toString()}`);
  });
  const bound = (server.address() as AddressInfo).port;
  const cut = (): void => sockets.forEach((socket) => void socket.destroy());
  return {
    url: `${tls ? "mqtts" : "mqtt"}://127.0.0.1:${bound}`,
    port: bound,
    aedes,
    seen,
    cut,
    async [Symbol.asyncDispose]() {
      cut();
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const retain = (broker: RealBroker, topic: string, payload: string): Promise<void> =>
  new Promise((resolve, reject) => broker.aedes.publish({ cmd: "publish", topic, payload, qos: 1, retain: true, dup: false }, (error) => (error ? reject(error) : resolve())));

describe("mqtt link", { concurrency: 4 }, () => {
  test("who only speaks subscribes to nothing, and is connected all the same", async () => {
    await using broker = await realBroker();
    await using rack = runLink([broker.url], { subscriptions: [] });
    await until(() => rack.heard.includes("connected 1"), () => rack.logged);
    rack.link.resubscribe();
    rack.link.publish(say("out", "x"));
    await until(() => broker.seen.includes("out=x"), () => broker.seen);
    assert.deepEqual(rack.heard, ["connected 1"]);
  });

  test("speaks 3.1.1 at once where 5 is refused, hears what is retained, and again after resubscribing", async () => {
    await using broker = await realBroker();
    await retain(broker, "in/a", "1");
    await using rack = runLink([broker.url]);
    await until(() => rack.heard.length >= 2, () => rack.heard, 1_500);
    assert.deepEqual(rack.heard.toSorted(), ["connected 1", "in/a=1 retained"]);
    rack.link.resubscribe();
    rack.link.resubscribe();
    await until(() => rack.heard.length >= 3, () => rack.heard);
    rack.link.publish(say("out/x", "qos 1"));
    rack.link.publish({ topic: "out/y", payload: "qos 0", qos: 0, retain: false });
    await until(() => broker.seen.length >= 3, () => broker.seen);
    assert.deepEqual(broker.seen.slice(1).toSorted(), ["out/x=qos 1", "out/y=qos 0"]);
    assert.equal(rack.heard.length, 3, "two calls of resubscribe are one");
  });

  test("tries the brokers in order, and says each reason once", async () => {
    const closed = await realBroker();
    await closed[Symbol.asyncDispose]();
    await using broker = await realBroker();
    await using rack = runLink([closed.url, broker.url]);
    await until(() => rack.link.connected, () => rack.logged);
    assert.equal(rack.logged.filter((line) => line.includes(closed.url) && line.includes("ECONNREFUSED")).length, 1);
  });

  test("what is said while offline arrives after: in order, and of a retained topic the newest", async () => {
    const first = await realBroker();
    await using rack = runLink([first.url]);
    await until(() => rack.link.connected, () => rack.logged);
    await first[Symbol.asyncDispose]();
    await until(() => !rack.link.connected);
    rack.link.publish(say("out/status", "old", true));
    rack.link.publish(say("out/ack", "1"));
    rack.link.publish(say("out/status", "new", true));
    rack.link.publish(say("out/ack", "2"));
    rack.link.publish({ topic: "out/telemetry", payload: "lost", qos: 0, retain: false });
    await using second = await realBroker({ port: first.port });
    await until(() => second.seen.length >= 3, () => [second.seen, rack.logged]);
    assert.deepEqual(second.seen, ["out/status=new", "out/ack=1", "out/ack=2"]);
    assert.deepEqual(rack.heard.filter((line) => line.startsWith("connected")), ["connected 1", "connected 2"]);
  });

  test("a cut publishes the will of that connection; an orderly end publishes none and flushes first", async () => {
    await using broker = await realBroker();
    const rack = runLink([broker.url], { will: (connection) => say("out/status", `gone ${connection}`, true) });
    await until(() => rack.link.connected, () => rack.logged);
    broker.cut();
    await until(() => broker.seen.includes("out/status=gone 1"), () => broker.seen);
    await until(() => rack.link.connected, () => rack.logged);
    rack.link.publish(say("out/status", "goodbye", true));
    await rack.stop();
    await until(() => broker.seen.includes("out/status=goodbye"), () => broker.seen);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(!broker.seen.includes("out/status=gone 2"), JSON.stringify(broker.seen));
    assert.equal(rack.heard.at(-1), "lost: stopped");
  });

  test("a refused subscription is no connection, and the log names the topic", async () => {
    await using broker = await realBroker({ authorizeSubscribe: (_client, subscription, done) => done(null, subscription.topic === "secret/#" ? null : subscription) });
    await using rack = runLink([broker.url], { subscriptions: [{ topic: "in/#", qos: 1 }, { topic: "secret/#", qos: 1 }] });
    await until(() => rack.logged.some((line) => line.includes("secret/#")), () => rack.logged);
    assert.deepEqual(rack.heard, []);
    assert.equal(rack.link.connected, false);
  });

  test("a wrong password is said, and tried again", async () => {
    let tries = 0;
    await using broker = await realBroker({
      authenticate(_client, username, password, done) {
        tries += 1;
        done(null, tries > 2 && username === "rack" && password?.toString() === "right");
      },
    });
    await using rack = runLink([broker.url], { username: "rack", password: "right" });
    await until(() => rack.link.connected, () => [tries, rack.logged]);
    assert.ok(rack.logged.some((line) => /refused/i.test(line)), JSON.stringify(rack.logged));
    assert.ok(!JSON.stringify(rack.logged).includes("right"));
  });

  test("a publish that makes the broker close twice is set aside; the others go on", async () => {
    const denied = new Error("not allowed");
    await using broker = await realBroker({ authorizePublish: (_client, { topic }, done) => done(topic === "out/denied" ? denied : null) });
    await using rack = runLink([broker.url]);
    await until(() => rack.link.connected, () => rack.logged);
    for (const message of [say("out/a", "1"), say("out/denied", "x"), say("out/b", "2")]) rack.link.publish(message);
    await until(() => rack.logged.some((line) => line.includes("set aside")), () => rack.logged);
    await until(() => rack.link.connected, () => rack.logged);
    rack.link.publish(say("out/denied", "again"));
    rack.link.publish(say("out/c", "3"));
    await until(() => broker.seen.includes("out/c=3") && broker.seen.includes("out/a=1") && broker.seen.includes("out/b=2"), () => broker.seen);
    assert.equal(rack.heard.filter((line) => line.startsWith("lost")).length, 2, JSON.stringify(rack.heard));
  });

  test("the same with QoS 0", async () => {
    await using broker = await realBroker({ authorizePublish: (_client, { topic }, done) => done(topic === "out/denied" ? new Error("no") : null) });
    await using rack = runLink([broker.url]);
    for (let turn = 1; turn <= 2; turn += 1) {
      await until(() => rack.heard.includes(`connected ${turn}`) && rack.link.connected, () => [rack.heard, rack.logged]);
      rack.link.publish({ topic: "out/denied", payload: "x", qos: 0, retain: false });
      await until(() => !rack.link.connected, () => rack.heard);
    }
    await until(() => rack.link.connected, () => rack.heard);
    rack.link.publish({ topic: "out/denied", payload: "x", qos: 0, retain: false });
    rack.link.publish(say("out/c", "3"));
    await until(() => broker.seen.includes("out/c=3"), () => broker.seen);
    assert.equal(rack.link.connected, true);
  });

  test("TLS with both certificates; with another authority's it is refused and said", async () => {
    await using broker = await realBroker({ tls: true });
    const material = { ca: tlsFile("ca.pem"), cert: tlsFile("rack.pem"), key: tlsFile("rack.key.pem") };
    await using trusted = runLink([broker.url], { tls: material });
    await using suspicious = runLink([broker.url], { tls: { ...material, ca: tlsFile("other-ca.pem") }, clientId: "suspicious" });
    await using unknown = runLink([broker.url], { tls: { ...material, cert: null, key: null }, clientId: "unknown" });
    await until(() => trusted.link.connected, () => trusted.logged);
    await until(() => suspicious.logged.length > 0 && unknown.logged.length > 0);
    assert.match(suspicious.logged[0] ?? "", /certificate/);
    assert.match(unknown.logged[0] ?? "", /certificate/);
    assert.equal(suspicious.link.connected || unknown.link.connected, false);
  });

  test("a listener that throws ends the run with what it threw", async () => {
    await using broker = await realBroker();
    await retain(broker, "in/a", "1");
    const { mqttLink } = await import("../../agent/link/mqtt-link.ts");
    const { stopwatch } = await import("../../agent/runtime/system-clock.ts");
    const { silentLog } = await import("../../agent/runtime/log.ts");
    const link = mqttLink({ urls: [broker.url], clientId: "x", subscriptions: [{ topic: "in/#", qos: 1 }], clock: stopwatch(), log: silentLog, random: Math.random });
    const fail = (): never => {
      throw new Error("a bug above");
    };
    await assert.rejects(link.run({ message: fail, connected: () => undefined, disconnected: () => undefined }, new AbortController().signal), /a bug above/);
  });
});
