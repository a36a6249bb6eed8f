/** The generations of Avalon machines side by side. */
import { avalon, avalon10, avalon7 } from "../../drivers/avalon/driver.ts";
import { loadModel } from "../../drivers/models.ts";
import type { Generation } from "../../drivers/sim/avalon-reports.ts";
import { AvalonFirmware } from "../../drivers/sim/avalon.ts";
import { asleep, at, bench, byReboot, standOf } from "./bench.ts";
import { contract, type Stand } from "./contract.ts";

const REQUEST_MS = 150;

const kinds: readonly { name: string; make: typeof avalon; model: string; generation: Generation; orders: Stand["orders"] }[] = [
  {
    name: "Avalon A1346", make: avalon, model: "avalon-a1346", generation: "modern",
    // It wakes to what it starts with.
    orders: [at("300"), { ...at("450"), shows: ({ point, frequency, voltage }) => point === "450" && frequency === 450 && voltage === 12_800 }, asleep, at("500")],
  },
  { name: "Avalon Q, modes by a reboot", make: avalon, model: "avalon-q", generation: "modern", orders: [at("eco"), asleep, at("eco")] },
  { name: "Avalon Nano 3S, levels", make: avalon, model: "avalon-nano-3s", generation: "modern", orders: [at("low"), at("high"), asleep, at("high")] },
  {
    name: "Avalon A1066 with privilege", make: avalon10, model: "avalon-a1066", generation: "10",
    orders: [at("400"), { ...at("600"), shows: ({ point, frequency, voltage }) => point === "600" && frequency === 600 && voltage === 13_240 }, asleep, at("650")],
  },
  { name: "Avalon A841", make: avalon7, model: "avalon-a841", generation: "8", orders: [at("450"), at("550")] },
  { name: "Avalon A741", make: avalon7, model: "avalon-a741", generation: "7", orders: [at("450"), at("550")] },
];

for (const { name, make, model, generation, orders } of kinds) {
  contract(name, async () => {
    const changes = (what: string): boolean => what.startsWith("privilege") || (what.startsWith("ascset") && !what.endsWith("help"));
    const on = await bench({ model, changes }, (place) => new AvalonFirmware(place, generation), (firmware) => ({ rpc: firmware }));
    const device = make({ id: "asic-01", address: on.address, model: loadModel(model), deadlineMs: REQUEST_MS });
    const stand = standOf(on, device, { requestMs: REQUEST_MS, total: 4, orders });
    return model === "avalon-q" ? byReboot(stand, { rest: "eco", other: "standard" }) : stand;
  });
}
