/** The rack as an edge node on a real mosquitto, its payloads read by Google's protobuf: run by `npm run test:peers`. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { connectAsync } from "mqtt";
import { until } from "../link/link-rig.ts";
import { Host, Life } from "../sparkplug/life.ts";
import { Stand } from "../sparkplug/stand.ts";
import { Broker, skipMosquitto } from "./broker.ts";

const PYTHON = "/usr/bin/python3";
const skipPython = spawnSync(PYTHON, ["-c", "import google.protobuf"], { stdio: "ignore" }).status === 0 ? false : "needs Debian's python3-protobuf: apt-get install python3-protobuf";

interface Read {
  readonly seq: number | null;
  readonly timestamp: number;
  readonly unknown: boolean;
  readonly metrics: readonly { readonly name: string | null; readonly alias: number | null; readonly datatype: number | null; readonly isNull: boolean; readonly kind: string | null; readonly value: unknown }[];
}

function byGoogle(payloads: readonly Buffer[]): Read[] {
  const script = fileURLToPath(new URL("../../../test/peers/sparkplug.py", import.meta.url));
  const { stdout, stderr, status } = spawnSync(PYTHON, [script], { input: payloads.map((payload) => `${payload.toString("hex")}\n`).join(""), encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return stdout.trimEnd().split("\n").map((line) => JSON.parse(line) as Read);
}

describe("Sparkplug B on mosquitto", { skip: skipMosquitto }, () => {
  test("tck-id-payloads-ndeath-will-message-publisher-disconnect-mqtt50", async () => {
    await using broker = await Broker.start({ tls: false });
    const host = await Host.at(broker.url);
    const life = new Life([broker.url], { kept: 9 });
    await until(() => host.kinds().includes("NBIRTH"), () => "no birth", 8_000);
    await life.end();
    // Our own, and mosquitto's word of the will: only a DISCONNECT that asks for it leaves that.
    await until(() => host.numbers("NDEATH").length === 2, () => `deaths: ${host.numbers("NDEATH").length}`, 5_000);
    assert.deepEqual(host.numbers("NDEATH"), [9, 9]);
    await host.client.endAsync(true);
  });

  test("a connection that breaks: mosquitto speaks the will with the number of the birth, and the next birth has the next", async () => {
    await using broker = await Broker.start({ tls: false });
    const host = await Host.at(broker.url);
    const life = new Life([broker.url]);
    await until(() => host.kinds().includes("NBIRTH"), () => "no birth", 8_000);
    const intruder = await connectAsync(broker.url, { clientId: "node-r1", reconnectPeriod: 0 });
    await until(() => host.numbers("NBIRTH").length === 2, () => host.kinds().join(), 10_000);
    assert.deepEqual(host.kinds().slice(0, 3), ["NBIRTH", "NDEATH", "NBIRTH"]);
    assert.deepEqual([host.numbers("NBIRTH"), host.numbers("NDEATH").slice(0, 1)], [[0, 1], [0]]);
    await intruder.endAsync(true);
    await life.end();
    await host.client.endAsync(true);
  });

  test("Google's protobuf reads the same as our own reader, and nothing beside the schema", { skip: skipPython }, async () => {
    await using broker = await Broker.start({ tls: false });
    const host = await Host.at(broker.url);
    const life = new Life([broker.url], { kept: 255 });
    await until(() => host.kinds().includes("NBIRTH"), () => "no birth", 8_000);
    await life.end();
    await until(() => host.kinds().includes("NDEATH"), () => "no death", 5_000);
    const read = byGoogle(host.heard.map(({ bytes }) => bytes));
    assert.equal(read.length, host.heard.length);
    read.forEach((google, index) => {
      const own = host.heard[index];
      assert.ok(own !== undefined && !google.unknown);
      assert.deepEqual([google.seq, google.timestamp], [own.seq, own.timestamp]);
      assert.deepEqual(google.metrics.map(({ kind, ...rest }) => ({ ...rest, kind: kind?.replace("_value", "") ?? null })), own.metrics.map(({ name, alias, datatype, isNull, value, kind }) => ({ name, alias, datatype, isNull, value, kind })));
    });
    await host.client.endAsync(true);
  });

  test("a life of births, data, deaths and history, read by Google's protobuf", { skip: skipPython }, () => {
    const stand = new Stand();
    const sent: Buffer[] = [];
    const look = (seconds: number): void => {
      for (let second = 0; second < seconds; second += 1) {
        stand.seconds += 1;
        for (const { payload } of stand.node.look({ at: stand.at, atS: stand.seconds, node: { ...stand.rack }, device: (id) => stand.devices.get(id) ?? null })) sent.push(Buffer.from(payload as Uint8Array));
      }
    };
    stand.connect(0);
    look(3);
    stand.rack["powerW"] = 1;
    stand.silence("asic-1");
    look(10);
    stand.node.disconnected();
    stand.rack["powerW"] = 9_000;
    look(10);
    stand.connect(1);
    look(3);
    const read = byGoogle(sent);
    assert.ok(read.length >= 9 && read.every(({ unknown }) => !unknown));
    assert.deepEqual(read.map(({ seq }) => seq).filter((seq) => seq === 0).length, 2);
  });
});
