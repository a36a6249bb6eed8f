import type { INamespace } from "protobufjs/light.js";

/** The messages of Sparkplug B as its public schema numbers them: those parts that a rack says or has to read. */
export const SPARKPLUG_B: INamespace = {
  nested: {
    Payload: {
      // What is zero is written too: in the third edition of the language it would be left out.
      edition: "proto2",
      fields: {
        timestamp: { type: "uint64", id: 1 },
        metrics: { rule: "repeated", type: "Metric", id: 2 },
        seq: { type: "uint64", id: 3 },
        uuid: { type: "string", id: 4 },
        body: { type: "bytes", id: 5 },
      },
      nested: {
        Metric: {
          oneofs: { value: { oneof: ["intValue", "longValue", "floatValue", "doubleValue", "booleanValue", "stringValue", "bytesValue"] } },
          fields: {
            name: { type: "string", id: 1 },
            alias: { type: "uint64", id: 2 },
            timestamp: { type: "uint64", id: 3 },
            datatype: { type: "uint32", id: 4 },
            isHistorical: { type: "bool", id: 5 },
            isTransient: { type: "bool", id: 6 },
            isNull: { type: "bool", id: 7 },
            intValue: { type: "uint32", id: 10 },
            longValue: { type: "uint64", id: 11 },
            floatValue: { type: "float", id: 12 },
            doubleValue: { type: "double", id: 13 },
            booleanValue: { type: "bool", id: 14 },
            stringValue: { type: "string", id: 15 },
            bytesValue: { type: "bytes", id: 16 },
          },
        },
      },
    },
  },
};

/** Numbers of the datatypes. */
export const DATATYPE = { Int64: 4, Double: 10, Boolean: 11, String: 12 } as const;
