/** Ranges of IPv4 addresses as people write them: 10.0.0.0/22, 10.0.0.5-10.0.0.80, 10.0.0.5-80, 10.0.0.7. */

/** A /16: larger ones are a slip of the finger. */
export const MOST_HOSTS = 65_536;

/** The addresses in order, network and broadcast address left out where there are such. Throws a RangeError with the cure. */
export function hostsIn(range: string): readonly string[] {
  const [first, last] = boundsOf(range);
  const count = last - first + 1;
  if (count < 1) throw new RangeError(`${range} ends before it begins`);
  if (count > MOST_HOSTS) throw new RangeError(`${range} has ${count} addresses; ask for ${MOST_HOSTS} at most, a /16`);
  return Array.from({ length: count }, (_, index) => textOf(first + index));
}

function boundsOf(range: string): [first: number, last: number] {
  const [, network, bits] = /^([\d.]+)\/(\d{1,2})$/.exec(range) ?? [];
  if (network !== undefined) {
    const length = Number(bits);
    if (length < 8 || length > 32) throw new RangeError(`${range}: a network has 8 to 32 bits`);
    const size = 2 ** (32 - length);
    const begin = Math.floor(numberOf(network, range) / size) * size;
    // A /31 and a /32 have no address to leave out.
    return size <= 2 ? [begin, begin + size - 1] : [begin + 1, begin + size - 2];
  }
  const [, from, to] = /^([\d.]+)(?:-([\d.]+))?$/.exec(range) ?? [];
  if (from === undefined) throw new RangeError(`"${range}" is no range: write 10.0.0.0/22, 10.0.0.5-10.0.0.80 or 10.0.0.7`);
  const first = numberOf(from, range);
  if (to === undefined) return [first, first];
  return [first, numberOf(to.includes(".") ? to : from.replace(/\d+$/, to), range)];
}

function numberOf(text: string, range: string): number {
  const parts = text.split(".");
  if (parts.length !== 4 || parts.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255)) throw new RangeError(`"${text}" in "${range}" is no IPv4 address`);
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

const textOf = (number: number): string => [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
