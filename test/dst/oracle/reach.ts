import type { Choice } from "./sight.ts";

/**
 * The most a rack can draw within a limit: exact to the watt, by a set of reachable sums kept as the bits of one number.
 * Each machine takes exactly one of its choices.
 */
export function reach(machines: readonly (readonly Choice[])[], limitW: number): number {
  const mask = (1n << BigInt(Math.max(0, Math.floor(limitW)) + 1)) - 1n;
  let sums = 1n;
  for (const choices of machines) {
    let next = 0n;
    for (const choice of new Set(choices.map(({ watts }) => Math.ceil(watts)))) next |= sums << BigInt(choice);
    sums = next & mask;
  }
  return highestBit(sums);
}

/** The most it can earn within a limit, TH/s: the same, with what each sum earns at the most. Slower, so for the looks that need it. */
export function worth(machines: readonly (readonly Choice[])[], limitW: number): number {
  const size = Math.max(0, Math.floor(limitW)) + 1;
  let best = new Float64Array(size).fill(-Infinity);
  best[0] = 0;
  for (const choices of machines) {
    const next = new Float64Array(size).fill(-Infinity);
    for (const { watts, ths } of choices) {
      const step = Math.ceil(watts);
      for (let sum = step; sum < size; sum++) next[sum] = Math.max(next[sum] as number, (best[sum - step] as number) + ths);
    }
    best = next;
  }
  return best.reduce((most, ths) => Math.max(most, ths), 0);
}

function highestBit(number: bigint): number {
  const hex = number.toString(16);
  return number === 0n ? 0 : (hex.length - 1) * 4 + 31 - Math.clz32(Number.parseInt(hex.charAt(0), 16));
}
