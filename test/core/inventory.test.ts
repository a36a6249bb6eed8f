import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { compareLooks, type InventoryChange, type Known, type Look, type Registered, type Sighting } from "../../agent/core/inventory.ts";

const at = (host: string, change: Partial<Sighting> = {}): Sighting => ({ address: `10.0.0.${host}:4028`, driver: "luxos", model: "antminer-s19k-pro", firmware: "LuxOS 1", mac: `02:00:00:00:00:${host.padStart(2, "0")}`, serial: null, ...change });
const look = (seen: readonly Sighting[], occupied: readonly string[] = []): Look => ({ seen, occupied: new Set(occupied), searched: (host) => host.startsWith("10.0.0.") });
const rack: readonly Registered[] = [{ id: "asic-01", driver: "luxos", model: "antminer-s19k-pro", address: "10.0.0.1:4028", outlet: "pdu-1/1" }];

/** Looks one after the other; what each has to say. */
function story(...looks: readonly Look[]): string[][] {
  let known: readonly Known[] = [];
  return looks.map((one) => {
    const after = compareLooks(known, one, rack);
    known = after.known;
    return after.changes.map(({ name, registered, sighting }: InventoryChange) => `${name} ${registered?.id ?? sighting.address}`);
  });
}

describe("looks compared", () => {
  const cases: readonly [string, readonly Look[], readonly string[][]][] = [
    ["what the register names is not new", [look([at("1")]), look([at("1")])], [[], []]],
    ["what it does not name is, once", [look([at("1"), at("2")]), look([at("1"), at("2")])], [["miner.appeared 10.0.0.2:4028"], []]],
    ["missed twice is gone, once; and new when it is back", [look([at("1")]), look([]), look([]), look([]), look([at("1")])], [[], [], ["miner.vanished asic-01"], [], ["miner.appeared asic-01"]]],
    ["what was never there vanishes too", [look([]), look([])], [[], ["miner.vanished asic-01"]]],
    ["where somebody answers who is not known, nobody has vanished", [look([at("1")]), look([], ["10.0.0.1"]), look([], ["10.0.0.1"])], [[], [], []]],
    ["where nobody looked, nobody has vanished", [look([at("1")]), { ...look([]), searched: () => false }, { ...look([]), searched: () => false }], [[], [], []]],
    ["another firmware", [look([at("1")]), look([at("1", { driver: "vnish", firmware: "VNish 1.3.4" })])], [[], ["miner.changed asic-01"]]],
    ["a newer version", [look([at("1")]), look([at("1", { firmware: "LuxOS 2" })])], [[], ["miner.changed asic-01"]]],
    ["another one than the register says", [look([at("1", { driver: "antminer" })])], [["miner.changed asic-01"]]],
    ["another machine in its place", [look([at("1")]), look([at("1", { mac: "02:00:00:00:00:99" })])], [[], ["miner.changed asic-01"]]],
    ["the same machine at another address", [look([at("1")]), look([at("7", { mac: "02:00:00:00:00:01" })]), look([at("7", { mac: "02:00:00:00:00:01" })])], [[], ["miner.moved asic-01"], []]],
    ["a model that was not said is no change", [look([at("1")]), look([at("1", { model: null, mac: null })])], [[], []]],
  ];
  for (const [what, looks, says] of cases) test(what, () => assert.deepEqual(story(...looks), says));

  test("two looks alike have nothing to say, whatever is there", () => {
    const sightings = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 30 }).map((hosts) => hosts.map((host) => at(String(host))));
    fc.assert(fc.property(sightings, (seen) => {
      const first = compareLooks([], look(seen), rack);
      const second = compareLooks(first.known, look([...seen].reverse()), rack);
      assert.deepEqual(second.changes.filter(({ name }) => name !== "miner.vanished"), []);
      assert.ok(second.known.length <= seen.length + 1);
    }), { numRuns: 300 });
  });
});
