import { json } from "../../drivers/sim/http-server.ts";
import { contract, type Stand } from "./contract.ts";
import { REQUEST_MS, stockAntminer } from "./stock-antminer.ts";

contract("Antminer stock", async (): Promise<Stand> => {
  const miner = await stockAntminer();
  return {
    device: miner.device,
    // The answer to a new configuration may take twelve requests' time, and three others go with it.
    deadlineMs: 15 * REQUEST_MS,
    orders: [
      { setpoint: { kind: "points", point: "60%" }, shows: ({ point, state }) => point === "60%" && state === "hashing" },
      { setpoint: { kind: "points", point: "100%" }, shows: ({ point, frequency }) => point === "100%" && frequency === 525 },
      { setpoint: { kind: "sleep" }, shows: ({ state, point }) => state === "asleep" && point === null },
      { setpoint: { kind: "points", point: "80%" }, shows: ({ point, state }) => point === "80%" && state === "hashing" },
    ],
    fault: (fault) => miner.fault(fault === "slow" ? `slow:${2 * REQUEST_MS}` : fault),
    clear: () => miner.fault("clear"),
    refusing: async () => {
      miner.instead = () => json(503, {});
      return { [Symbol.asyncDispose]: async () => void (miner.instead = null) };
    },
    open: () => miner.open(),
    [Symbol.asyncDispose]: () => miner[Symbol.asyncDispose](),
  };
});
