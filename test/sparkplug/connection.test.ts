/** The edge node on real connections: its will, its numbers, the way from broker to broker after its host, and what survives. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startBroker, type Broker } from "../../agent/cli/sim-broker.ts";
import { until } from "../link/link-rig.ts";
import { Host, Life } from "./life.ts";
import { codec } from "./stand.ts";

/** Several assertions that one life shows. */
function shown(ids: readonly string[], live: () => Promise<void>): void {
  let lived: Promise<void> | null = null;
  for (const id of ids) test(`tck-id-${id}`, () => (lived ??= live()));
}

describe("one broker", () => {
  let broker: Broker;
  let host: Host;
  before(async () => {
    broker = await startBroker();
    host = await Host.at(broker.url);
  });
  after(async () => {
    await host.client.endAsync(true);
    await broker.close();
  });

  shown(["topics-nbirth-bdseq-increment", "operational-behavior-edge-node-intentional-disconnect-packet"], async () => {
    host.heard.length = 0;
    const first = new Life([broker.url], { kept: 254 });
    await until(() => host.kinds().includes("NBIRTH"), () => "no birth", 5_000);
    await first.end();
    await until(() => host.kinds().includes("NDEATH"), () => "no death", 5_000);
    const second = new Life([broker.url], { kept: first.kept });
    await until(() => host.numbers("NBIRTH").length === 2, () => "no second birth", 5_000);
    await second.end();
    const third = new Life([broker.url], { kept: second.kept });
    await until(() => host.numbers("NBIRTH").length === 3, () => "no third birth", 5_000);
    await third.end();
    await until(() => host.numbers("NDEATH").length >= 3, () => "no third death", 5_000);
    assert.deepEqual(host.numbers("NBIRTH"), [254, 255, 0]);
    assert.deepEqual([...new Set(host.numbers("NDEATH"))], [254, 255, 0]);
    assert.deepEqual(host.heard.filter(({ kind }) => kind === "NDEATH").map(({ qos, retain, seq }) => [qos, retain, seq])[0], [1, false, null]);
  });

  test("a command over the wire is answered with a birth, or refused and said once a minute", async () => {
    host.heard.length = 0;
    const life = new Life([broker.url]);
    await until(() => host.kinds().includes("NBIRTH"), () => "no birth", 5_000);
    const say = (topic: string, name: string, value: number | boolean) => host.client.publishAsync(topic, Buffer.from(codec.encode({ timestamp: 1, metrics: [{ name, value }] })), { qos: 0 });
    await say("spBv1.0/mining/NCMD/r1", "limitW", 1);
    await say("spBv1.0/mining/DCMD/r1/asic-1", "state", true);
    await say("spBv1.0/mining/NCMD/r1", "Node Control/Rebirth", true);
    await until(() => host.numbers("NBIRTH").length === 2, () => "no rebirth", 8_000);
    assert.deepEqual(life.events, [["command.refused", { topic: "spBv1.0/mining/NCMD/r1", metrics: "limitW" }]]);
    assert.equal(new Set(host.numbers("NBIRTH")).size, 1);
    await life.end();
  });
});

describe("two brokers", () => {
  shown(["operational-behavior-edge-node-termination-host-offline-reconnect", "operational-behavior-primary-application-state-with-multiple-servers-single-server"], async () => {
    const brokers = await Promise.all([startBroker(), startBroker()]);
    const hosts = await Promise.all(brokers.map(({ url }) => Host.at(url)));
    const [first, second] = hosts as [Host, Host];
    await first.state(true);
    await second.state(true);
    const life = new Life(brokers.map(({ url }) => url), { primaryHost: "scada" });
    await until(() => first.kinds().includes("NBIRTH"), () => "not born at the first", 5_000);
    assert.deepEqual(second.kinds(), []);
    await first.state(false);
    await until(() => second.kinds().includes("NBIRTH"), () => `not born at the second: ${first.kinds().join()}`, 8_000);
    assert.equal(first.kinds().at(-1), "NDEATH");
    await life.end();
    for (const { client } of hosts) await client.endAsync(true);
    await Promise.all(brokers.map((broker) => broker.close()));
  });

  test("a broker where the host never shows itself is left for the next", async () => {
    const brokers = await Promise.all([startBroker(), startBroker()]);
    const host = await Host.at(brokers[1]?.url ?? "");
    await host.state(true);
    const life = new Life(brokers.map(({ url }) => url), { primaryHost: "scada" });
    await until(() => host.kinds().includes("NBIRTH"), () => "not born where the host is", 12_000);
    await life.end();
    await host.client.endAsync(true);
    await Promise.all(brokers.map((broker) => broker.close()));
  });
});
