/** Benches as the contract suite wants them. */
import { setTimeout as pause } from "node:timers/promises";
import { braiins } from "../../drivers/braiins/driver.ts";
import { loadModel } from "../../drivers/models.ts";
import { pointOf, readSimModel } from "../../drivers/sim/model.ts";
import { vnish } from "../../drivers/vnish/driver.ts";
import type { Stand } from "./contract.ts";
import { faultProxy } from "./fault-proxy.ts";
import { braiinsBench, vnishBench } from "./web-bench.ts";

/** Twice what a busy machine needs for an exchange on loopback. */
const REQUEST_MS = 250;
const BRAIINS_MODEL = "antminer-s19-xp";
const VNISH_MODEL = "antminer-s21-pro";

export async function braiinsStand(byHand: boolean, orders: Stand["orders"]): Promise<Stand> {
  const bench = await braiinsBench({ version: "25.07.1", model: BRAIINS_MODEL });
  if (byHand) bench.firmware.setByHand(pointOf(readSimModel(BRAIINS_MODEL), "475"));
  const [web, reports] = [await faultProxy(bench.web), await faultProxy(bench.reports)];
  const device = braiins({ id: "asic-01", address: reports.address, webPort: web.address.port, model: loadModel(BRAIINS_MODEL), deadlineMs: REQUEST_MS });
  // A mode that is not known yet would be taken for the usual one.
  if (byHand) await device.read(new AbortController().signal);
  const cut = (on: boolean): void => {
    web.resetAfterData = on;
    reports.resetAfterData = on;
  };
  return {
    device,
    deadlineMs: 3 * REQUEST_MS,
    orders,
    fault: (fault) => (fault === "reset-after-data" ? cut(true) : bench.fault(fault === "slow" ? `slow:${2 * REQUEST_MS}` : fault)),
    clear: () => {
      cut(false);
      bench.fault("clear");
    },
    refusing: async () => {
      // What is in place is not written again, so something else has to be.
      const other = orders[1]?.setpoint;
      if (other?.kind === "points") await device.actuators.points?.(other, new AbortController().signal);
      await pause(300);
      bench.refusing = true;
      return { [Symbol.asyncDispose]: async () => void (bench.refusing = false) };
    },
    open: () => web.open + reports.open,
    [Symbol.asyncDispose]: async () => {
      await web[Symbol.asyncDispose]();
      await reports[Symbol.asyncDispose]();
      await bench[Symbol.asyncDispose]();
    },
  };
}

export async function vnishStand(version: string, orders: Stand["orders"], by: "preset" | "hand" | "hand, live" = "preset"): Promise<Stand> {
  const bench = await vnishBench({ version, model: VNISH_MODEL, by });
  const proxy = await faultProxy(bench.web);
  const device = vnish({ id: "asic-01", address: proxy.address, model: loadModel(VNISH_MODEL), deadlineMs: REQUEST_MS });
  return {
    device,
    deadlineMs: 3 * REQUEST_MS,
    orders,
    fault: (fault) => {
      if (fault === "reset-after-data") proxy.resetAfterData = true;
      else bench.fault(fault === "slow" ? `slow:${2 * REQUEST_MS}` : fault);
    },
    clear: () => {
      proxy.resetAfterData = false;
      bench.fault("clear");
    },
    refusing: async () => {
      // What is in place is not written again, so something else has to be.
      await device.actuators.points?.({ kind: "points", point: orders[1]?.setpoint.kind === "points" ? orders[1].setpoint.point : "" }, new AbortController().signal);
      await pause(500);
      bench.refusing = true;
      return { [Symbol.asyncDispose]: async () => void (bench.refusing = false) };
    },
    open: () => proxy.open,
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]();
      await bench[Symbol.asyncDispose]();
    },
  };
}
