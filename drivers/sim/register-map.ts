import type { ModbusImage } from "./modbus-server.ts";
import { ILLEGAL_ADDRESS, ILLEGAL_FUNCTION, ModbusException } from "./modbus-server.ts";
import type { OutletSample, Pdu } from "./pdu.ts";

/** What a meter sees of what it feeds. Three equal phases. */
export interface Feed {
  readonly powerW: number;
  readonly energyWh: number;
  readonly voltageV: number;
  /** Of one phase. */
  readonly currentA: number;
  readonly frequencyHz: number;
  readonly powerFactor: number;
  readonly outlets: readonly OutletSample[];
}

const MAINS_V = 230;
const MAINS_HZ = 50;
const POWER_FACTOR = 0.98;

export function feedOf(pdu: Pdu): Feed {
  const outlets = pdu.samples();
  const sum = (key: "powerW" | "energyWh"): number => outlets.reduce((total, outlet) => total + outlet[key], 0);
  const powerW = sum("powerW");
  const voltageV = outlets[0]?.voltageV ?? MAINS_V;
  return { powerW, energyWh: sum("energyWh"), voltageV, currentA: Math.abs(powerW) / 3 / voltageV / POWER_FACTOR, frequencyHz: MAINS_HZ, powerFactor: POWER_FACTOR, outlets };
}

type Encoding = "u16" | "i16" | "u32" | "i32" | "u64" | "i64" | "f32" | "f64";

/** One value at its place. */
export interface Register {
  readonly table: "holding" | "input";
  readonly address: number;
  readonly as: Encoding;
  readonly value: (feed: Feed) => number;
}

/** Bits that are outlets, to be read and written, or contacts in, to be read. */
export interface Bits {
  readonly table: "coil" | "discrete";
  /** The index of the contact at this address, counted from 0; null: there is none. */
  readonly contactAt?: (address: number) => number | null;
  /** The index of the outlet at this address, counted from 0; null: there is nothing. */
  readonly outletAt: (address: number) => number | null;
}

/** Registers that switch: an order for the outlet, or null for what means nothing. */
export interface Orders {
  readonly outletAt: (address: number) => number | null;
  readonly on: number;
  readonly off: number;
}

export interface RegisterMap {
  readonly registers: readonly Register[];
  /** The word that comes first in a value of several; high unless said. */
  readonly first?: "high" | "low";
  readonly bits?: Bits;
  readonly orders?: Orders;
}

/** A device made of a table. What is not in it does not exist, and a read that begins or ends inside a value is refused. */
export function mappedImage(pdu: Pdu, map: RegisterMap, allowed: () => boolean = () => true): ModbusImage {
  const places = new Map<string, { readonly register: Register; readonly word: number; readonly words: number }>();
  for (const register of map.registers) {
    const words = encode(register, 0, map.first ?? "high").length;
    for (let word = 0; word < words; word += 1) places.set(`${register.table} ${register.address + word}`, { register, word, words });
  }
  const outletOf = (source: { outletAt(address: number): number | null } | undefined, address: number): number => {
    const outlet = source?.outletAt(address) ?? null;
    if (outlet === null || outlet < 0 || outlet >= pdu.outlets) throw new ModbusException(ILLEGAL_ADDRESS);
    return outlet;
  };
  const assertAllowed = (): void => {
    if (!allowed()) throw new ModbusException(ILLEGAL_FUNCTION);
  };
  return {
    readBits(table, address, count) {
      if (map.bits?.table !== table) throw new ModbusException(ILLEGAL_FUNCTION);
      return Array.from({ length: count }, (_, index) => {
        const contact = map.bits?.contactAt?.(address + index) ?? null;
        return contact === null ? pdu.isOn(outletOf(map.bits, address + index)) : pdu.isClosed(contact);
      });
    },
    readRegisters(table, address, count) {
      const found = Array.from({ length: count }, (_, index) => places.get(`${table} ${address + index}`));
      const [head, tail] = [found[0], found.at(-1)];
      if (head?.word !== 0 || tail === undefined || tail.word !== tail.words - 1) throw new ModbusException(ILLEGAL_ADDRESS);
      const feed = feedOf(pdu);
      return found.map((place) => {
        if (place === undefined) throw new ModbusException(ILLEGAL_ADDRESS);
        return encode(place.register, place.register.value(feed), map.first ?? "high")[place.word] ?? 0;
      });
    },
    writeCoils(address, values) {
      if (map.bits?.table !== "coil") throw new ModbusException(ILLEGAL_FUNCTION);
      assertAllowed();
      const wanted = values.map((on, index) => ({ outlet: outletOf(map.bits, address + index), on }));
      for (const { outlet, on } of wanted) pdu.switch(outlet, on);
    },
    writeRegisters(address, values) {
      if (map.orders === undefined) throw new ModbusException(ILLEGAL_FUNCTION);
      assertAllowed();
      for (const [index, value] of values.entries()) {
        const outlet = outletOf(map.orders, address + index);
        if (value === map.orders.on || value === map.orders.off) pdu.switch(outlet, value === map.orders.on);
      }
    },
  };
}

const SIZES: Readonly<Record<Encoding, number>> = { u16: 2, i16: 2, u32: 4, i32: 4, u64: 8, i64: 8, f32: 4, f64: 8 };

function encode({ as }: Register, value: number, first: "high" | "low"): number[] {
  const bytes = Buffer.alloc(SIZES[as]);
  const whole = Math.round(value);
  if (as === "f32") bytes.writeFloatBE(value);
  else if (as === "f64") bytes.writeDoubleBE(value);
  // Counters run over and negative numbers wrap, as they do in registers.
  else bytes.fill(Buffer.from(BigInt.asUintN(8 * bytes.length, BigInt(whole)).toString(16).padStart(2 * bytes.length, "0"), "hex"));
  const words = Array.from({ length: bytes.length / 2 }, (_, at) => bytes.readUInt16BE(2 * at));
  return first === "high" ? words : words.toReversed();
}
