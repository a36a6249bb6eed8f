/** GLA/1 on a real mosquitto with TLS, client certificates and the access list of docs/mosquitto: run by `npm run test:peers`. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { MqttLinkOptions } from "../../agent/link/mqtt-link.ts";
import type { IncomingMessage, Subscription } from "../../agent/runtime/link.ts";
import { runLink, say, until, type RunningLink } from "../link/link-rig.ts";
import { Bench } from "../signal/bench.ts";
import { Broker, skipMosquitto } from "./broker.ts";

const skipClients = spawnSync("mosquitto_pub", ["--help"], { stdio: "ignore" }).error === undefined ? false : "needs Debian's mosquitto-clients: apt-get install mosquitto-clients";
const root = "gla/1/demo";
const r1 = `${root}/site/s1/rack/r1`;
const r2 = `${root}/site/s1/rack/r2`;

/** A connection of one certificate's holder that hears what it may. */
function party(broker: Broker, holder: string, topics: readonly string[], { hear, ...over }: Partial<MqttLinkOptions> & { readonly hear?: (message: IncomingMessage) => void } = {}): RunningLink {
  return runLink([broker.url], { clientId: `t-${holder}-${Math.random()}`, tls: broker.tls(holder), subscriptions: topics.map((topic): Subscription => ({ topic, qos: 1 })), ...over }, hear);
}
const connected = (link: RunningLink, count = 1): Promise<void> => until(() => link.heard.includes(`connected ${count}`), () => [link.heard, link.logged], 10_000);

