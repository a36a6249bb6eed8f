import { Command } from "commander";
import { readInventory } from "../../host/inventory.ts";
import { printJson } from "../asking.ts";

export const inventoryCommand = (): Command =>
  new Command("inventory").description("what machine this is, as JSON: make, processor, memory, disks, ports").action(async () => printJson(await readInventory()));
