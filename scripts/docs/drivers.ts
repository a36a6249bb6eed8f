/** docs/drivers.md as it has to be: every driver asks its own simulated machine what can be done with it. */
import type { Capability, Telemetry, Transition } from "../../agent/core/model.ts";
import type { Device } from "../../drivers/driver.ts";
import { drivers, type DriverName } from "../../drivers/index.ts";
import { loadModel } from "../../drivers/models.ts";
import { firmwares, type SimFirmware } from "../../drivers/sim/firmwares.ts";
import { startRig, type RigAsic } from "../../drivers/sim/rig.ts";
import { ADD_A_DRIVER, INTRODUCTION, READING_THE_TABLES } from "./prose.ts";

/** What no code can tell. A driver without a row does not compile. */
const KNOWN: Readonly<Record<DriverName, { readonly firmware: string; readonly recorded: boolean; readonly hardware: boolean }>> = {
  antminer: { firmware: "Bitmain stock, S19 and S21 class", recorded: false, hardware: false },
  avalon: { firmware: "Canaan stock, A11 to A15, Q, Nano, Mini", recorded: false, hardware: false },
  "avalon-10": { firmware: "Canaan stock, A10 with the privileged interface", recorded: false, hardware: false },
  "avalon-7": { firmware: "Canaan stock, Avalon 7 and 8", recorded: false, hardware: false },
  bfgminer: { firmware: "bfgminer 5, whatever its drivers can set", recorded: false, hardware: false },
  cgminer: { firmware: "cgminer 2.11 to 4, whatever its drivers can set", recorded: false, hardware: false },
  auradine: { firmware: "Auradine FluxOS (GCMiner)", recorded: false, hardware: false },
  axeos: { firmware: "AxeOS of Bitaxe and relatives; sleeps from 2.14 on", recorded: false, hardware: false },
  epic: { firmware: "ePIC PowerPlay", recorded: false, hardware: false },
  sealminer: { firmware: "Bitdeer stock (bdminer)", recorded: false, hardware: false },
  braiins: { firmware: "Braiins OS 25.07 and newer", recorded: false, hardware: false },
  luxos: { firmware: "LuxOS (LUXminer)", recorded: false, hardware: false },
  vnish: { firmware: "VNish 1.2 and newer; throttled from 1.3.3 on, before by presets or clocks and volts", recorded: false, hardware: false },
  "whatsminer-v2": { firmware: "MicroBT stock, API V2", recorded: false, hardware: false },
  "whatsminer-v3": { firmware: "MicroBT stock, API V3", recorded: false, hardware: false },
};

const never = new AbortController().signal;

/** Resolves with the whole file. */
export async function driversDocument(): Promise<string> {
  const names = (Object.keys(drivers) as DriverName[]).toSorted();
  const orders: string[][] = [];
  const services: string[][] = [];
  await using rig = await startRig({ asics: names.length, drivers: names });
  for (const asic of rig.asics) {
    const name = asic.driver;
    await using device = await deviceFor(asic);
    const telemetry = await device.read(never);
    for (const capability of device.capabilities) orders.push(...orderRows(name, capability));
    services.push(serviceRow(name, device, telemetry));
  }
  return [
    "<!-- Generated from the code by `npm run docs`; change scripts/docs or the drivers, not this file. -->",
    INTRODUCTION,
    "## What a machine can be told",
    table(["driver", "order", "values", "live or restart", "settled after", "earns meanwhile", "highest draw on the way", "confirmed by"], orders),
    "## What else",
    table(["driver", "firmware", "power it tells", "blink", "restart", "password", "simulator", "recorded replies", "hardware"], services),
    READING_THE_TABLES,
    ADD_A_DRIVER,
  ].join("\n\n") + "\n";
}

function deviceFor({ id, address, driver, model, webPort, password }: RigAsic): Promise<Device> {
  const [host = "", port] = address.split(":");
  const options = { id, address: { host, port: Number(port) }, model: loadModel(model), ...(webPort !== null && { webPort }), ...(password !== null && { password }) };
  return drivers[driver](options);
}

function orderRows(name: DriverName, capability: Capability): string[][] {
  if (capability.kind === "outlet") return [];
  const { down, up } = capability;
  const order = { points: "point", sleep: "sleep, wake", "power-limit": "watts", boards: "boards" }[capability.kind];
  return [[name, order, valuesOf(capability), down.hashing && up.hashing ? "live" : capability.kind === "sleep" && up.fixed <= 15_000 ? "live" : "restart", settledAfter(down, up), yes(down.hashing && up.hashing), peakOf(down, up), confirmedBy(down, up)]];
}

function valuesOf(capability: Exclude<Capability, { kind: "outlet" }>): string {
  switch (capability.kind) {
    case "points": {
      const [first, last] = [capability.points[0], capability.points.at(-1)];
      if (first === undefined || last === undefined) return "none";
      return `${capability.points.length}: ${first.id} (${Math.round(first.power)} W) to ${last.id} (${Math.round(last.power)} W)`;
    }
    case "sleep":
      return `${capability.sleepPower} W`;
    case "power-limit":
      return `${capability.min} to ${capability.max} W`;
    case "boards":
      return `1 to ${capability.count}, ${Math.round(capability.base)} W besides`;
  }
}

function settledAfter(down: Transition, up: Transition): string {
  const lengthOf = ({ fixed, perMegahertz }: Transition): string => `${fixed / 1000} s${perMegahertz === 0 ? "" : ` and ${perMegahertz} ms/MHz`}`;
  return lengthOf(down) === lengthOf(up) ? lengthOf(down) : `${lengthOf(down)} down, ${lengthOf(up)} up`;
}

const peakOf = (down: Transition, up: Transition): string => ([down, up].some(({ highest }) => highest === "default") ? "nameplate" : "the larger end");
const confirmedBy = (down: Transition, up: Transition): string => [...new Set([down.confirm, up.confirm])].join(", ");

function serviceRow(name: DriverName, device: Device, { power, powerSource }: Telemetry): string[] {
  const { firmware, recorded, hardware } = KNOWN[name];
  const known: Readonly<Record<string, SimFirmware>> = firmwares;
  const simulated = known[name];
  const told = power === null ? "none" : (powerSource ?? "of unknown source");
  return [name, firmware, told, yes(device.blink !== undefined), yes(device.restart !== undefined), yes(simulated?.password != null), yes(simulated !== undefined), yes(recorded), yes(hardware)];
}

const yes = (holds: boolean): string => (holds ? "yes" : "no");

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
