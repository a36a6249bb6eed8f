import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { SimServer } from "../../drivers/sim/cgminer-server.ts";
import { NO_FAULT } from "../../drivers/sim/faults.ts";
import { gudeImage } from "../../drivers/sim/gude.ts";
import type { ModbusImage } from "../../drivers/sim/modbus-server.ts";
import { ILLEGAL_ADDRESS, ModbusException, startModbusServer } from "../../drivers/sim/modbus-server.ts";
import { Pdu } from "../../drivers/sim/pdu.ts";
import { seeded } from "../../drivers/sim/random.ts";
import { exchange } from "./wire.ts";

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(" ", ""), "hex");

/** Sixteen coils and sixteen registers; discrete inputs and input registers show the same. */
function memory(): ModbusImage {
  const coils = Array.from({ length: 16 }, (_, index) => index % 3 === 0);
  const registers = Array.from({ length: 16 }, (_, index) => 0x1000 + index);
  const inside = (address: number, count: number): void => {
    if (address + count > 16) throw new ModbusException(ILLEGAL_ADDRESS);
  };
  return {
    readBits: (_, address, count) => (inside(address, count), coils.slice(address, address + count)),
    readRegisters: (_, address, count) => (inside(address, count), registers.slice(address, address + count)),
    writeCoils: (address, values) => (inside(address, values.length), void coils.splice(address, values.length, ...values)),
    writeRegisters: (address, values) => (inside(address, values.length), void registers.splice(address, values.length, ...values)),
  };
}

interface Line {
  readonly server: SimServer;
  /** Sends these segments and compares what comes back; spaces are for reading. */
  readonly talk: (segments: readonly string[], reply: string) => Promise<void>;
  readonly address: string;
}

async function serve(image: ModbusImage): Promise<Line> {
  const server = await startModbusServer({ host: "127.0.0.1", port: 0, latencyMs: 0, image, wire: () => NO_FAULT, random: seeded(1) });
  const address = `${server.host}:${server.port}`;
  const talk: Line["talk"] = async (segments, reply) => {
    const seen = await exchange(address, { parts: segments.map(bytes), enough: bytes(reply).length });
    assert.equal(seen.bytes.toString("hex"), bytes(reply).toString("hex"));
  };
  return { server, talk, address };
}

describe("the Modbus TCP server", () => {
  let line: Line;
  before(async () => void (line = await serve(memory())));
  after(() => line.server.close());

  // Transaction 1a2b, unit 05 throughout: header 1a2b 0000 length 05, then the protocol data unit.
  const table: readonly (readonly [string, string, string])[] = [
    ["FC1 ten coils", "1a2b 0000 0006 05 01 0000 000a", "1a2b 0000 0005 05 01 02 4902"],
    ["FC2 three inputs", "1a2b 0000 0006 05 02 0003 0003", "1a2b 0000 0004 05 02 01 01"],
    ["FC3 two registers", "1a2b 0000 0006 05 03 0004 0002", "1a2b 0000 0007 05 03 04 1004 1005"],
    ["FC4 one register", "1a2b 0000 0006 05 04 000f 0001", "1a2b 0000 0005 05 04 02 100f"],
    ["FC5 coil 1 on", "1a2b 0000 0006 05 05 0001 ff00", "1a2b 0000 0006 05 05 0001 ff00"],
    ["FC6 register 2", "1a2b 0000 0006 05 06 0002 beef", "1a2b 0000 0006 05 06 0002 beef"],
    ["FC15 nine coils", "1a2b 0000 0009 05 0f 0000 0009 02 ff01", "1a2b 0000 0006 05 0f 0000 0009"],
    ["FC16 two registers", "1a2b 0000 000b 05 10 0000 0002 04 0102 0304", "1a2b 0000 0006 05 10 0000 0002"],
    ["FC1 after the writes", "1a2b 0000 0006 05 01 0000 0010", "1a2b 0000 0005 05 01 02 ff93"],
    ["FC3 after the writes", "1a2b 0000 0006 05 03 0000 0003", "1a2b 0000 0009 05 03 06 0102 0304 beef"],
    ["unknown function", "1a2b 0000 0002 05 2b", "1a2b 0000 0003 05 ab 01"],
    ["address beyond the end", "1a2b 0000 0006 05 03 000f 0002", "1a2b 0000 0003 05 83 02"],
    ["address over 65535", "1a2b 0000 0006 05 03 ffff 0002", "1a2b 0000 0003 05 83 02"],
    ["no registers", "1a2b 0000 0006 05 03 0000 0000", "1a2b 0000 0003 05 83 03"],
    ["126 registers", "1a2b 0000 0006 05 03 0000 007e", "1a2b 0000 0003 05 83 03"],
    ["a request too short", "1a2b 0000 0004 05 03 0000", "1a2b 0000 0003 05 83 03"],
    ["a coil neither on nor off", "1a2b 0000 0006 05 05 0001 1234", "1a2b 0000 0003 05 85 03"],
    ["FC15 with a wrong byte count", "1a2b 0000 0008 05 0f 0000 0009 01 ff", "1a2b 0000 0003 05 8f 03"],
    ["FC16 with too few bytes", "1a2b 0000 0009 05 10 0000 0002 04 0102", "1a2b 0000 0003 05 90 03"],
  ];
  for (const [name, request, reply] of table) {
    test(name, () => line.talk([request], reply));
  }

  test("two requests in one segment, and one in two segments", async () => {
    const one = "0001 0000 0006 01 04 0005 0001";
    const two = "0002 0000 0006 01 04 0006 0001";
    const both = "0001 0000 0005 01 04 02 1005 0002 0000 0005 01 04 02 1006";
    await line.talk([one + two], both);
    await line.talk([one.slice(0, 12), one.slice(12) + two], both);
  });

  test("what is not Modbus ends the connection", async () => {
    for (const request of ["0001 0001 0006 01 04 0005 0001", "0001 0000 0400 01"]) {
      assert.notEqual((await exchange(line.address, { parts: [bytes(request)] })).how, "deadline");
    }
  });
});

