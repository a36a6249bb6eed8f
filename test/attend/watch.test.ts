/** The watch over a network of simulated machines, as the calendar calls it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Watch, type LookAt } from "../../agent/attend/watch.ts";
import type { Desk } from "../../agent/attend/attendant.ts";
import { configSchema, type Config } from "../../agent/config/schema.ts";
import { lookAt } from "../../drivers/find/look.ts";
import { startRig } from "../../drivers/sim/rig.ts";
import { Plant } from "../../agent/plant/plant.ts";

const never = new AbortController().signal;
const NETWORK = "127.1.0.0/28";

const configOf = (address: string, port: number): Config =>
  configSchema.parse({
    version: 1,
    node: { operator: "demo", site: "s1", rack: "r1", nominalW: 10_000, breakerW: 12_000 },
    grid: { brokers: ["mqtt://127.0.0.1:1883"], signatures: "optional", heartbeat: "required", failsafeLimitW: 3_000 },
    miners: [{ id: "asic-01", driver: "luxos", address, model: "antminer-s19k-pro", outlet: "pdu-1/1" }],
    discovery: { networks: [NETWORK], port },
    paths: { state: "/tmp/s", run: "/tmp/r" },
  });

type Said = { readonly name: string } & Readonly<Record<string, unknown>>;

function attached(config: Config, kept: unknown, look: LookAt = lookAt): { watch: Watch; said: Said[]; kept: () => unknown } {
  const said: Said[] = [];
  let value: unknown = kept;
  const watch = new Watch(config, look);
  const desk: Desk = {
    plant: Object.create(Plant.prototype) as Plant,
    event: (name, fields) => void said.push({ name, ...fields }),
    soon: () => undefined,
    keep: async (next) => void (value = JSON.parse(JSON.stringify(next))),
  };
  watch.attach(kept, desk);
  return { watch, said, kept: () => value };
}

describe("the watch", () => {
  test("says who is new, and over a restart what has changed and who is gone, with name and outlet", async () => {
    const rig = await startRig({ asics: 3, drivers: ["luxos", "avalon", "luxos"], ownAddresses: true });
    const [known, stranger] = rig.asics;
    const port = Number(known?.address.split(":")[1]);
    const config = configOf(known?.address ?? "", port);
    const first = attached(config, null);
    const [chore] = first.watch.chores;
    assert.deepEqual([chore?.cron, chore?.zone, chore?.name], ["37 4 * * *", "UTC", `discovery: look at ${NETWORK}`]);
    await chore?.run(never);
    assert.deepEqual(first.said.map(({ name, device }) => [name, device]), [["miner.appeared", null], ["miner.appeared", null]]);
    assert.deepEqual([first.said[0]?.["address"], first.said[0]?.["is"]], [stranger?.address, "avalon-a1346, avalon, Canaan stock 24102401_14a19a2"]);
    await rig.close();

    const after = attached(config, first.kept());
    for (let look = 0; look < 2; look++) await after.watch.look({ networks: [NETWORK], port }, never);
    const gone = after.said.map(({ name, device, outlet }) => `${name} ${String(device)} ${String(outlet)}`).toSorted();
    assert.deepEqual(gone, ["miner.vanished asic-01 pdu-1/1", "miner.vanished null null", "miner.vanished null null"]);
  });

  test("another firmware at a known address is said with what it was", async () => {
    const config = configOf("127.1.0.1:4028", 4028);
    const sighting = { address: "127.1.0.1:4028", driver: "luxos", model: "antminer-s19k-pro", firmware: "LuxOS 2025.4.8", mac: null, serial: null };
    let seen = sighting;
    const { watch, said } = attached(config, null, async () => ({ seen: [seen], occupied: new Set(), searched: () => true }));
    await watch.look({ networks: [NETWORK], port: null }, never);
    seen = { ...sighting, driver: "vnish", firmware: "VNish 1.3.4" };
    await watch.look({ networks: [NETWORK], port: null }, never);
    assert.deepEqual(said.map(({ name, device, outlet, was, is }) => [name, device, outlet, was, is]), [["miner.changed", "asic-01", "pdu-1/1", "antminer-s19k-pro, luxos, LuxOS 2025.4.8", "antminer-s19k-pro, vnish, VNish 1.3.4"]]);
  });

  test("nobody looks where nothing is configured", () => {
    const { discovery: _, ...without } = configOf("127.1.0.1:4028", 4028);
    assert.deepEqual(new Watch({ ...without, discovery: null }, lookAt).chores, []);
  });
});
