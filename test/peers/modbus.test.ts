/** Our Modbus against the work of others: run by `npm run test:peers`, skipped with a plain word where a Debian package is missing. */
import assert from "node:assert/strict";
import { execFile, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { DeviceError } from "../../agent/runtime/errors.ts";
import { Bus } from "../../drivers/modbus/bus.ts";
import { Buses } from "../../drivers/modbus/buses.ts";
import { loadProfile } from "../../drivers/modbus/load.ts";
import { modbusMeter } from "../../drivers/modbus/meter.ts";
import type { Reply, Request } from "../../drivers/modbus/request.ts";
import { serialLine } from "../../drivers/modbus/rtu-lines.ts";
import { tcpLine } from "../../drivers/modbus/tcp.ts";
import { startRig } from "../../drivers/sim/rig.ts";
import { freePort } from "../../scripts/free-port.ts";

/** Debian's own interpreter: the packages are not seen by one from elsewhere. */
const PYTHON = "/usr/bin/python3";
const never = new AbortController().signal;
const timing = { timeoutMs: 1_000, minGapMs: 0, connectDelayMs: 0, quietAfterTimeoutMs: 0 };
const options = { random: Math.random, now: (): number => performance.now() };

const works = (command: string, ...args: string[]): boolean => spawnSync(command, args, { stdio: "ignore" }).status === 0;
const skipUnless = (there: boolean, packages: string): string | false => (there ? false : `needs Debian's ${packages}: apt-get install ${packages}`);
const skipMbpoll = skipUnless(works("mbpoll", "-V"), "mbpoll");
const skipPymodbus = skipUnless(works(PYTHON, "-c", "import pymodbus.server"), "python3-pymodbus python3-serial-asyncio");
const skipLibmodbus = skipUnless(works("sh", "-c", "echo '#include <modbus.h>' | cc $(pkg-config --cflags libmodbus) -fsyntax-only -x c -"), "libmodbus-dev gcc pkg-config");

/** The peers' sources are not compiled: they stay in test/. */
const source = (file: string): string => fileURLToPath(new URL(`../../../test/peers/${file}`, import.meta.url));

/** Starts a peer and resolves with what follows READY in its first such line. */
async function startPeer(t: TestContext, command: string, args: readonly string[]): Promise<string> {
  const peer = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => peer.once("close", resolve));
  t.after(async () => {
    peer.kill("SIGKILL");
    await ended;
  });
  for await (const line of createInterface({ input: peer.stdout })) if (line.startsWith("READY")) return line.slice("READY".length).trim();
  throw new Error(`${command} ended before it was ready`);
}

/** Built anew: a program of ours on their library. */
function libmodbusServer(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "curtaild-peer-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const program = join(folder, "server");
  const built = spawnSync("sh", ["-c", `cc -o ${program} ${source("libmodbus-server.c")} $(pkg-config --cflags --libs libmodbus)`], { encoding: "utf8" });
  assert.equal(built.status, 0, built.stderr);
  return program;
}

function busTo(t: TestContext, port: number): (request: Request) => Promise<Reply> {
  const bus = new Bus(tcpLine({ host: "127.0.0.1", port }, 1_000), options);
  t.after(() => bus.close());
  return (request) => bus.send(request, { priority: "fast", deadlineMs: 2_000, timing }, never);
}

const read = (table: "coil" | "discrete" | "holding" | "input", address: number, count: number): Request => ({ kind: "read", unit: 1, table, address, count });
const register = (at: number): number => 3 * at + 7;
const from = <T>(address: number, count: number, value: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => value(address + at));

