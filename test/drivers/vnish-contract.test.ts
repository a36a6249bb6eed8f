/** VNish with a live throttle, and before it, where presets restart mining. */
import { setTimeout as pause } from "node:timers/promises";
import { loadModel } from "../../drivers/models.ts";
import { vnish } from "../../drivers/vnish/driver.ts";
import { contract, type Stand } from "./contract.ts";
import { faultProxy } from "./fault-proxy.ts";
import { vnishBench } from "./web-bench.ts";

const REQUEST_MS = 180;
const MODEL = "antminer-s21-pro";

async function stand(version: string, orders: Stand["orders"]): Promise<Stand> {
  const bench = await vnishBench({ version, model: MODEL });
  const proxy = await faultProxy(bench.web);
  const device = vnish({ id: "asic-01", address: proxy.address, model: loadModel(MODEL), deadlineMs: REQUEST_MS });
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

contract("VNish 1.3.4", () =>
  stand("1.3.4", [
    { setpoint: { kind: "points", point: "60%" }, shows: ({ point, state }) => point === "60%" && state === "hashing" },
    { setpoint: { kind: "points", point: "100%" }, shows: ({ point, frequency }) => point === "100%" && frequency !== null && frequency > 500 },
    { setpoint: { kind: "sleep" }, shows: ({ state, point }) => state === "asleep" && point === null },
    { setpoint: { kind: "points", point: "100%" }, shows: ({ point, state }) => point === "100%" && state === "hashing" },
  ]));

contract("VNish 1.2.7", () =>
  stand("1.2.7", [
    { setpoint: { kind: "points", point: "2557" }, shows: ({ point, state }) => point === "2557" && state === "hashing" },
    { setpoint: { kind: "points", point: "3258" }, shows: ({ point, voltage }) => point === "3258" && voltage === 13_600 },
    { setpoint: { kind: "sleep" }, shows: ({ state, point }) => state === "asleep" && point === null },
    { setpoint: { kind: "points", point: "1924" }, shows: ({ point, state }) => point === "1924" && state === "hashing" },
  ]));
