/**
 * The most a rack can draw within a limit: exact to the watt, by a set of reachable sums kept as the bits of one number.
 * Each machine takes exactly one of its choices.
 */
export function reach(machines: readonly (readonly number[])[], limitW: number): number {
  const mask = (1n << BigInt(Math.max(0, Math.floor(limitW)) + 1)) - 1n;
  let sums = 1n;
  for (const choices of machines) {
    let next = 0n;
    for (const choice of new Set(choices.map((watts) => Math.ceil(watts)))) next |= sums << BigInt(choice);
    sums = next & mask;
  }
  return highestBit(sums);
}

function highestBit(number: bigint): number {
  const hex = number.toString(16);
  return number === 0n ? 0 : (hex.length - 1) * 4 + 31 - Math.clz32(Number.parseInt(hex.charAt(0), 16));
}
