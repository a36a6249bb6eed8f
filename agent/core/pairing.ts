/** Which outlet feeds which machine, from what moved when each was dipped. */

/** What one machine's dip did to the outlets. Watts less than before; what rose is negative. */
export interface Dip {
  readonly device: string;
  /** What it says itself that it drew less, or what its model says. */
  readonly expected: number;
  readonly drops: ReadonlyMap<string, number>;
}

export interface Pair {
  readonly device: string;
  readonly outlet: string;
  /** From 0 to 1: how much better than every other outlet this one explains the dip. */
  readonly confidence: number;
  readonly dropW: number;
  readonly expectedW: number;
}

export interface Pairing {
  readonly pairs: readonly Pair[];
  /** Two machines on one outlet, or one on two: neither is taken. */
  readonly conflicts: readonly { readonly devices: readonly string[]; readonly outlets: readonly string[]; readonly why: string }[];
  readonly unmatched: readonly { readonly device: string; readonly why: string }[];
}

/** Less is noise. */
const LEAST_DROP = 40;
/** The outlet of a dipped machine shows about what the machine says; firmware that only estimates may be off by this much. */
const NEAR = 0.4;
/** A second outlet with this share of the first is a second cord, not noise. */
const SECOND_CORD = 0.3;

export function pairingOf(dips: readonly Dip[]): Pairing {
  const seen = dips.map((dip) => ({ dip, found: read(dip) }));
  const claims = new Map<string, string[]>();
  for (const { dip, found } of seen) if ("pair" in found) claims.set(found.pair.outlet, [...(claims.get(found.pair.outlet) ?? []), dip.device]);
  const shared = [...claims].filter(([, devices]) => devices.length > 1);
  const disputed = new Set(shared.map(([outlet]) => outlet));
  return {
    pairs: seen.flatMap(({ found }) => ("pair" in found && !disputed.has(found.pair.outlet) ? [found.pair] : [])),
    conflicts: [
      ...shared.map(([outlet, devices]) => ({ devices, outlets: [outlet], why: `${outlet} moved for each of ${devices.join(", ")}: they share it, or something else moved at the same time` })),
      ...seen.flatMap(({ found }) => ("cords" in found ? [found.cords] : [])),
    ],
    unmatched: seen.flatMap(({ dip, found }) => ("why" in found ? [{ device: dip.device, why: found.why }] : [])),
  };
}

/** Worth a second look: it moved something, and not clearly one thing. */
export const isUnsure = (dip: Dip): boolean => {
  const found = read(dip);
  return !("pair" in found) || found.pair.confidence < 0.8;
};

/** Two looks at one machine as one. */
export function together(a: Dip, b: Dip): Dip {
  const drops = new Map([...a.drops].map(([outlet, drop]) => [outlet, (drop + (b.drops.get(outlet) ?? drop)) / 2]));
  return { device: a.device, expected: (a.expected + b.expected) / 2, drops };
}

type Found = { readonly pair: Pair } | { readonly cords: Pairing["conflicts"][number] } | { readonly why: string };

function read({ device, expected, drops }: Dip): Found {
  const [first, second] = [...drops].toSorted(([, a], [, b]) => b - a);
  if (first === undefined) return { why: "no outlet was metered meanwhile" };
  const [outlet, drop] = first;
  const rest = Math.max(0, second?.[1] ?? 0);
  if (expected < LEAST_DROP) return { why: `it went down by ${Math.round(expected)} W only: it does not follow, or says nothing of its power` };
  if (drop < Math.max(LEAST_DROP, SECOND_CORD * expected)) return { why: `it went down by ${Math.round(expected)} W, and no outlet by more than ${Math.round(Math.max(0, drop))} W: it hangs on none of these` };
  if (second !== undefined && rest >= SECOND_CORD * drop && Math.abs(drop + rest - expected) < Math.abs(drop - expected)) {
    return { cords: { devices: [device], outlets: [outlet, second[0]], why: `${device} moved ${outlet} by ${Math.round(drop)} W and ${second[0]} by ${Math.round(rest)} W: it has a cord on each` } };
  }
  const clear = 1 - Math.min(1, rest / drop);
  const near = 1 - Math.min(1, Math.max(0, Math.abs(drop - expected) / expected - 0.1) / NEAR) * 0.5;
  return { pair: { device, outlet, confidence: Math.round(clear * near * 100) / 100, dropW: Math.round(drop), expectedW: Math.round(expected) } };
}
