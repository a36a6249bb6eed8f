import { guarded, type Bounds } from "../../drivers/guarded.ts";
import { luxos } from "../../drivers/luxos/driver.ts";
import { loadModel } from "../../drivers/models.ts";
import { startRig } from "../../drivers/sim/rig.ts";
import type { Address } from "../../drivers/cgminer/ask-once.ts";
import { exchange } from "../../drivers/cgminer/wire.ts";
import { contract, type Stand } from "./contract.ts";
import { faultProxy } from "./fault-proxy.ts";

const REQUEST_MS = 250;
const MODEL = "antminer-s19k-pro";
const BOUNDS: Bounds = { frequencyMin: null, frequencyMax: null, voltageMin: null, voltageMax: null, powerMax: null };
const never = new AbortController().signal;

contract("LuxOS", async (): Promise<Stand> => {
  const rig = await startRig({ asics: 1, models: [MODEL], restartMs: 300, frequencyStepMs: 1 });
  const asic = rig.asics[0];
  if (asic === undefined) throw new Error("the rig has no ASIC");
  const direct = addressOf(asic.address);
  const proxy = await faultProxy(direct);
  return {
    // As the daemon has it: behind the guard that stands around every driver.
    device: guarded(luxos({ id: asic.id, address: proxy.address, model: loadModel(MODEL), deadlineMs: REQUEST_MS }), BOUNDS),
    // Three requests, and a second for a farewell that is not heard.
    deadlineMs: 3 * REQUEST_MS + 1_000,
    orders: [
      { setpoint: { kind: "points", point: "590" }, shows: ({ point, frequency, voltage }) => point === "590" && frequency === 590 && voltage === 13_500 },
      { setpoint: { kind: "points", point: "390" }, shows: ({ point, state }) => point === "390" && state === "hashing" },
      { setpoint: { kind: "boards", count: 2 }, shows: ({ point, boards }) => point === "190" && boards.filter(({ enabled }) => enabled).length === 2 },
      { setpoint: { kind: "boards", count: 3 }, shows: ({ point, boards, state }) => point === "190" && state === "hashing" && boards.every(({ enabled }) => enabled) },
      { setpoint: { kind: "sleep" }, shows: ({ state, point }) => state === "asleep" && point === null },
      { setpoint: { kind: "points", point: "490" }, shows: ({ point, state }) => point === "490" && state === "hashing" },
    ],
    fault: (fault) => {
      if (fault === "reset-after-data") proxy.resetAfterData = true;
      else rig.fault(asic.id, fault === "slow" ? `slow:${2 * REQUEST_MS}` : fault);
    },
    clear: () => {
      proxy.resetAfterData = false;
      rig.fault(asic.id, "clear");
    },
    // At the first order's point already there is nothing to lower, and a technician's session is left to him.
    refusing: async () => {
      const id = await ask(direct, "logon");
      return { [Symbol.asyncDispose]: async () => void (await ask(direct, "logoff", id)) };
    },
    open: () => proxy.open,
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]();
      await rig.close();
    },
  };
});

/** A technician's session; returns its id. */
async function ask(address: Address, command: string, parameter = ""): Promise<string> {
  const text = await exchange(address, JSON.stringify({ command, parameter }), { deadlineMs: 1_000, maxBytes: 4096 }, never);
  const { SESSION } = JSON.parse(text) as { SESSION?: { SessionID: string }[] };
  return SESSION?.[0]?.SessionID ?? "";
}

function addressOf(text: string): Address {
  const colon = text.lastIndexOf(":");
  return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
}
