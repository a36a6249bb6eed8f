/** The generations of Avalon machines side by side. */
import { setTimeout as pause } from "node:timers/promises";
import { avalon, avalon10, avalon7 } from "../../drivers/avalon/driver.ts";
import { loadModel } from "../../drivers/models.ts";
import type { Generation } from "../../drivers/sim/avalon-reports.ts";
import { AvalonFirmware } from "../../drivers/sim/avalon.ts";
import { contract, type Stand } from "./contract.ts";
import { rpcBench, standOf } from "./rpc-bench.ts";

const REQUEST_MS = 150;

const kinds: readonly { name: string; make: typeof avalon; model: string; generation: Generation; orders: Stand["orders"] }[] = [
  {
    name: "Avalon A1346", make: avalon, model: "avalon-a1346", generation: "modern",
    orders: [
      { setpoint: { kind: "points", point: "300" }, shows: ({ point, state }) => point === "300" && state === "hashing" },
      { setpoint: { kind: "points", point: "450" }, shows: ({ point, frequency, voltage }) => point === "450" && frequency === 450 && voltage === 12_800 },
      { setpoint: { kind: "sleep" }, shows: ({ state, point }) => state === "asleep" && point === null },
      // It wakes to what it starts with.
      { setpoint: { kind: "points", point: "500" }, shows: ({ point, state }) => point === "500" && state === "hashing" },
    ],
  },
  {
    name: "Avalon Q, modes by a reboot", make: avalon, model: "avalon-q", generation: "modern",
    orders: [
      { setpoint: { kind: "points", point: "eco" }, shows: ({ point, state }) => point === "eco" && state === "hashing" },
      { setpoint: { kind: "sleep" }, shows: ({ state }) => state === "asleep" },
      { setpoint: { kind: "points", point: "eco" }, shows: ({ point, state }) => point === "eco" && state === "hashing" },
    ],
  },
  {
    name: "Avalon Nano 3S, levels", make: avalon, model: "avalon-nano-3s", generation: "modern",
    orders: [
      { setpoint: { kind: "points", point: "low" }, shows: ({ point, state }) => point === "low" && state === "hashing" },
      { setpoint: { kind: "points", point: "high" }, shows: ({ point, state }) => point === "high" && state === "hashing" },
      { setpoint: { kind: "sleep" }, shows: ({ state }) => state === "asleep" },
      { setpoint: { kind: "points", point: "high" }, shows: ({ point, state }) => point === "high" && state === "hashing" },
    ],
  },
  {
    name: "Avalon A1066 with privilege", make: avalon10, model: "avalon-a1066", generation: "10",
    orders: [
      { setpoint: { kind: "points", point: "400" }, shows: ({ point, state }) => point === "400" && state === "hashing" },
      { setpoint: { kind: "points", point: "600" }, shows: ({ point, frequency, voltage }) => point === "600" && frequency === 600 && voltage === 13_240 },
      { setpoint: { kind: "sleep" }, shows: ({ state }) => state === "asleep" },
      { setpoint: { kind: "points", point: "650" }, shows: ({ point, state }) => point === "650" && state === "hashing" },
    ],
  },
  ...(["8", "7"] as const).map((generation) => ({
    name: `Avalon A${generation}41`, make: avalon7, model: `avalon-a${generation}41`, generation,
    orders: [
      { setpoint: { kind: "points", point: "450" }, shows: ({ point, state }) => point === "450" && state === "hashing" },
      { setpoint: { kind: "points", point: "550" }, shows: ({ point, frequency }) => point === "550" && frequency === 550 },
    ] satisfies Stand["orders"],
  })),
];

for (const { name, make, model, generation, orders } of kinds) {
  contract(name, async () => {
    const changes = (command: string, parameter: string): boolean => command === "privilege" || (command === "ascset" && !parameter.endsWith("help"));
    const bench = await rpcBench({ model, changes }, (place) => new AvalonFirmware(place, generation));
    const device = make({ id: "asic-01", address: bench.address, model: loadModel(model), deadlineMs: REQUEST_MS });
    const stand = standOf(bench, device, { requestMs: REQUEST_MS, deadlineMs: 4 * REQUEST_MS, orders });
    if (model !== "avalon-q") return stand;
    // A mode that is in place is not written again, so another has to be; and who orders one waits for its reboot.
    const to = async (point: string): Promise<void> => {
      await device.actuators.points?.({ kind: "points", point }, new AbortController().signal);
      while ((await device.read(new AbortController().signal).catch(() => null))?.point !== point) await pause(20);
    };
    const refusing = async (): Promise<AsyncDisposable> => {
      await to("standard");
      const refusal = await stand.refusing();
      return {
        [Symbol.asyncDispose]: async () => {
          await refusal[Symbol.asyncDispose]();
          await to("eco");
        },
      };
    };
    return { ...stand, refusing };
  });
}
