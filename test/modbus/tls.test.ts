/** Modbus/TCP Security: the device shows a certificate and wants ours. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { AddressInfo, Socket } from "node:net";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import { createServer } from "node:tls";
import { fileURLToPath } from "node:url";

import { DeviceError } from "../../agent/runtime/errors.ts";
import { Bus } from "../../drivers/modbus/bus.ts";
import type { Reply } from "../../drivers/modbus/request.ts";
import type { TlsFiles } from "../../drivers/modbus/socket.ts";
import { tcpLine } from "../../drivers/modbus/tcp.ts";
import { content, frame } from "./device.ts";

const never = new AbortController().signal;
const file = (name: string): string => fileURLToPath(new URL(`../../../test/link/tls/${name}`, import.meta.url));
const pem = (name: string): Buffer => readFileSync(file(name));
const OURS: TlsFiles = { caFile: file("ca.pem"), certFile: file("rack.pem"), keyFile: file("rack.key.pem"), serverName: null };

async function device(t: TestContext): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer({ cert: pem("broker.pem"), key: pem("broker.key.pem"), ca: pem("ca.pem"), requestCert: true, rejectUnauthorized: true }, (socket) => {
    socket.on("error", () => {});
    socket.on("data", (request) => {
      const [unit, address, count] = [request.readUInt8(6), request.readUInt16BE(8), request.readUInt16BE(10)];
      const words = Array.from({ length: count }, (_, at) => content(unit, 4, address + at)).flatMap((word) => [word >> 8, word & 0xff]);
      socket.write(frame(request.readUInt16BE(0), [unit, 4, 2 * count, ...words]));
    });
  });
  server.on("connection", (socket: Socket) => { sockets.add(socket); });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

async function ask(t: TestContext, port: number, tls?: TlsFiles): Promise<Reply> {
  const bus = new Bus(tcpLine({ host: "127.0.0.1", port }, 1_000, tls), { random: () => 0, now: () => performance.now() });
  t.after(() => bus.close());
  return bus.send({ kind: "read", unit: 1, table: "input", address: 5, count: 2 }, { priority: "fast", deadlineMs: 2_000, timing: { timeoutMs: 300, minGapMs: 0, connectDelayMs: 0, quietAfterTimeoutMs: 0 } }, never);
}

const failed = (text: RegExp) => (error: unknown): boolean => error instanceof DeviceError && text.test(error.message);

describe("Modbus/TCP Security", () => {
  test("both sides known: read like any other", async (t) => {
    assert.deepEqual(await ask(t, await device(t), OURS), [content(1, 4, 5), content(1, 4, 6)]);
  });

  test("a device nobody vouches for is not asked", async (t) => {
    await assert.rejects(ask(t, await device(t), { ...OURS, caFile: file("other-ca.pem") }), failed(/cannot connect to 127\.0\.0\.1/));
  });

  test("a device of another name is not asked", async (t) => {
    await assert.rejects(ask(t, await device(t), { ...OURS, serverName: "pdu-7.example" }), failed(/cannot connect.*(altnames|Hostname)/i));
  });

  test("without our certificate there is no answer, and no hanging either", async (t) => {
    await assert.rejects(ask(t, await device(t), { ...OURS, certFile: null, keyFile: null }), failed(/unit 1|cannot connect/));
  });

  test("without TLS there is no answer", async (t) => {
    await assert.rejects(ask(t, await device(t)), DeviceError);
  });

  test("a certificate file that is not there is named", async (t) => {
    await assert.rejects(ask(t, await device(t), { ...OURS, certFile: "/no/such.pem" }), failed(/\/no\/such\.pem/));
  });
});
