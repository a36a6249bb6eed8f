/** VNish set by hand: clocks and volts, by a restart or live as the firmware answers. */
import { contract } from "./contract.ts";
import { vnishStand } from "./web-stands.ts";

for (const by of ["hand", "hand, live"] as const) {
  contract(`VNish 1.2.7 set by ${by}`, () =>
    vnishStand("1.2.7", [
      { setpoint: { kind: "points", point: "490" }, shows: ({ point, state, voltage }) => point === "490" && state === "hashing" && voltage === 13_000 },
      { setpoint: { kind: "points", point: "590" }, shows: ({ point, frequency, voltage }) => point === "590" && frequency === 590 && voltage === 13_600 },
      { setpoint: { kind: "sleep" }, shows: ({ state, point }) => state === "asleep" && point === null },
      { setpoint: { kind: "points", point: "390" }, shows: ({ point, state }) => point === "390" && state === "hashing" },
    ], by));
}
