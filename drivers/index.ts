/**
 * The miner drivers, by the name `miners[].driver` says in the configuration. A new firmware is one line. A firmware that no
 * machine of the rack runs is not loaded.
 */
import type { Device, MinerOptions } from "./driver.ts";

export const drivers = {
  antminer: async (options) => (await import("./antminer/driver.ts")).antminer(options),
  auradine: async (options) => (await import("./auradine/driver.ts")).auradine(options),
  avalon: async (options) => (await import("./avalon/driver.ts")).avalon(options),
  "avalon-10": async (options) => (await import("./avalon/driver.ts")).avalon10(options),
  "avalon-7": async (options) => (await import("./avalon/driver.ts")).avalon7(options),
  axeos: async (options) => (await import("./axeos/driver.ts")).axeos(options),
  bfgminer: async (options) => (await import("./classic/driver.ts")).bfgminer(options),
  braiins: async (options) => (await import("./braiins/driver.ts")).braiins(options),
  cgminer: async (options) => (await import("./classic/driver.ts")).cgminer(options),
  epic: async (options) => (await import("./epic/driver.ts")).epic(options),
  luxos: async (options) => (await import("./luxos/driver.ts")).luxos(options),
  sealminer: async (options) => (await import("./sealminer/driver.ts")).sealminer(options),
  vnish: async (options) => (await import("./vnish/driver.ts")).vnish(options),
  "whatsminer-v2": async (options) => (await import("./whatsminer/driver.ts")).whatsminerV2(options),
  "whatsminer-v3": async (options) => (await import("./whatsminer/driver.ts")).whatsminerV3(options),
} as const satisfies Record<string, (options: MinerOptions) => Promise<Device>>;

export type DriverName = keyof typeof drivers;

export function isDriverName(name: string): name is DriverName {
  return Object.hasOwn(drivers, name);
}

/** Where a second web interface of its machines usually listens (`miners[].webPort`). */
export const usualWebPort = (name: DriverName): number => (name === "auradine" ? 8_080 : 80);
