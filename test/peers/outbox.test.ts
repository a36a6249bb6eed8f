/** Store and forward against a real mosquitto: offline, a broker that dies, access rights that deny, and how fast a backlog goes. */
import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, test, type TestContext } from "node:test";
import { mqttLink } from "../../agent/link/mqtt-link.ts";
import { openDrawer } from "../../agent/record/drawer.ts";
import { openOutbox, SUMMARIES, type Outbox } from "../../agent/record/outbox.ts";
import type { IncomingMessage, Link } from "../../agent/runtime/link.ts";
import { silentLog } from "../../agent/runtime/log.ts";
import { stopwatch } from "../../agent/runtime/system-clock.ts";
import { freePort } from "../../scripts/free-port.ts";

const MOSQUITTO = ["/usr/sbin/mosquitto", "mosquitto"].find((path) => spawnSync(path, ["-h"], { stdio: "ignore" }).error === undefined);
const skip = MOSQUITTO === undefined ? "needs Debian's mosquitto: apt-get install mosquitto" : false;
const clock = stopwatch();

interface Said {
  readonly topic: string;
  readonly n: number;
  readonly recordId: string;
  readonly historical?: true;
}

/** A folder, a port, and what runs on them; all of it ends with the test. */
class Bench {
  readonly heard: Said[] = [];
  readonly events: string[] = [];
  outbox: Outbox | null = null;
  link: Link | null = null;
  readonly #dir: string;
  readonly #port: number;
  readonly #end = new AbortController();
  readonly #running: Promise<unknown>[] = [];
  #broker: ChildProcess | null = null;

  private constructor(dir: string, port: number) {
    this.#dir = dir;
    this.#port = port;
  }

  static async open(t: TestContext): Promise<Bench> {
    const bench = new Bench(await mkdtemp(join(tmpdir(), "curtaild-peer-")), await freePort());
    t.after(() => bench.close());
    return bench;
  }