describe("the GUDE map", () => {
  const loads = [2794.4, 25, 0].map((powerW, index) => ({ powerW, energyWh: 100_000 * (index + 1), powerOff() {}, powerOn() {} }));
  let line: Line;
  before(async () => void (line = await serve(gudeImage(new Pdu({ loads, now: () => 0, random: seeded(1), noise: 0 })))));
  after(() => line.server.close());

  const hex = (value: number, bytes: number): string => value.toString(16).padStart(2 * bytes, "0");
  /** FC4: the registers from `address` are these. */
  const reads = (address: number, registers: string): Promise<void> => {
    const { length } = bytes(registers);
    return line.talk([`0001 0000 0006 01 04 ${hex(address, 2)} ${hex(length / 2, 2)}`], `0001 0000 ${hex(3 + length, 2)} 01 04 ${hex(length, 1)} ${registers}`);
  };

  test("counts: relay ports, metered ports, line-ins, phases", async () => {
    await reads(0, "0003 0003");
    await reads(3, "0001 0001");
  });

  test("absent sensors", () => reads(0x100, "8000 8000"));

  test("watt-hours and watts of an outlet, 32 bits high word first", async () => {
    await reads(0x3a00, "0001 86a0 0000 0aea");
    await reads(0x3a00 + 0x120 + 2, "0000 0019");
  });

  test("the line is the sum", () => reads(0x400 + 2, "0000 0b03"));

  test("no fourth outlet, nothing between the blocks", async () => {
    for (const address of [0x3a00 + 3 * 0x120, 0x3a00 + 0x60, 0x200]) {
      await line.talk([`0001 0000 0006 01 04 ${hex(address, 2)} 0002`], "0001 0000 0003 01 84 02");
    }
  });

  test("coils are the outlets", async () => {
    await line.talk(["0001 0000 0006 01 01 0000 0003"], "0001 0000 0004 01 01 01 07");
    await line.talk(["0001 0000 0006 01 05 0000 0000"], "0001 0000 0006 01 05 0000 0000");
    await line.talk(["0001 0000 0006 01 01 0000 0003"], "0001 0000 0004 01 01 01 06");
    await line.talk(["0001 0000 0008 01 0f 0000 0003 01 07"], "0001 0000 0006 01 0f 0000 0003");
    await line.talk(["0001 0000 0006 01 01 0000 0003"], "0001 0000 0004 01 01 01 07");
    await line.talk(["0001 0000 0006 01 05 0003 ff00"], "0001 0000 0003 01 85 02");
  });
});
