/** The miner drivers, by the name `miners[].driver` says in the configuration. A new firmware is one line. */
import { antminer } from "./antminer/driver.ts";
import { auradine } from "./auradine/driver.ts";
import { avalon, avalon10, avalon7 } from "./avalon/driver.ts";
import { axeos } from "./axeos/driver.ts";
import { bfgminer, cgminer } from "./classic/driver.ts";
import type { Device, MinerOptions } from "./driver.ts";
import { braiins } from "./braiins/driver.ts";
import { epic } from "./epic/driver.ts";
import { luxos } from "./luxos/driver.ts";
import { sealminer } from "./sealminer/driver.ts";
import { vnish } from "./vnish/driver.ts";
import { whatsminerV2, whatsminerV3 } from "./whatsminer/driver.ts";

export const drivers = {
  antminer,
  auradine,
  avalon,
  "avalon-10": avalon10,
  "avalon-7": avalon7,
  axeos,
  bfgminer,
  braiins,
  cgminer,
  epic,
  luxos,
  sealminer,
  vnish,
  "whatsminer-v2": whatsminerV2,
  "whatsminer-v3": whatsminerV3,
} as const satisfies Record<string, (options: MinerOptions) => Device>;

export type DriverName = keyof typeof drivers;

export function isDriverName(name: string): name is DriverName {
  return Object.hasOwn(drivers, name);
}

/** Where a second web interface of its machines usually listens (`miners[].webPort`). */
export const usualWebPort = (name: DriverName): number => (name === "auradine" ? 8_080 : 80);