  async startBroker(acl = "topic readwrite #"): Promise<void> {
    const [config, rights] = [join(this.#dir, "mosquitto.conf"), join(this.#dir, "acl")];
    await writeFile(rights, `${acl}\n`, { mode: 0o600 });
    await writeFile(config, `listener ${this.#port} 127.0.0.1\nallow_anonymous true\nacl_file ${rights}\nuser ${process.env["USER"] ?? "root"}\nlog_type none\n`);
    this.#broker = spawn(MOSQUITTO ?? "", ["-c", config], { stdio: "ignore" });
  }

  async stopBroker(): Promise<void> {
    const broker = this.#broker;
    if (broker === null) return;
    const ended = new Promise((resolve) => broker.once("exit", resolve));
    broker.kill("SIGKILL");
    await ended;
    this.#broker = null;
  }

  /** The rack's own link and outbox; its link comes up when `online` says. */
  async rack(): Promise<{ readonly outbox: Outbox; readonly link: Link; readonly online: () => void }> {
    const link = this.#connect("rack", []);
    const outbox = await openOutbox({
      drawer: await openDrawer(join(this.#dir, "outbox")), link, room: () => Promise.resolve(), clock, seal: (_topic, payload) => payload, topicRoot: "gla", draw: () => "t", summaries: SUMMARIES,
      event: (name, { topic, reason }) => this.events.push(`${name} ${String(topic)}: ${String(reason)}`),
    });
    this.outbox = outbox;
    this.link = link;
    this.#running.push(outbox.run(this.#end.signal));
    const online = (): void => void this.#running.push(link.run({ message: () => undefined, connected: () => outbox.connected(), disconnected: () => undefined }, this.#end.signal));
    return { outbox, link, online };
  }

  /** The operator, who hears everything. */
  async operator(): Promise<void> {
    const link = this.#connect("operator", [{ topic: "gla/#", qos: 1 }]);
    const hear = ({ topic, payload }: IncomingMessage): void => void this.heard.push({ topic, ...(JSON.parse(Buffer.from(payload).toString("utf8")) as Omit<Said, "topic">) });
    await new Promise<void>((connected) => this.#running.push(link.run({ message: hear, connected: () => connected(), disconnected: () => undefined }, this.#end.signal)));
  }

  async until(holds: () => boolean, withinMs: number): Promise<void> {
    const end = performance.now() + withinMs;
    while (!holds()) {
      if (performance.now() > end) assert.fail(`not within ${withinMs} ms: ${this.heard.length} heard, ${JSON.stringify(this.outbox?.waiting)} waiting, ${this.events.join("; ")}`);
      await pause(5);
    }
  }

  async close(): Promise<void> {
    this.#end.abort();
    await Promise.all(this.#running);
    await this.outbox?.close();
    await this.stopBroker();
    await rm(this.#dir, { recursive: true, force: true });
  }

  #connect(clientId: string, subscriptions: readonly { readonly topic: string; readonly qos: 1 }[]): Link {
    return mqttLink({ urls: [`mqtt://127.0.0.1:${this.#port}`], clientId, subscriptions, username: null, password: null, tls: null, clock, log: silentLog, random: () => 0.1 });
  }
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

describe("store and forward over mosquitto", { skip }, () => {
  test("an hour offline arrives in order, once, as history, behind the live status", async (t) => {
    const bench = await Bench.open(t);
    const { outbox, link, online } = await bench.rack();
    for (const n of range(0, 60)) {
      outbox.put("summary", { n: 1_000 + n }, "summary");
      if (n % 15 === 0) outbox.put("interval", { n: n / 15 });
    }
    assert.equal(await outbox.settled(), true);
    await bench.startBroker();
    await bench.operator();
    link.publish({ topic: "gla/status", payload: JSON.stringify({ n: -1 }), qos: 1, retain: true });
    online();
    await bench.until(() => outbox.waiting.evidence + outbox.waiting.summaries === 0 && bench.heard.length >= 65, 20_000);
    assert.equal(bench.heard[0]?.topic, "gla/status");
    const kept = bench.heard.filter(({ n }) => n >= 0);
    assert.deepEqual(kept.map(({ n }) => n), [...range(0, 4), ...range(1_000, 1_060)]);
    assert.ok(kept.every(({ historical }) => historical === true));
    assert.equal(new Set(kept.map(({ recordId }) => recordId)).size, 64);
    assert.deepEqual(outbox.waiting, { evidence: 0, summaries: 0 });
  });

  test("a broker that dies in the middle of a backlog costs at most a window of doubles", async (t) => {
    const bench = await Bench.open(t);
    await bench.startBroker();
    await bench.operator();
    const { outbox, online } = await bench.rack();
    online();
    for (const n of range(0, 5_000)) outbox.put("interval", { n });
    await bench.until(() => bench.heard.length > 500, 10_000);
    await bench.stopBroker();
    const before = bench.heard.length;
    await bench.startBroker();
    // A subscriber of a broker without persistence misses what comes before it is back: what it has not heard, the broker has acknowledged.
    await bench.until(() => outbox.waiting.evidence === 0, 30_000);
    assert.ok(before < 5_000);
    const counts = new Map<number, number>();
    for (const { n } of bench.heard) counts.set(n, (counts.get(n) ?? 0) + 1);
    const doubled = [...counts.values()].filter((count) => count > 1).length;
    assert.ok(doubled <= 20, `${doubled} doubled`);
  });

  test("a topic the broker denies is set aside with an event and holds up nobody", async (t) => {
    const bench = await Bench.open(t);
    await bench.startBroker("topic readwrite gla/good/#\ntopic read gla/#");
    await bench.operator();
    const { outbox, online } = await bench.rack();
    online();
    outbox.put("bad", { n: 0 });
    for (const n of range(1, 50)) outbox.put("good/x", { n });
    await bench.until(() => bench.heard.length === 49, 20_000);
    assert.deepEqual(bench.heard.map(({ n }) => n), range(1, 50));
    assert.match(bench.events.join(), /outbox.refused bad/);
  });

  test("20,000 records flush in 5 s", async (t) => {
    const bench = await Bench.open(t);
    const { outbox, online } = await bench.rack();
    for (const n of range(0, 20_000)) outbox.put("interval", { n, filler: "x".repeat(300) });
    assert.equal(await outbox.settled(), true);
    await bench.startBroker();
    online();
    await bench.until(() => bench.link?.connected === true, 20_000);
    const begun = performance.now();
    await bench.until(() => outbox.waiting.evidence === 0, 60_000);
    const seconds = (performance.now() - begun) / 1000;
    t.diagnostic(`20,000 records in ${seconds.toFixed(2)} s`);
    assert.ok(seconds <= 5, `${seconds.toFixed(2)} s`);
  });
});
