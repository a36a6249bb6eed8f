/** VNish with a live throttle. */
import { contract } from "./contract.ts";
import { vnishStand } from "./web-stands.ts";

contract("VNish 1.3.4", () =>
  vnishStand("1.3.4", [
    { setpoint: { kind: "points", point: "60%" }, shows: ({ point, state }) => point === "60%" && state === "hashing" },
    { setpoint: { kind: "points", point: "100%" }, shows: ({ point, frequency }) => point === "100%" && frequency !== null && frequency > 500 },
    { setpoint: { kind: "sleep" }, shows: ({ state, point }) => state === "asleep" && point === null },
    { setpoint: { kind: "points", point: "100%" }, shows: ({ point, state }) => point === "100%" && state === "hashing" },
  ]));
