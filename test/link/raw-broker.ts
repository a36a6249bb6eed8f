/** A broker made by hand, so that it can misbehave: it frames what comes in and answers what the test says. */
import { createServer, type AddressInfo, type Socket } from "node:net";

export interface Packet {
  /** CONNECT 1, PUBLISH 3, SUBSCRIBE 8, UNSUBSCRIBE 10, PINGREQ 12, DISCONNECT 14. */
  readonly type: number;
  readonly flags: number;
  readonly body: Buffer;
  /** Of CONNECT: 4 or 5. */
  readonly version: number;
  /** Of SUBSCRIBE, UNSUBSCRIBE and QoS 1 PUBLISH. */
  readonly id: number;
  readonly topic: string;
  /** Whether its connection speaks version 5. */
  readonly five: boolean;
}

export interface RawBroker extends AsyncDisposable {
  readonly url: string;
  readonly connections: readonly Packet[][];
}

export type React = (packet: Packet, socket: Socket, connection: number) => void;

export async function rawBroker(react: React): Promise<RawBroker> {
  const connections: Packet[][] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    const packets: Packet[] = [];
    const number = connections.push(packets);
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => undefined);
    let rest = Buffer.alloc(0);
    let five = false;
    socket.on("data", (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      for (let frame = firstFrame(rest); frame !== null; frame = firstFrame(rest)) {
        rest = rest.subarray(frame.size);
        five ||= frame.packet.version === 5;
        const packet = { ...frame.packet, five };
        packets.push(packet);
        react(packet, socket, number);
      }
    });
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Accepts everything: 3.1.1 or 5 as asked, all subscriptions, all publishes. */
export const obliging: React = (packet, socket) => {
  const { type, id, five, version } = packet;
  if (type === 1) socket.write(connack(version));
  if (type === 3 && id > 0) socket.write(puback(id));
  if (type === 8) socket.write(suback(id, { five, codes: grantsFor(packet) }));
  if (type === 10) socket.write(frame(0xb0, [id >> 8, id & 255, ...(five ? [0, ...grantsFor(packet)] : [])]));
  if (type === 12) socket.write(frame(0xd0, []));
};

/** As many grants as there are topics. */
const grantsFor = ({ body, five }: Packet): number[] => Array.from({ length: topicsIn(body, five) }, () => 1);

function topicsIn(body: Buffer, five: boolean): number {
  let at = five ? 3 + (body[2] ?? 0) : 2;
  let topics = 0;
  while (at + 2 <= body.length) {
    at += 2 + body.readUInt16BE(at) + 1;
    topics += 1;
  }
  return topics;
}

export const frame = (head: number, body: readonly number[] | Buffer): Buffer => Buffer.concat([Buffer.from([head, ...lengthOf(body.length)]), Buffer.from(body)]);

/** `properties`: bytes of MQTT 5 properties. */
export const connack = (version: number, code = 0, properties: readonly number[] = []): Buffer => frame(0x20, [0, code, ...(version === 5 ? [properties.length, ...properties] : [])]);

export const suback = (id: number, { five, codes }: { five: boolean; codes: readonly number[] }): Buffer => frame(0x90, [id >> 8, id & 255, ...(five ? [0] : []), ...codes]);

/** `reason`: MQTT 5. */
export const puback = (id: number, reason?: number): Buffer => frame(0x40, [id >> 8, id & 255, ...(reason === undefined ? [] : [reason, 0])]);

export function publish(topic: string, payload: string | Buffer, { five, id }: { five: boolean; id?: number }): Buffer {
  const name = Buffer.from(topic);
  const head = [name.length >> 8, name.length & 255, ...name, ...(id === undefined ? [] : [id >> 8, id & 255]), ...(five ? [0] : [])];
  return frame(id === undefined ? 0x30 : 0x32, Buffer.concat([Buffer.from(head), Buffer.from(payload)]));
}

export function lengthOf(length: number): number[] {
  const bytes: number[] = [];
  for (let rest = length; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 128);
  }
}

function firstFrame(data: Buffer): { packet: Omit<Packet, "five">; size: number } | null {
  let length = 0;
  for (let index = 1; index < Math.min(data.length, 5); index += 1) {
    const byte = data[index] ?? 0;
    length += (byte & 127) * 128 ** (index - 1);
    if (byte >= 128) continue;
    const size = index + 1 + length;
    return data.length < size ? null : { packet: packetOf(data[0] ?? 0, data.subarray(index + 1, size)), size };
  }
  return null;
}

function packetOf(head: number, body: Buffer): Omit<Packet, "five"> {
  const [type, flags] = [head >> 4, head & 15];
  const topicLength = type === 3 ? body.readUInt16BE(0) : 0;
  const id = type === 8 || type === 10 ? body.readUInt16BE(0) : type === 3 && (flags & 6) === 2 ? body.readUInt16BE(2 + topicLength) : 0;
  return { type, flags, body, version: type === 1 ? (body[6] ?? 0) : 0, id, topic: type === 3 ? body.toString("utf8", 2, 2 + topicLength) : "" };
}
