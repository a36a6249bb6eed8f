/** ePIC, AxeOS, Auradine and SEALMINER: those that are told over HTTP. */
import { auradine } from "../../drivers/auradine/driver.ts";
import { axeos } from "../../drivers/axeos/driver.ts";
import { epic } from "../../drivers/epic/driver.ts";
import { loadModel } from "../../drivers/models.ts";
import { sealminer } from "../../drivers/sealminer/driver.ts";
import { AuradineFirmware } from "../../drivers/sim/auradine.ts";
import { AxeosFirmware } from "../../drivers/sim/axeos.ts";
import { EpicFirmware } from "../../drivers/sim/epic.ts";
import { SealminerFirmware } from "../../drivers/sim/sealminer.ts";
import { asleep, at, bench, byReboot, standOf } from "./bench.ts";
import { contract } from "./contract.ts";

/** Twice what a busy machine needs for an exchange on loopback. */
const REQUEST_MS = 250;

contract("ePIC PowerPlay", async () => {
  const model = "antminer-s19j-pro";
  const on = await bench({ model, changes: (what) => what.startsWith("POST") }, (place) => new EpicFirmware(place), (firmware) => ({ web: (request) => firmware.answer(request) }));
  const device = epic({ id: "asic-01", address: on.address, model: loadModel(model), deadlineMs: REQUEST_MS });
  const [low, high] = [loadModel(model).points[0]?.id ?? "", loadModel(model).defaultPoint];
  return standOf(on, device, { requestMs: REQUEST_MS, total: 3, orders: [at(low), at(high), asleep, at(low)] });
});

contract("AxeOS", async () => {
  const model = "bitaxe-gamma";
  const on = await bench({ model, start: null, changes: (what) => !what.startsWith("GET") }, (place) => new AxeosFirmware(place), (firmware) => ({ web: (request) => firmware.answer(request) }));
  const device = axeos({ id: "asic-01", address: on.address, model: loadModel(model), deadlineMs: REQUEST_MS });
  return standOf(on, device, { requestMs: REQUEST_MS, total: 3, orders: [at("400"), at("575"), asleep, at("490")] });
});

contract("Auradine", async () => {
  const model = "teraflux-at1500";
  const on = await bench({ model, changes: (what) => what === "POST /mode" }, (place) => new AuradineFirmware(place), (firmware) => ({ rpc: firmware, web: (request) => firmware.web(request) }));
  const device = auradine({ id: "asic-01", address: on.address, webPort: on.webPort, model: loadModel(model), deadlineMs: REQUEST_MS });
  return standOf(on, device, { requestMs: REQUEST_MS, total: 4, orders: [at("1200W"), at("2400W"), asleep, at("1800W")] });
});

contract("SEALMINER", async () => {
  const model = "sealminer-a2";
  const changes = (what: string): boolean => what.startsWith("ascset");
  const on = await bench({ model, changes }, (place) => new SealminerFirmware(place), (firmware) => ({ rpc: firmware, web: (request) => firmware.web(request) }));
  const device = sealminer({ id: "asic-01", address: on.address, webPort: on.webPort, model: loadModel(model), deadlineMs: REQUEST_MS });
  const stand = standOf(on, device, { requestMs: REQUEST_MS, total: 6, orders: [at("2000W"), asleep, at("2000W")] });
  return byReboot(stand, { rest: "2000W", other: "3000W" });
});
