/** The contract's stand for either API. */
import { setTimeout as pause } from "node:timers/promises";
import type { Device, MinerOptions } from "../../drivers/driver.ts";
import type { Stand } from "./contract.ts";
import { whatsminerStand } from "./whatsminer-stand.ts";

/** Enough for a cold first request on a busy machine. */
const REQUEST_MS = 250;

export interface Subject {
  readonly api: "v2" | "v3";
  readonly model: string;
  readonly driver: (options: MinerOptions) => Device;
  readonly password: string;
}

export async function contractStand(subject: Subject): Promise<Stand> {
  const stand = await whatsminerStand({ ...subject, requestMs: REQUEST_MS });
  return {
    device: stand.device(),
    deadlineMs: 3 * REQUEST_MS,
    orders: [
      { setpoint: { kind: "points", point: "60%" }, shows: ({ point, state }) => point === "60%" && state === "hashing" },
      { setpoint: { kind: "sleep" }, shows: ({ state, point }) => state === "asleep" && point === null },
      // Waking goes to full power: a percent is only taken once the mining process is there.
      { setpoint: { kind: "points", point: "100%" }, shows: ({ point, state }) => point === "100%" && state === "hashing" },
      { setpoint: { kind: "points", point: "45%" }, shows: ({ point, power }) => point === "45%" && power !== null },
    ],
    fault: (fault) => {
      if (fault === "reset-after-data") stand.proxy.resetAfterData = true;
      else stand.fault(fault === "slow" ? `slow:${2 * REQUEST_MS}` : fault);
    },
    clear: () => {
      stand.proxy.resetAfterData = false;
      stand.fault("clear");
    },
    refusing: () => {
      // Its mining process is away and comes back; the API goes on answering.
      stand.btminer.restart();
      return Promise.resolve({
        [Symbol.asyncDispose]: async () => {
          while (stand.btminer.isDown) await pause(10);
        },
      });
    },
    open: () => stand.proxy.open,
    [Symbol.asyncDispose]: () => stand[Symbol.asyncDispose](),
  };
}
