/** Braiins OS with its tuner on is told watts. */
import { contract } from "./contract.ts";
import { braiinsStand } from "./web-stands.ts";

contract("Braiins OS with the tuner on", () =>
  braiinsStand(false, [
    { setpoint: { kind: "points", point: "2000W" }, shows: ({ point, state }) => point === "2000W" && state === "hashing" },
    { setpoint: { kind: "points", point: "3000W" }, shows: ({ point, frequency }) => point === "3000W" && frequency !== null && frequency > 450 },
    { setpoint: { kind: "sleep" }, shows: ({ state, point }) => state === "asleep" && point === null },
    { setpoint: { kind: "points", point: "2600W" }, shows: ({ point, state }) => point === "2600W" && state === "hashing" },
  ]));