describe("our client", () => {
  test("reads and writes a libmodbus server on a serial line", { skip: skipLibmodbus || skipUnless(works(PYTHON, "-c", "import tty"), "python3") }, async (t) => {
    const [ours = "", theirs = ""] = (await startPeer(t, PYTHON, [source("pty-pair.py")])).split(" ");
    await startPeer(t, libmodbusServer(t), [theirs]);
    const bus = new Bus(serialLine({ path: ours, baud: 9_600, parity: "none", stopBits: 1 }), options);
    t.after(() => bus.close());
    const send = (request: Request): Promise<Reply> => bus.send(request, { priority: "fast", deadlineMs: 5_000, timing }, never);
    assert.deepEqual(await send(read("holding", 5, 125)), from(5, 125, register));
    assert.deepEqual(await send(read("coil", 1, 19)), from(1, 19, (at) => Number(at % 3 === 0)));
    await send({ kind: "write-coil", unit: 1, address: 1, on: true });
    await send({ kind: "write-registers", unit: 1, address: 10, values: [1, 2] });
    assert.deepEqual(await send(read("coil", 0, 4)), [1, 1, 0, 1]);
    assert.deepEqual(await send(read("holding", 9, 4)), [register(9), 1, 2, register(12)]);
    await assert.rejects(send(read("holding", 199, 2)), (error) => error instanceof DeviceError && error.code === "refused");
    await assert.rejects(send({ ...read("holding", 0, 1), unit: 9 }), (error) => error instanceof DeviceError && error.code === "timeout");
    for (let round = 0; round < 50; round += 1) assert.deepEqual(await send(read("input", round % 100, 3)), from(round % 100, 3, register));
  });

  test("reads and writes a libmodbus server", { skip: skipLibmodbus }, async (t) => {
    const send = busTo(t, Number(await startPeer(t, libmodbusServer(t), [])));
    assert.deepEqual(await send(read("holding", 5, 125)), from(5, 125, register));
    assert.deepEqual(await send(read("input", 0, 1)), [7]);
    assert.deepEqual(await send(read("coil", 1, 19)), from(1, 19, (at) => Number(at % 3 === 0)));
    assert.deepEqual(await send(read("discrete", 0, 8)), from(0, 8, (at) => Number(at % 3 === 0)));
    await send({ kind: "write-coil", unit: 1, address: 1, on: true });
    await send({ kind: "write-coils", unit: 1, address: 2, on: [true, false] });
    await send({ kind: "write-register", unit: 1, address: 9, value: 0xfffe });
    await send({ kind: "write-registers", unit: 1, address: 10, values: [1, 2] });
    assert.deepEqual(await send(read("coil", 0, 4)), [1, 1, 1, 0]);
    assert.deepEqual(await send(read("holding", 8, 5)), [register(8), 0xfffe, 1, 2, register(12)]);
    await assert.rejects(send(read("holding", 199, 2)), (error) => error instanceof DeviceError && error.code === "refused");
    for (let round = 0; round < 500; round += 1) assert.deepEqual(await send(read("input", round % 100, 3)), from(round % 100, 3, register));
  });

  test("reads and switches a GUDE played by pymodbus", { skip: skipPymodbus }, async (t) => {
    const port = await freePort();
    await startPeer(t, PYTHON, [source("pymodbus-server.py"), String(port)]);
    await using meter = modbusMeter({ id: "pdu-1", profile: loadProfile("gude-epc"), address: { host: "127.0.0.1", port }, unit: 1, buses: new Buses(options) });
    assert.deepEqual(await meter.read(never), {
      power: 3210, outlets: [{ index: 1, power: 0, on: false }, { index: 2, power: 3200, on: true }], inputs: [], voltage: 231, frequencyHz: 49.97, energyWh: 123_456,
    });
    await meter.switch(1, true, never);
    await meter.switch(1, false, never);
    await assert.rejects(meter.switch(2, false, never), /outlet 2 reads off, but still draws 3200 W/);
    assert.deepEqual((await meter.read(never)).outlets.map(({ on }) => on), [false, false]);
    const send = busTo(t, port);
    assert.deepEqual(await send(read("holding", 0, 100)), from(0, 100, register));
    assert.deepEqual(await send(read("discrete", 0, 9)), [1, 0, 1, 1, 0, 0, 1, 0, 1]);
  });
});

describe("our simulator", () => {
  test("is read and switched by mbpoll", { skip: skipMbpoll }, async (t) => {
    const rig = await startRig({ asics: 4, seed: 1 });
    t.after(() => rig.close());
    const [host = "", port = ""] = rig.pdus[0]?.address.split(":") ?? [];
    const mbpoll = async (...args: string[]): Promise<string[]> => {
      const { stdout } = await promisify(execFile)("mbpoll", ["-m", "tcp", "-0", "-1", "-p", port, ...args]);
      return [...stdout.matchAll(/^\[\d+\]:\s+(\S+)/gm)].map(([, value = ""]) => value);
    };
    assert.deepEqual(await mbpoll("-t", "3", "-r", "0", "-c", "5", host), ["4", "4", "0", "1", "1"]);
    const power = Number((await mbpoll("-t", "3:int", "-B", "-r", String(0x402), host))[0]);
    assert.ok(Math.abs(power - rig.truth().powerW) <= 0.01 * power, `${power} W of ${rig.truth().powerW} W`);
    await mbpoll("-t", "0", "-r", "1", host, "0");
    assert.deepEqual(await mbpoll("-t", "0", "-r", "0", "-c", "4", host), ["1", "0", "1", "1"]);
    assert.deepEqual(await mbpoll("-t", "3:int", "-B", "-r", String(0x3b22), host), ["0"]);
    await assert.rejects(mbpoll("-t", "3", "-r", "8192", host), /Illegal data address/);
  });
});
