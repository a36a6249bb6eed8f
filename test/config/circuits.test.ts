/** Phases and breakers from the file to amperes, and what of them is refused with both values named. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { circuitsOf } from "../../agent/config/circuits.ts";
import { contradictions } from "../../agent/config/contradictions.ts";
import { configSchema } from "../../agent/config/schema.ts";

const miner = (id: string, port: number, over: object = {}) => ({ id, driver: "luxos", address: `10.0.0.1:${port}`, model: "antminer-s19k-pro", ...over });

function config(over: { readonly node?: object; readonly miners?: readonly object[]; readonly meters?: readonly object[]; readonly grid?: object } = {}) {
  return configSchema.parse({
    version: 1,
    node: { operator: "o", site: "s", rack: "r", nominalW: 30_000, breakerW: 40_000, phases: { voltageV: 230, breakerA: 63, imbalancePct: 20 }, ...over.node },
    grid: { brokers: ["mqtt://b"], signatures: "optional", failsafeLimitW: 10_000, ...over.grid },
    miners: over.miners ?? [miner("a", 1, { phase: "L2", outlet: "pdu-1/1" }), miner("b", 2, { phase: "L1-L2" }), miner("c", 3, { phase: "L1-L2-L3" })],
    meters: over.meters ?? [{ id: "pdu-1", profile: "gude-epc", address: "10.0.0.2:502", breakerA: 32 }],
  });
}
const refused = (found: ReturnType<typeof config>): string => contradictions(found, null).map(({ path, text }) => `${path.join(".")} ${text}`).join("\n");

describe("circuits of a configuration", () => {
  const [feed, pdu] = circuitsOf(config());
  test("the feed carries every miner: 2,300 W are 10 A on one phase, 5.8 A on each of two, 3.3 A on each of three", () => {
    const amps = ["a", "b", "c"].map((id) => (feed?.members.get(id) ?? []).map((share) => Math.round(share * 23_000) / 10));
    assert.deepEqual(amps, [[0, 10, 0], [5.8, 5.8, 0], [3.3, 3.3, 3.3]]);
    assert.deepEqual([feed?.amps, feed?.imbalance], [63, 0.2]);
  });
  test("a PDU carries the miners on its outlets", () => assert.deepEqual([pdu?.name, pdu?.amps, [...(pdu?.members.keys() ?? [])]], ["pdu-1", 32, ["a"]]));
  test("without phases there are none", () => assert.deepEqual(circuitsOf(config({ node: { phases: null }, meters: [], miners: [miner("a", 1)] })), []));
});

describe("what contradicts itself is refused with both values", () => {
  const rows: [string, ReturnType<typeof config>, readonly RegExp[]][] = [
    ["a miner on no phase", config({ miners: [miner("a", 1)] }), [/miners\.0\.phase/, /63/]],
    ["a phase without a voltage", config({ node: { phases: null }, meters: [] }), [/miners\.0\.phase/, /L2/, /node\.phases/]],
    ["a PDU's breaker without a voltage", config({ node: { phases: null }, miners: [miner("a", 1)] }), [/meters\.0\.breakerA/, /32/, /node\.phases/]],
    ["a PDU that outlasts its feed", config({ meters: [{ id: "pdu-1", profile: "gude-epc", address: "10.0.0.2:502", breakerA: 80 }] }), [/80/, /63/]],
    ["a failsafe limit above the breaker", config({ grid: { failsafeLimitW: 50_000 } }), [/50000/, /40000/]],
  ];
  for (const [name, found, words] of rows) test(name, () => { for (const word of words) assert.match(refused(found), word); });
  test("nothing wrong, nothing said", () => assert.equal(refused(config()), ""));
});
