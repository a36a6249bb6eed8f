/** Reads Sparkplug B payloads from their bytes, by the field numbers of the public schema; shares nothing with what wrote them. */
import assert from "node:assert/strict";

export interface WireMetric {
  readonly name: string | null;
  readonly alias: number | null;
  readonly timestamp: number | null;
  readonly datatype: number | null;
  readonly historical: boolean;
  readonly isNull: boolean;
  /** Which member of `value` is set: `long`, `double`, `boolean`, `string`; null: none. */
  readonly kind: string | null;
  readonly value: number | string | boolean | null;
}

export interface WirePayload {
  readonly timestamp: number | null;
  /** null: there is none. */
  readonly seq: number | null;
  readonly metrics: readonly WireMetric[];
}

type Field = { readonly number: number; readonly wire: number; readonly varint: number; readonly bytes: Buffer };

function fields(bytes: Buffer): Field[] {
  const found: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at];
      assert.ok(byte !== undefined && shift < 70n, "a varint without an end");
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) return Number(value);
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const [number, wire] = [key >>> 3, key & 7];
    const figure = wire === 0 ? varint() : 0;
    const length = wire === 0 ? 0 : wire === 1 ? 8 : wire === 5 ? 4 : wire === 2 ? varint() : assert.fail(`wire type ${wire}`);
    assert.ok(at + length <= bytes.length, "a field beyond the end");
    found.push({ number, wire, varint: figure, bytes: bytes.subarray(at, at + length) });
    at += length;
  }
  return found;
}

export function readWire(payload: string | Uint8Array): WirePayload {
  const all = fields(Buffer.from(payload as Uint8Array));
  const one = (number: number): number | null => all.find((field) => field.number === number)?.varint ?? null;
  return { timestamp: one(1), seq: one(3), metrics: all.filter(({ number }) => number === 2).map(({ bytes }) => readMetric(fields(bytes))) };
}

const VALUES: Readonly<Record<number, readonly [kind: string, read: (field: Field) => number | string | boolean]>> = {
  10: ["int", ({ varint }) => varint],
  11: ["long", ({ varint }) => varint],
  12: ["float", ({ bytes }) => bytes.readFloatLE()],
  13: ["double", ({ bytes }) => bytes.readDoubleLE()],
  14: ["boolean", ({ varint }) => varint === 1],
  15: ["string", ({ bytes }) => bytes.toString("utf8")],
};

function readMetric(all: readonly Field[]): WireMetric {
  const one = (number: number): Field | undefined => all.find((field) => field.number === number);
  const values = all.filter(({ number }) => number >= 10);
  assert.ok(values.length <= 1, "a metric has one value");
  const [field] = values;
  const read = field === undefined ? undefined : VALUES[field.number];
  return {
    name: one(1)?.bytes.toString("utf8") ?? null, alias: one(2)?.varint ?? null, timestamp: one(3)?.varint ?? null, datatype: one(4)?.varint ?? null,
    historical: one(5)?.varint === 1, isNull: one(7)?.varint === 1,
    kind: read?.[0] ?? null, value: field === undefined || read === undefined ? null : read[1](field),
  };
}
