/** A simulated Avalon machine of any generation on a bench, as the contract suite wants it. */
import type { Device, MinerOptions } from "../../drivers/driver.ts";
import { loadModel } from "../../drivers/models.ts";
import type { Generation } from "../../drivers/sim/avalon-reports.ts";
import { AvalonFirmware } from "../../drivers/sim/avalon.ts";
import { bench, byReboot, standOf } from "./bench.ts";
import { contract, type Stand } from "./contract.ts";

/** Twice what a busy machine needs for an exchange on loopback. */
const REQUEST_MS = 250;

export interface AvalonKind {
  readonly name: string;
  readonly make: (options: MinerOptions) => Device;
  readonly model: string;
  readonly generation: Generation;
  readonly orders: Stand["orders"];
}

export function avalonContract({ name, make, model, generation, orders }: AvalonKind): void {
  contract(name, async () => {
    const changes = (what: string): boolean => what.startsWith("privilege") || (what.startsWith("ascset") && !what.endsWith("help"));
    const on = await bench({ model, changes }, (place) => new AvalonFirmware(place, generation), (firmware) => ({ rpc: firmware }));
    const device = make({ id: "asic-01", address: on.address, model: loadModel(model), deadlineMs: REQUEST_MS });
    const stand = standOf(on, device, { requestMs: REQUEST_MS, total: 4, orders });
    return model === "avalon-q" ? byReboot(stand, { rest: "eco", other: "standard" }) : stand;
  });
}
