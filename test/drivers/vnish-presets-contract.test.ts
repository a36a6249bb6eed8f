/** VNish before its throttle: presets restart mining. */
import { contract } from "./contract.ts";
import { vnishStand } from "./web-stands.ts";

contract("VNish 1.2.7", () =>
  vnishStand("1.2.7", [
    { setpoint: { kind: "points", point: "2557" }, shows: ({ point, state }) => point === "2557" && state === "hashing" },
    { setpoint: { kind: "points", point: "3258" }, shows: ({ point, voltage }) => point === "3258" && voltage === 13_600 },
    { setpoint: { kind: "sleep" }, shows: ({ state, point }) => state === "asleep" && point === null },
    { setpoint: { kind: "points", point: "1924" }, shows: ({ point, state }) => point === "1924" && state === "hashing" },
  ]));
