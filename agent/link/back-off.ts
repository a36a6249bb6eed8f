import { millis, type Millis } from "../core/units.ts";

const shortest = 500;
const longest = 30_000;

/** Waits that double from half a second to half a minute, each shortened at random by up to half: a farm does not reconnect in step. */
export function backOff(random: () => number): { next(): Millis; reset(): void } {
  let full = shortest;
  return {
    next() {
      const length = full * (1 - random() / 2);
      full = Math.min(full * 2, longest);
      return millis(length);
    },
    reset() {
      full = shortest;
    },
  };
}
