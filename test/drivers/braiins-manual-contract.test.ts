/** Braiins OS with its tuner off is told frequencies and voltages. */
import { contract } from "./contract.ts";
import { braiinsStand } from "./web-stands.ts";

contract("Braiins OS with the tuner off", () =>
  braiinsStand(true, [
    { setpoint: { kind: "points", point: "350" }, shows: ({ point, state }) => point === "350" && state === "hashing" },
    { setpoint: { kind: "points", point: "475" }, shows: ({ point, voltage }) => point === "475" && voltage === 13_200 },
    { setpoint: { kind: "sleep" }, shows: ({ state, point }) => state === "asleep" && point === null },
    { setpoint: { kind: "points", point: "425" }, shows: ({ point, state }) => point === "425" && state === "hashing" },
  ]));