describe("mosquitto with docs/mosquitto", { skip: skipMosquitto }, () => {
  test("TLS: who brings no certificate, or one of another authority, is not let in, and a broker of another authority is not believed", async () => {
    await using broker = await Broker.start({ tls: true });
    const fixture = (name: string): string => readFileSync(new URL(`../../../test/link/tls/${name}`, import.meta.url), "utf8");
    const { ca, cert, key } = broker.tls("site-s1-rack-r1");
    const strangers = [{ ca, cert: null, key: null }, { ca, cert: fixture("rack.pem"), key: fixture("rack.key.pem") }, { ca: fixture("other-ca.pem"), cert, key }];
    for (const tls of strangers) {
      await using link = runLink([broker.url], { tls, clientId: "stranger" });
      await until(() => link.logged.length > 0, () => link.logged);
      assert.deepEqual(link.heard, []);
    }
    await using own = party(broker, "site-s1-rack-r1", [`${r1}/allocation`]);
    await connected(own);
  });

  test("ACL: a rack hears its own, its site's and everybody's documents, and no other rack's", async () => {
    await using broker = await Broker.start({ tls: true });
    await using operator = party(broker, "operator", [`${root}/site/+/rack/+/status`]);
    await using rack = party(broker, "site-s1-rack-r1", [`${root}/#`]);
    await Promise.all([connected(operator), connected(rack)]);
    const mine = ["keys", "all/emergency", "area/north/event/a", "site/s1/allocation", "site/s1/event/e", "site/s1/emergency", "site/s1/rack/r1/allocation", "site/s1/rack/r1/event/e", "site/s1/rack/r1/emergency", "site/s1/rack/r1/heartbeat"];
    const others = ["site/s1/rack/r2/allocation", "site/s1/rack/r2/event/e", "site/s1/rack/r2/heartbeat", "elsewhere"];
    for (const topic of [...others, ...mine]) operator.link.publish(say(`${root}/${topic}`, "x", true));
    await until(() => rack.heard.length > mine.length, () => rack.heard);
    await pause(200);
    assert.deepEqual(rack.heard.slice(1).map((line) => line.replace(`${root}/`, "").replace(/=x.*/, "")).sort(), mine.toSorted());
  });

  const denied = [`${r1}/allocation`, `${r1}/emergency`, `${r1}/heartbeat`, `${root}/keys`, `${r2}/status`, `${r2}/ack/e1`, `${root}/all/emergency`];
  const allowed = ["status", "ack/e1", "telemetry", "capability", "interval", "report/e1", "notice/mode.changed", "log/head"].map((path) => `${r1}/${path}`);

  test("ACL denial: what a rack may not say reaches nobody, and its link goes on", async () => {
    await using broker = await Broker.start({ tls: true });
    await using operator = party(broker, "operator", [`${root}/#`]);
    await using rack = party(broker, "site-s1-rack-r1", [`${r1}/allocation`]);
    await Promise.all([connected(operator), connected(rack)]);
    for (const topic of [...denied, ...allowed]) rack.link.publish(say(topic, "x"));
    await until(() => operator.heard.length > allowed.length, () => operator.heard);
    assert.deepEqual(operator.heard.slice(1).map((line) => line.replace("=x", "")).sort(), allowed.toSorted());
    assert.deepEqual(rack.heard, ["connected 1"]);
  });

  test("ACL denial under MQTT 3.1.1, by mosquitto_pub", { skip: skipClients }, async () => {
    await using broker = await Broker.start({ tls: true });
    await using operator = party(broker, "operator", [`${root}/#`]);
    await connected(operator);
    const how = ["-V", "mqttv311", "-q", "1", "-h", "127.0.0.1", "-p", new URL(broker.url).port, "--cafile", broker.file("ca.pem"), "--cert", broker.file("site-s1-rack-r1.pem"), "--key", broker.file("site-s1-rack-r1.key.pem")];
    for (const topic of [...denied, ...allowed]) assert.equal(spawnSync("mosquitto_pub", [...how, "-t", topic, "-m", "x"]).status, 0, topic);
    await until(() => operator.heard.length > allowed.length, () => operator.heard);
    assert.deepEqual(operator.heard.slice(1).map((line) => line.replace("=x", "")).sort(), allowed.toSorted());
  });

  test("a watcher hears the racks and may say nothing", async () => {
    await using broker = await Broker.start({ tls: true });
    await using watch = party(broker, "watch", [`${root}/#`]);
    await using rack = party(broker, "site-s1-rack-r1", [`${r1}/allocation`]);
    await Promise.all([connected(watch), connected(rack)]);
    watch.link.publish(say(`${r1}/allocation`, "raise", true));
    rack.link.publish(say(`${r1}/status`, "x", true));
    await until(() => watch.heard.length > 1, () => watch.heard);
    assert.deepEqual(watch.heard.slice(1), [`${r1}/status=x`]);
    assert.deepEqual(rack.heard, ["connected 1"]);
  });

  test("session takeover: the dead session's will is spoken at the takeover, before the new one's first word", async () => {
    await using broker = await Broker.start({ tls: true });
    await using operator = party(broker, "operator", [`${r1}/status`]);
    await connected(operator);
    const will = (connects: number) => ({ topic: `${r1}/status`, payload: `offline ${connects}`, qos: 1, retain: true }) as const;
    const first = party(broker, "site-s1-rack-r1", ["none"], { clientId: "curtaild-demo-s1-r1", will });
    await connected(first);
    first.link.publish(say(`${r1}/status`, "online first", true));
    await until(() => operator.heard.length === 2, () => operator.heard);
    await using second = party(broker, "site-s1-rack-r1", ["none"], { clientId: "curtaild-demo-s1-r1", will });
    await connected(second);
    second.link.publish(say(`${r1}/status`, "online second", true));
    const stopped = first.stop();
    await until(() => operator.heard.some((line) => line.endsWith("online second")), () => operator.heard, 10_000);
    await stopped;
    const words = operator.heard.slice(1).map((line) => line.slice(line.indexOf("=") + 1));
    assert.equal(words[1], "offline 1");
    assert.ok(words.indexOf("online second") > 1, words.join(", "));
  });

  test("broker restart: what it retains comes back, and so do we", async () => {
    await using broker = await Broker.start({ tls: true });
    await using operator = party(broker, "operator", [`${r1}/status`]);
    await using rack = party(broker, "site-s1-rack-r1", [`${r1}/allocation`]);
    await Promise.all([connected(operator), connected(rack)]);
    operator.link.publish(say(`${r1}/allocation`, "8 kW", true));
    await until(() => rack.heard.includes(`${r1}/allocation=8 kW`), () => rack.heard);
    await broker.down();
    await until(() => rack.heard.some((line) => line.startsWith("lost:")), () => rack.heard);
    rack.link.publish(say(`${r1}/status`, "said while it was away", true));
    await broker.up();
    await Promise.all([connected(rack, 2), connected(operator, 2)]);
    await until(() => rack.heard.includes(`${r1}/allocation=8 kW retained`), () => rack.heard);
    await until(() => operator.heard.some((line) => line.includes("said while it was away")), () => operator.heard);
  });

  test("two brokers: the second stands in while the first is away, and neither is waited for", async () => {
    await using first = await Broker.start({ tls: false });
    await using second = await Broker.start({ tls: false });
    await using rack = runLink([first.url, second.url], { subscriptions: [{ topic: "in", qos: 1 }] });
    await connected(rack);
    await using there = runLink([second.url], { clientId: "operator-2", subscriptions: [{ topic: "none", qos: 1 }] });
    await connected(there);
    there.link.publish(say("in", "from the second", true));
    await first.down("SIGKILL");
    await connected(rack, 2);
    await until(() => rack.heard.some((line) => line.startsWith("in=from the second")), () => rack.heard, 10_000);
    await first.up();
    await second.down("SIGKILL");
    await connected(rack, 3);
  });

  test("MQTT 5: content type, correlation and expiry arrive with a message", { skip: skipClients }, async () => {
    await using broker = await Broker.start({ tls: true });
    const how = ["-V", "mqttv5", "-q", "1", "-h", "127.0.0.1", "-p", new URL(broker.url).port, "--cafile", broker.file("ca.pem"), "--cert", broker.file("operator.pem"), "--key", broker.file("operator.key.pem")];
    const listening = spawn("mosquitto_sub", [...how, "-t", `${r1}/ack/+`, "-C", "1", "-W", "10", "-F", "%C|%D|%E|%p"], { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    listening.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
    const ended = new Promise((resolve) => listening.once("close", resolve));
    await using rack = party(broker, "site-s1-rack-r1", [`${r1}/allocation`]);
    await connected(rack);
    await pause(300);
    rack.link.publish({ ...say(`${r1}/ack/e1`, "x"), contentType: "application/jose+json", correlation: "e1", expirySeconds: 60 });
    await ended;
    assert.match(said, /^application\/jose\+json\|e1\|(60|59)\|x$/m);
  });

  test("MQTT 5: at its expiry the broker lets go what it retained", async () => {
    await using broker = await Broker.start({ tls: true });
    await using operator = party(broker, "operator", ["none"]);
    await connected(operator);
    operator.link.publish({ ...say(`${r1}/event/short`, "over soon", true), expirySeconds: 1 });
    operator.link.publish({ ...say(`${r1}/event/long`, "goes on", true), expirySeconds: 600 });
    await pause(2_200);
    await using rack = party(broker, "site-s1-rack-r1", [`${r1}/event/+`]);
    await until(() => rack.heard.some((line) => line.includes("goes on")), () => rack.heard);
    assert.deepEqual(rack.heard.filter((line) => line.includes("over soon")), []);
  });

  test("a gap is healed by subscribing anew, within 10 s", async (t) => {
    await using broker = await Broker.start({ tls: true });
    const bench = new Bench();
    await using operator = party(broker, "operator", ["none"]);
    await connected(operator);
    let lost = 1;
    let heals = -1;
    const begun = performance.now();
    const rack: { link: RunningLink | null } = { link: null };
    const hear = ({ topic, payload, retain }: IncomingMessage): void => {
      // The network has swallowed it: no broker sends a second copy of what was acknowledged.
      if (topic.endsWith("/allocation") && (lost -= 1) >= 0) return;
      for (const effect of bench.hear({ topic, payload }, retain)) {
        if (effect.kind === "resubscribe") rack.link?.link.resubscribe();
        if (effect.kind === "event" && effect.name === "gap.healed") heals = performance.now() - begun;
      }
    };
    rack.link = party(broker, "site-s1-rack-r1", bench.signal.subscriptions().map(({ topic }) => topic), { hear });
    try {
      await connected(rack.link);
      const allocation = bench.allocation(4_000);
      operator.link.publish({ ...allocation, qos: 1 });
      await pause(300);
      operator.link.publish({ ...bench.heartbeat({ [allocation.topic]: [0, (JSON.parse(allocation.payload) as { seq: number }).seq] }), qos: 0 });
      await until(() => heals >= 0, () => bench.effects.map((effect) => ("name" in effect ? effect.name : effect.kind)), 10_000);
      t.diagnostic(`healed ${Math.round(heals)} ms after the allocation was sent`);
      assert.equal(bench.stated(), 4_000);
    } finally {
      await rack.link.stop();
    }
  });
});
