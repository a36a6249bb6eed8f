/** Braiins OS with its tuner on, which is told watts, and off, where the boards are set by hand. */
import { setTimeout as pause } from "node:timers/promises";
import { braiins } from "../../drivers/braiins/driver.ts";
import { loadModel } from "../../drivers/models.ts";
import { pointOf, readSimModel } from "../../drivers/sim/model.ts";
import { contract, type Stand } from "./contract.ts";
import { faultProxy } from "./fault-proxy.ts";
import { braiinsBench } from "./web-bench.ts";

const REQUEST_MS = 180;
const MODEL = "antminer-s19-xp";

async function stand(byHand: boolean, orders: Stand["orders"]): Promise<Stand> {
  const bench = await braiinsBench({ version: "25.07.1", model: MODEL });
  if (byHand) bench.firmware.setByHand(pointOf(readSimModel(MODEL), "475"));
  const [web, reports] = [await faultProxy(bench.web), await faultProxy(bench.reports)];
  const device = braiins({ id: "asic-01", address: reports.address, webPort: web.address.port, model: loadModel(MODEL), deadlineMs: REQUEST_MS });
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

contract("Braiins OS with the tuner on", () =>
  stand(false, [
    { setpoint: { kind: "points", point: "2000W" }, shows: ({ point, state }) => point === "2000W" && state === "hashing" },
    { setpoint: { kind: "points", point: "3000W" }, shows: ({ point, frequency }) => point === "3000W" && frequency !== null && frequency > 450 },
    { setpoint: { kind: "sleep" }, shows: ({ state, point }) => state === "asleep" && point === null },
    { setpoint: { kind: "points", point: "2600W" }, shows: ({ point, state }) => point === "2600W" && state === "hashing" },
  ]));

contract("Braiins OS with the tuner off", () =>
  stand(true, [
    { setpoint: { kind: "points", point: "350" }, shows: ({ point, state }) => point === "350" && state === "hashing" },
    { setpoint: { kind: "points", point: "475" }, shows: ({ point, voltage }) => point === "475" && voltage === 13_200 },
    { setpoint: { kind: "sleep" }, shows: ({ state, point }) => state === "asleep" && point === null },
    { setpoint: { kind: "points", point: "425" }, shows: ({ point, state }) => point === "425" && state === "hashing" },
  ]));
