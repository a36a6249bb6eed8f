/** Uniform in [0, 1). Injected everywhere in the simulator, so that a seed is a whole rig. */
export type Random = () => number;

/** Mulberry32: 32 bits of state, a full period, the same on every machine. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A source of its own for part `index`, so that one more ASIC changes no other. 0x9e3779b9 is 2^32 over the golden ratio. */
export function branch(seed: number, index: number): Random {
  return seeded(Math.imul(seed + 1, 0x85ebca6b) ^ Math.imul(index + 1, 0x9e3779b9));
}

/** Uniform in [-half, +half). */
export const around = (random: Random, half: number): number => (random() * 2 - 1) * half;

/** Near enough to a normal deviate: the sum of four uniforms has variance 4/12, hence the root of 3. Never beyond 3.5. */
export const deviate = (random: Random): number => (random() + random() + random() + random() - 2) * Math.sqrt(3);
