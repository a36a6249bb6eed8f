import { Command, InvalidArgumentError, Option } from "commander";
import { decode, wordsOf, type Value } from "../../../drivers/modbus/decode.ts";
import type { RawValue } from "../../../drivers/modbus/profile.ts";
import type { Reply, Table } from "../../../drivers/modbus/request.ts";
import { commonOptions, print, printJson } from "../asking.ts";
import { exit, Failure } from "../exit.ts";
import { lineAddress, onLine, withLineOptions, type LineOptions } from "../modbus-line.ts";
import { integer } from "../numbers.ts";

const types = ["u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64", "string"] as const;

interface ReadOptions extends LineOptions {
  readonly unit: number;
  readonly table: Table;
  readonly at: number;
  readonly count: number;
  readonly as?: (typeof types)[number];
  readonly wordOrder: "high-first" | "low-first";
  readonly scale: number;
  readonly timeout: number;
}

interface Line {
  readonly address: number;
  /** Registers as they came, or one bit. */
  readonly raw: Reply;
  readonly value: Value;
}

const mostRegisters = 125;
const mostBits = 2_000;

export const modbusReadCommand = (): Command =>
  withLineOptions(new Command("read").description("read registers, coils or inputs of a device"))
    .option("--unit <n>", "its number on the bus", integer(0, 255), 1)
    .addOption(new Option("--table <name>", "holding: function 3, input: 4, coil: 1, discrete: 2").choices(["input", "holding", "coil", "discrete"]).default("holding"))
    .requiredOption("--at <address>", "first address as on the wire, from 0; decimal or as 0x400", integer(0, 0xffff))
    .option("--count <n>", "how many values (with --as string: registers)", integer(1, mostBits), 1)
    .addOption(new Option("--as <type>", "what a value is made of").choices(types))
    .addOption(new Option("--word-order <order>", "which register of a longer value comes first").choices(["high-first", "low-first"]).default("high-first"))
    .option("--scale <factor>", "what each value is multiplied by", factor, 1)
    .option("--timeout <ms>", "how long to wait for the answer", integer(10, 30_000), 1_000)
    .action(async (where: string, options: ReadOptions, command: Command) => {
      const { unit, table, at } = options;
      const bits = table === "coil" || table === "discrete";
      const value = valueOf(options, bits);
      const size = bits ? 1 : wordsOf(value);
      const count = options.as === "string" ? size : size * options.count;
      if (count > (bits ? mostBits : mostRegisters)) throw new Failure(exit.usage, `${count} registers are more than the ${mostRegisters} that fit one read: ask for fewer with --count`);
      await onLine(lineAddress(where, options), async ({ bus }, signal) => {
        const timing = { timeoutMs: options.timeout, minGapMs: 0, connectDelayMs: 0, quietAfterTimeoutMs: 0 };
        const reply = await bus.send({ kind: "read", unit, table, address: at, count }, { priority: "fast", deadlineMs: 10_000, timing }, signal);
        const lines = Array.from({ length: count / size }, (_, index): Line => {
          const raw = reply.slice(index * size, (index + 1) * size);
          return { address: at + index * size, raw, value: decode(value, raw, { wordOrder: options.wordOrder, byteOrder: "high-first" }) };
        });
        if (commonOptions(command).json === true) printJson({ unit, table, values: lines });
        else print(...lines.map((line) => text(line, bits)));
      });
    });

function valueOf({ as = "u16", table, at, count, scale }: ReadOptions, bits: boolean): RawValue {
  if (bits) return { table, address: at, type: "bool" };
  if (as === "string") return { table, address: at, type: "string", words: count };
  return { table, address: at, type: as, scale };
}

function text({ address, raw, value }: Line, bits: boolean): string {
  const place = `${String(address).padStart(5)}  0x${address.toString(16).padStart(4, "0")}`;
  if (bits) return `${place}  ${value === true ? "1" : "0"}`;
  return `${place}  ${raw.map((word) => word.toString(16).padStart(4, "0")).join(" ")}  ${value === null ? "no value" : String(value)}`;
}

function factor(given: string): number {
  const value = Number(given);
  if (given.trim() === "" || !Number.isFinite(value) || value === 0) throw new InvalidArgumentError("It has to be a number other than 0, as 0.1.");
  return value;
}
