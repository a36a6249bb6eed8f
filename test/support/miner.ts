/** A miner that says and obeys what a test wants, without a wire. */
import type { Capability, OperatingPoint, Setpoint, Telemetry } from "../../agent/core/model.ts";
import { megahertz, millis, millivolts, seconds, terahash, watts } from "../../agent/core/units.ts";
import type { Debts, Device } from "../../drivers/driver.ts";

export const silence: Telemetry = {
  power: null, powerSource: null, hashrate: null, hashrate15Min: null, hashrateAverage: null, frequency: null, voltage: null, state: "hashing", point: null, boards: [],
  inlet: null, outlet: null, fansRpm: [], pools: [], accepted: null, rejected: null, hardwareErrors: null, uptime: null, errors: [],
};

/** 200 to 600 MHz at 5 W a megahertz. */
export const POINTS: readonly OperatingPoint[] = [200, 300, 400, 500, 600].map((mhz) => ({
  id: String(mhz), frequency: megahertz(mhz), voltage: millivolts(12_000 + mhz), power: watts(5 * mhz), hashrate: terahash(mhz / 5),
}));

const CHANGE = { fixed: seconds(1), perMegahertz: millis(0), highest: "ends", hashing: true, confirm: "readback" } as const;

export interface PlayedMiner extends Device {
  says: Telemetry;
  readonly orders: Setpoint[];
  readonly capabilities: readonly Capability[];
}

export function playedMiner(id: string, debts?: Debts): PlayedMiner {
  const orders: Setpoint[] = [];
  const obey = async (setpoint: Setpoint): Promise<void> => void orders.push(setpoint);
  return {
    id, orders, says: silence,
    description: "a miner of the test",
    nameplate: { highest: watts(3_200), asleep: watts(20) },
    capabilities: [
      { kind: "points", points: POINTS, down: CHANGE, up: CHANGE },
      { kind: "boards", count: 3, base: watts(100), down: CHANGE, up: CHANGE },
      { kind: "sleep", sleepPower: watts(20), down: CHANGE, up: CHANGE },
    ],
    actuators: { points: obey, boards: obey, sleep: obey },
    ...(debts !== undefined && { debts }),
    async read() {
      return this.says;
    },
    async [Symbol.asyncDispose]() {},
  };
}
