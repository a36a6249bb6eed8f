/** The link against brokers made by hand that refuse, stall, cheat or limit. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runLink, say, until } from "./link-rig.ts";
import { connack, frame, obliging, puback, publish, rawBroker, type Packet, type React } from "./raw-broker.ts";

/** As `obliging`, but for what `special` says it has dealt with. */
const but = (special: (...args: Parameters<React>) => boolean): React => (packet, socket, connection) => {
  if (!special(packet, socket, connection)) obliging(packet, socket, connection);
};

const published = (connections: readonly (readonly Packet[])[]): string[] => connections.flat().filter(({ type }) => type === 3).map(({ topic }) => topic);

/** CONNECT of version 5 carries properties: those after its name. */
const property = { receiveMaximum: (most: number) => [0x21, most >> 8, most & 255], maximumPacketSize: (most: number) => [0x27, 0, 0, most >> 8, most & 255] };

describe("mqtt link, misbehaving broker", { concurrency: 8 }, () => {
  test("a broker of version 5 is spoken to in 5", async () => {
    await using broker = await rawBroker(obliging);
    await using rack = runLink([broker.url]);
    await until(() => rack.link.connected, () => rack.logged);
    rack.link.publish({ ...say("out/x", "1"), expirySeconds: 60, contentType: "application/json", correlation: "doc-1" });
    await until(() => published(broker.connections).length === 1, () => rack.logged);
    assert.deepEqual(broker.connections.map((packets) => packets[0]?.version), [5]);
    const body = broker.connections.flat().find(({ type }) => type === 3)?.body.toString("latin1") ?? "";
    assert.ok(body.includes("application/json") && body.includes("doc-1") && body.includes("\u0002\0\0\0<"), JSON.stringify(body));
  });

  test("a broker that closes on version 5 without a word is tried with 3.1.1 at once", async () => {
    await using broker = await rawBroker(but((packet, socket) => packet.version === 5 && socket.end() !== undefined));
    await using rack = runLink([broker.url]);
    await until(() => rack.link.connected, () => rack.logged);
    assert.equal(rack.logged.length, 1, "nothing failed, so there was no back-off between the two");
    assert.deepEqual(broker.connections.map((packets) => packets[0]?.version), [5, 4]);
  });

  test("one that says nothing costs the connect timeout, and the next is tried", async () => {
    await using silent = await rawBroker(() => undefined);
    await using broker = await rawBroker(obliging);
    await using rack = runLink([silent.url, broker.url], { connectTimeoutMs: 200 });
    await until(() => rack.link.connected, () => rack.logged);
    assert.match(rack.logged.join(), /connack timeout/);
    assert.deepEqual(silent.connections.map((packets) => packets[0]?.version), [5], "silence says nothing about versions");
  });

  test("a refusal by CONNACK is not the end of trying", async () => {
    let refusals = 0;
    await using broker = await rawBroker(but((packet, socket) => packet.type === 1 && refusals < 2 && (refusals += 1) > 0 && socket.end(connack(5, 135)) !== undefined));
    await using rack = runLink([broker.url]);
    await until(() => rack.link.connected, () => rack.logged);
    assert.equal(refusals, 2);
    assert.match(rack.logged[0] ?? "", /Not authorized/);
  });

  test("a half-open connection is noticed although we publish on it", async () => {
    await using broker = await rawBroker(but((packet) => packet.type === 12));
    await using rack = runLink([broker.url], { keepaliveSeconds: 1 });
    await until(() => rack.link.connected, () => rack.logged);
    const chatter = setInterval(() => rack.link.publish({ topic: "out/t", payload: "x", qos: 0, retain: false }), 100);
    await until(() => rack.heard.some((line) => line.startsWith("lost")), () => rack.heard);
    clearInterval(chatter);
    assert.deepEqual(rack.heard.slice(0, 2), ["connected 1", "lost: Keepalive timeout"]);
  });

  test("publishes that are never acknowledged end the connection, and are said again on the next", async () => {
    await using broker = await rawBroker(but((packet, _socket, connection) => packet.type === 3 && connection === 1));
    await using rack = runLink([broker.url], { answerTimeoutMs: 200 });
    await until(() => rack.link.connected, () => rack.logged);
    rack.link.publish(say("out/x", "1"));
    await until(() => published(broker.connections).length === 2, () => [rack.heard, rack.logged]);
    assert.deepEqual(rack.heard.slice(0, 2), ["connected 1", "lost: a publish was not acknowledged in time"]);
  });

  test("a subscription that is never acknowledged is no connection", async () => {
    await using broker = await rawBroker(but((packet, _socket, connection) => packet.type === 8 && connection === 1));
    await using rack = runLink([broker.url], { answerTimeoutMs: 200 });
    await until(() => rack.link.connected, () => rack.logged);
    assert.match(rack.logged[0] ?? "", /does not acknowledge the subscriptions/);
  });

  test("no more are on their way than the broker receives, nor than 20", async () => {
    for (const [properties, most] of [[property.receiveMaximum(2), 2], [[], 20]] as const) {
      const unacknowledged: number[] = [];
      await using broker = await rawBroker(
        but((packet, socket) => {
          if (packet.type === 1) socket.write(connack(5, 0, properties));
          if (packet.type === 3) unacknowledged.push(packet.id);
          return packet.type === 1 || packet.type === 3;
        }),
      );
      await using rack = runLink([broker.url]);
      await until(() => rack.link.connected, () => rack.logged);
      for (let index = 0; index < 50; index += 1) rack.link.publish(say(`out/${index}`, "x"));
      await until(() => unacknowledged.length >= most, () => unacknowledged);
      await new Promise((resolve) => setTimeout(resolve, 30));
      assert.equal(unacknowledged.length, most);
    }
  });

  test("what is larger than the broker takes is not sent, and the rest goes on", async () => {
    await using broker = await rawBroker(but((packet, socket) => packet.type === 1 && socket.write(connack(5, 0, property.maximumPacketSize(1_000)))));
    await using rack = runLink([broker.url]);
    await until(() => rack.link.connected, () => rack.logged);
    rack.link.publish(say("out/large", "x".repeat(2_000)));
    rack.link.publish(say("out/small", "x"));
    await until(() => published(broker.connections).length > 0, () => rack.logged);
    assert.deepEqual(published(broker.connections), ["out/small"]);
    assert.ok(rack.logged.some((line) => line.includes("out/large")), JSON.stringify(rack.logged));
  });

  test("a refused publish (MQTT 5) is said once and dropped", async () => {
    await using broker = await rawBroker(but((packet, socket) => packet.type === 3 && packet.topic === "out/denied" && socket.write(puback(packet.id, 135))));
    await using rack = runLink([broker.url]);
    await until(() => rack.link.connected, () => rack.logged);
    rack.link.publish(say("out/denied", "x"));
    rack.link.publish(say("out/fine", "x"));
    await until(() => rack.logged.some((line) => line.includes("refused")), () => rack.logged);
    await until(() => published(broker.connections).length === 2, () => published(broker.connections));
    assert.equal(rack.link.connected, true);
  });

  test("a message of megabytes arrives cut, is acknowledged, and what follows is whole", async () => {
    const acknowledged: number[] = [];
    await using broker = await rawBroker(
      but((packet, socket) => {
        if (packet.type === 4) acknowledged.push(packet.body.readUInt16BE(0));
        if (packet.type !== 8) return false;
        obliging(packet, socket, 1);
        socket.write(publish("in/large", Buffer.alloc(5_000_000, "x"), { five: true, id: 7 }));
        return socket.write(publish("in/next", "whole", { five: true }));
      }),
    );
    const sizes: number[] = [];
    await using rack = runLink([broker.url]);
    await until(() => rack.heard.some((line) => line.startsWith("in/next")), () => rack.heard.map((line) => line.slice(0, 30)));
    for (const line of rack.heard) sizes.push(line.length);
    assert.ok(Math.max(...sizes) <= 262_144, String(Math.max(...sizes)));
    assert.ok(rack.heard.includes("in/next=whole"));
    await until(() => acknowledged.includes(7), () => acknowledged);
  });

  test("bytes that are no MQTT end the connection and nothing else", async () => {
    await using broker = await rawBroker(but((packet, socket, connection) => packet.type === 8 && connection === 1 && socket.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0xff]))));
    await using rack = runLink([broker.url]);
    await until(() => rack.link.connected, () => rack.logged);
    assert.match(rack.logged[0] ?? "", /no MQTT/);
    assert.equal(broker.connections.length, 2);
  });

  test("stopping is bounded although an acknowledgement never comes", async () => {
    await using broker = await rawBroker(but((packet) => packet.type === 3));
    const rack = runLink([broker.url]);
    await until(() => rack.link.connected, () => rack.logged);
    rack.link.publish(say("out/x", "1"));
    const began = performance.now();
    await rack.stop();
    assert.ok(performance.now() - began < 3_200, `${performance.now() - began} ms`);
    assert.ok(broker.connections.flat().some(({ type }) => type === 14), "DISCONNECT was sent");
  });

  test("stopping while nobody answers is immediate", async () => {
    await using silent = await rawBroker(() => undefined);
    const rack = runLink([silent.url]);
    await until(() => silent.connections.length === 1);
    const began = performance.now();
    await rack.stop();
    assert.ok(performance.now() - began < 200);
  });

  test("two of one name that throw each other out do not spin", async () => {
    await using broker = await rawBroker(but((packet, socket, connection) => packet.type === 8 && (obliging(packet, socket, connection), socket.write(frame(0xe0, [142, 0])), socket.end()) !== undefined));
    await using rack = runLink([broker.url]);
    await until(() => broker.connections.length === 3, () => rack.heard, 5_000);
    assert.ok(rack.heard.some((line) => line.includes("reason 142")) || rack.logged.some((line) => line.includes("142")), JSON.stringify([rack.heard, rack.logged]));
  });
});

