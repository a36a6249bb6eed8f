import type { Profile, RawValue } from "./profile.ts";

/** null: the device has no such value now, or sent one that cannot be. */
export type Value = number | boolean | string | null;

const WORDS: Readonly<Record<RawValue["type"], number>> = { bool: 1, u16: 1, i16: 1, u32: 2, i32: 2, u64: 4, i64: 4, f32: 2, f64: 4, sunssf: 1, bits: 1, string: 1 };

/** Registers a value takes; a coil or discrete input takes one place of its own table. */
export function wordsOf(value: RawValue): number {
  return value.words ?? WORDS[value.type];
}

/** Makes registers (0..65535, in wire order) or one bit into a value. `exponent`: the power of ten that goes with `scaleFrom`, null when unknown. */
export function decode(value: RawValue, words: readonly number[], orders: Pick<Profile, "wordOrder" | "byteOrder">, exponent: number | null = null): Value {
  if (words.length !== wordsOf(value)) return null;
  const bytes = inOrder(words, value.wordOrder ?? orders.wordOrder, value.byteOrder ?? orders.byteOrder);
  const unsigned = BigInt(`0x${bytes.toString("hex")}`);
  if (value.invalid?.some((sentinel) => BigInt(sentinel) === unsigned) === true) return null;
  switch (value.type) {
    case "bool": return truth(value, Number(unsigned));
    case "string": return text(bytes);
    case "bits": return bits(value, Number(unsigned));
    case "sunssf": return factor(bytes.readInt16BE(0));
    default: return scaled(value, number(value.type, bytes), exponent);
  }
}

/** Most significant byte first. */
function inOrder(words: readonly number[], wordOrder: string, byteOrder: string): Buffer {
  const bytes = Buffer.alloc(words.length * 2);
  (wordOrder === "high-first" ? words : words.toReversed()).forEach((word, index) => bytes.writeUInt16BE(word, 2 * index));
  return byteOrder === "high-first" ? bytes : bytes.swap16();
}

function number(type: "u16" | "i16" | "u32" | "i32" | "u64" | "i64" | "f32" | "f64", bytes: Buffer): number {
  switch (type) {
    case "u16": return bytes.readUInt16BE(0);
    case "i16": return bytes.readInt16BE(0);
    case "u32": return bytes.readUInt32BE(0);
    case "i32": return bytes.readInt32BE(0);
    case "u64": return Number(bytes.readBigUInt64BE(0));
    case "i64": return Number(bytes.readBigInt64BE(0));
    case "f32": return bytes.readFloatBE(0);
    case "f64": return bytes.readDoubleBE(0);
  }
}

function scaled(value: RawValue, raw: number, exponent: number | null): number | null {
  const result = inUnit(value, raw, exponent);
  if (result === null || !Number.isFinite(result)) return null;
  const { range } = value;
  return range !== undefined && (result < range[0] || result > range[1]) ? null : result;
}

function inUnit({ scale, scaleFrom, linear }: RawValue, raw: number, exponent: number | null): number | null {
  if (scale !== undefined) return times(raw, scale);
  if (scaleFrom !== undefined) return exponent === null ? null : exponent < 0 ? raw / 10 ** -exponent : raw * 10 ** exponent;
  if (linear === undefined) return null;
  const [from, to] = linear.raw;
  // Outside the line's ends there is no value: the count is an overflow or another scaling.
  if (raw < Math.min(from, to) || raw > Math.max(from, to)) return null;
  return linear.value[0] + ((raw - from) / (to - from)) * (linear.value[1] - linear.value[0]);
}

/** 2311 x 0.1 is 231.1 in the register map and 231.10000000000002 in binary: one over a whole number divides exactly. */
function times(raw: number, scale: number): number {
  const inverse = Math.round(1 / scale);
  return inverse > 1 && 1 / inverse === scale ? raw / inverse : raw * scale;
}

/** SunSpec: 10^-10 to 10^10; 0x8000 is `not implemented`. */
const factor = (exponent: number): number | null => (exponent >= -10 && exponent <= 10 ? exponent : null);

function truth({ isTrue = [1], isFalse = [0] }: RawValue, word: number): boolean | null {
  if (isTrue.includes(word)) return true;
  return isFalse.includes(word) ? false : null;
}

function bits({ bit, mask }: RawValue, word: number): Value {
  if (bit !== undefined) return ((word >> bit) & 1) === 1;
  if (mask === undefined) return null;
  return (word & mask) / (mask & -mask);
}

/** Up to the first NUL; null when nothing readable is left. */
function text(bytes: Buffer): string | null {
  const end = bytes.indexOf(0);
  const printed = bytes.toString("latin1", 0, end === -1 ? bytes.length : end).trim();
  return /^[\x20-\x7e]+$/.test(printed) ? printed : null;
}
