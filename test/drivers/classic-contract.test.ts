/** cgminer and bfgminer as such. */
import { bfgminer, cgminer } from "../../drivers/classic/driver.ts";
import { loadModel } from "../../drivers/models.ts";
import { ClassicFirmware, type ClassicProgram } from "../../drivers/sim/classic.ts";
import { asleep, at, bench, standOf } from "./bench.ts";
import { contract, type Stand } from "./contract.ts";

/** Twice what a busy machine needs for an exchange on loopback. */
const REQUEST_MS = 250;

const kinds: readonly { make: typeof cgminer; program: ClassicProgram; model: string; orders: Stand["orders"] }[] = [
  { make: cgminer, program: "cgminer", model: "bitburner-fury", orders: [at("272"), at("320"), asleep, at("288")] },
  { make: bfgminer, program: "bfgminer", model: "rockminer-r3-box", orders: [at("220"), at("270"), asleep, at("240")] },
];

for (const { make, program, model, orders } of kinds) {
  contract(program, async () => {
    const changes = (what: string): boolean => /^\w+(set|able)\|/.test(what) && !what.endsWith("help");
    const on = await bench({ model, start: null, changes }, (place) => new ClassicFirmware(place, program), (firmware) => ({ rpc: firmware }));
    return standOf(on, make({ id: "asic-01", address: on.address, model: loadModel(model), deadlineMs: REQUEST_MS }), { requestMs: REQUEST_MS, total: 5, orders });
  });
}
