/** Sparkplug B payloads to bytes and back. Loaded only where it is spoken. */
import type protobuf from "protobufjs/light.js";
import { DATATYPE, SPARKPLUG_B } from "./schema.ts";

export type Scalar = number | string | boolean | null;
export type Datatype = keyof typeof DATATYPE;

/** A metric as it is written. Without `datatype` its value's own kind says how. */
export interface Metric {
  readonly name?: string;
  readonly alias?: number;
  /** Milliseconds since 1970. */
  readonly timestamp?: number;
  readonly datatype?: Datatype;
  readonly historical?: true;
  /** null: there is none now. */
  readonly value: Scalar;
}

export interface Payload {
  readonly timestamp: number;
  /** Absent in a death. */
  readonly seq?: number;
  readonly metrics: readonly Metric[];
}

/** A metric as it was read: of a command. */
export interface ReadMetric {
  readonly name: string | null;
  readonly alias: number | null;
  readonly value: Scalar;
}

export interface Codec {
  encode(payload: Payload): Uint8Array;
  /** null: no payload, or more of it than anybody needs. */
  read(bytes: Uint8Array): readonly ReadMetric[] | null;
}

const most = { bytes: 65_536, metrics: 200 } as const;

interface Decoded {
  readonly metrics?: readonly {
    readonly name?: string; readonly alias?: number; readonly isNull?: boolean;
    readonly intValue?: number; readonly longValue?: number; readonly floatValue?: number; readonly doubleValue?: number; readonly booleanValue?: boolean; readonly stringValue?: string;
  }[];
}

export async function loadCodec(): Promise<Codec> {
  const { default: light } = (await import("protobufjs/light.js")) as unknown as { readonly default: typeof protobuf };
  const type = light.Root.fromJSON(SPARKPLUG_B).lookupType("Payload");
  return {
    encode: ({ timestamp, seq, metrics }) => type.encode({ timestamp, metrics: metrics.map(written), ...(seq !== undefined && { seq }) }).finish(),
    read(bytes) {
      if (bytes.length > most.bytes) return null;
      try {
        const { metrics = [] } = type.toObject(type.decode(bytes), { longs: Number }) as Decoded;
        if (metrics.length > most.metrics) return null;
        return metrics.map(({ name = null, alias = null, isNull = false, ...is }) => ({ name, alias, value: isNull ? null : (is.booleanValue ?? is.stringValue ?? is.intValue ?? is.longValue ?? is.floatValue ?? is.doubleValue ?? null) }));
      } catch {
        return null;
      }
    },
  };
}

function written({ name, alias, timestamp, datatype, historical, value }: Metric): object {
  return {
    ...(name !== undefined && { name }),
    ...(alias !== undefined && { alias }),
    ...(timestamp !== undefined && { timestamp }),
    ...(datatype !== undefined && { datatype: DATATYPE[datatype] }),
    ...(historical === true && { isHistorical: true }),
    ...valueOf(value, datatype),
  };
}

/** A null has no value beside it. */
function valueOf(value: Scalar, datatype: Datatype | undefined): object {
  if (value === null) return { isNull: true };
  if (typeof value === "boolean") return { booleanValue: value };
  if (typeof value === "string") return { stringValue: value };
  return datatype === "Int64" ? { longValue: value } : { doubleValue: value };
}
