/** What the documentation takes from the code is as the code has it, and hangs together. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { parse } from "yaml";
import { decide } from "../../agent/core/decide.ts";
import { startState } from "../../agent/core/state.ts";
import { instant, millis } from "../../agent/core/units.ts";
import { ackDocument } from "../../agent/report/ack-document.ts";
import { capabilityDocument } from "../../agent/report/capability.ts";
import { EventRing } from "../../agent/report/events.ts";
import { telemetryDocument } from "../../agent/report/telemetry.ts";
import { willDocument } from "../../agent/report/status.ts";
import { ackSchema, capabilitySchema, noticeSchema, statusSchema, telemetrySchema } from "../../scripts/docs/agent-documents.ts";
import { generated } from "../../scripts/docs/generated.ts";
import { status } from "../cli/answers.ts";
import { input, metered, snapshot } from "../core/rack.ts";
import { ZERO } from "../core/signals.ts";

const docs = new URL("../../../docs/", import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, docs), "utf8");

describe("generated documentation", () => {
  for (const [file, text] of generated()) test(`docs/${file} is up to date (npm run docs)`, () => assert.equal(read(file), text));

  test("no file is left over in the folders that are made", () => {
    for (const folder of ["schemas", "conformance"]) {
      const there = readdirSync(new URL(`${folder}/`, docs)).map((name) => `${folder}/${name}`);
      assert.deepEqual(there.filter((file) => !generated().has(file)), []);
    }
  });
});

describe("AsyncAPI", () => {
  type Node = Readonly<Record<string, unknown>>;
  const document = parse(read("gla-1.asyncapi.yaml")) as Node;
  const at = (path: string): unknown => path.split("/").slice(1).reduce<unknown>((node, key) => (node as Node | undefined)?.[key], document);
  const refs = (node: unknown): string[] =>
    typeof node !== "object" || node === null ? [] : Object.entries(node).flatMap(([key, value]) => (key === "$ref" && typeof value === "string" ? [value] : refs(value)));

  test("is version 3 with a title and a version", () => {
    assert.equal(document["asyncapi"], "3.0.0");
    assert.deepEqual(Object.keys(document), ["asyncapi", "info", "defaultContentType", "channels", "operations", "components"]);
  });

  test("every reference leads somewhere", () => {
    const found = refs(document);
    assert.ok(found.length > 50);
    for (const ref of found) assert.ok(ref.startsWith("./") ? generated().has(ref.slice(2)) : at(ref.slice(1)) !== undefined, ref);
  });

  test("every parameter of an address is described", () => {
    for (const [name, channel] of Object.entries(document["channels"] as Node)) {
      const { address, parameters } = channel as { readonly address: string; readonly parameters: Node };
      assert.deepEqual(Object.keys(parameters), [...address.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter), name);
    }
  });
});

test("what the agent says fits its schemas", () => {
  const { decision } = decide(startState(millis(0)), input(snapshot([], metered(0))));
  const at = instant(ZERO);
  statusSchema.parse(JSON.parse(JSON.stringify(status)));
  statusSchema.parse(willDocument({ session: { boot: "b", connects: 1 }, failsafeW: 10_000, heartbeatTimeoutS: 120 }));
  noticeSchema.parse(new EventRing().add("limit.changed", at, { toW: null }));
  telemetrySchema.parse(telemetryDocument(decision, at));
  capabilitySchema.parse(capabilityDocument(decision, { nominalW: 33_528, at, heartbeatTimeoutS: 120, shareFrom: null, outletGrace: millis(10_000), rampPercentPerMinute: 20, proven: [], ahead: () => [] }));
  ackSchema.parse(ackDocument({ status: "RECEIVED" }, { ref: { id: "e1", topic: "t", epoch: 0, seq: 1, drill: true }, of: "LIMIT", at, decision: null, shareFrom: "config" }));
  ackSchema.parse(ackDocument({ status: "CANNOT_COMPLY", expectedSettleAt: at, shortfallW: 5 }, { ref: { id: "e1", topic: "t", epoch: 0, seq: 1 }, of: "EMERGENCY", at, decision, shareFrom: null }));
});
