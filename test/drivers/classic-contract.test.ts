/** cgminer and bfgminer as such. */
import { bfgminer, cgminer } from "../../drivers/classic/driver.ts";
import { loadModel } from "../../drivers/models.ts";
import { ClassicFirmware, type ClassicProgram } from "../../drivers/sim/classic.ts";
import { contract, type Stand } from "./contract.ts";
import { rpcBench, standOf } from "./rpc-bench.ts";

const REQUEST_MS = 150;

const at = (point: string): Stand["orders"][number] => ({ setpoint: { kind: "points", point }, shows: (telemetry) => telemetry.point === point && telemetry.state === "hashing" });
const asleep: Stand["orders"][number] = { setpoint: { kind: "sleep" }, shows: ({ state, point }) => state === "asleep" && point === null };

const kinds: readonly { make: typeof cgminer; program: ClassicProgram; model: string; orders: Stand["orders"] }[] = [
  { make: cgminer, program: "cgminer", model: "bitburner-fury", orders: [at("272"), at("320"), asleep, at("288")] },
  { make: bfgminer, program: "bfgminer", model: "rockminer-r3-box", orders: [at("220"), at("270"), asleep, at("240")] },
];

for (const { make, program, model, orders } of kinds) {
  contract(program, async () => {
    const changes = (command: string, parameter: string): boolean => /set$|able$/.test(command) && !parameter.endsWith("help");
    const bench = await rpcBench({ model, start: null, changes }, (place) => new ClassicFirmware(place, program));
    return standOf(bench, make({ id: "asic-01", address: bench.address, model: loadModel(model), deadlineMs: REQUEST_MS }), { requestMs: REQUEST_MS, deadlineMs: 5 * REQUEST_MS, orders });
  });
}
