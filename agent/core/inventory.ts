/** Two looks at a network compared: who is new, gone, moved or another one. Pure; the register is what the configuration names. */

/** A machine as a look found it. */
export interface Sighting {
  /** HOST:PORT. */
  readonly address: string;
  readonly driver: string;
  readonly model: string | null;
  /** Name and version in one. */
  readonly firmware: string;
  readonly mac: string | null;
  readonly serial: string | null;
}

/** A miner of the configuration. */
export interface Registered {
  readonly id: string;
  readonly driver: string;
  readonly model: string;
  readonly address: string;
  readonly outlet: string | null;
}

/** What is kept of a machine between looks. */
export interface Known {
  readonly sighting: Sighting;
  /** Looks in a row that did not find it. */
  readonly missed: number;
}

export type InventoryChange = {
  readonly name: "miner.appeared" | "miner.vanished" | "miner.changed" | "miner.moved";
  readonly sighting: Sighting;
  /** What it was, or where. */
  readonly was: Sighting | null;
  readonly registered: Registered | null;
};

export interface Look {
  readonly seen: readonly Sighting[];
  /** Hosts where somebody is who could not be named: nobody there has vanished. */
  readonly occupied: ReadonlySet<string>;
  /** Whether a host was looked at. */
  readonly searched: (host: string) => boolean;
}

/** One that reboots during a look has not vanished; one missed twice has. */
const GONE = 2;
/** One that has been gone for so many looks is forgotten. */
const FORGOTTEN = 100;

export const hostOf = (address: string): string => address.slice(0, address.lastIndexOf(":"));

/** What a machine keeps when its address changes; null: it told neither. */
const selfOf = ({ mac, serial }: Sighting): string | null => mac ?? serial;

export function compareLooks(known: readonly Known[], { seen, occupied, searched }: Look, register: readonly Registered[]): { readonly known: readonly Known[]; readonly changes: readonly InventoryChange[] } {
  const changes: InventoryChange[] = [];
  const before = withRegister(known, register);
  const byAddress = new Map(before.map((one) => [one.sighting.address, one]));
  const bySelf = new Map(before.flatMap((one) => (selfOf(one.sighting) === null ? [] : [[selfOf(one.sighting), one] as const])));
  const found = new Set<Known>();
  const now: Known[] = [];
  for (const sighting of seen) {
    const there = byAddress.get(sighting.address) ?? null;
    const itself = bySelf.get(selfOf(sighting)) ?? null;
    const was = itself ?? there;
    const registered = registeredAt(register, itself?.sighting.address ?? sighting.address);
    const name = changeOf(sighting, was);
    if (name !== null) changes.push({ name, sighting, was: was?.sighting ?? null, registered });
    if (was !== null) found.add(was);
    if (there !== null && there !== was && seen.every(({ mac }) => mac === null || mac !== there.sighting.mac)) found.add(there);
    now.push({ sighting, missed: 0 });
  }
  for (const one of before) {
    if (found.has(one)) continue;
    const host = hostOf(one.sighting.address);
    const missed = searched(host) && !occupied.has(host) ? one.missed + 1 : one.missed;
    if (missed === GONE && one.missed < GONE) changes.push({ name: "miner.vanished", sighting: one.sighting, was: null, registered: registeredAt(register, one.sighting.address) });
    if (missed < FORGOTTEN) now.push({ ...one, missed });
  }
  return { known: now, changes };
}

function changeOf(sighting: Sighting, was: Known | null): InventoryChange["name"] | null {
  if (was === null || was.missed >= GONE) return "miner.appeared";
  const before = was.sighting;
  const other = before.mac !== null && sighting.mac !== null && before.mac !== sighting.mac;
  // What was not said the one time or the other is no change.
  const differs = before.driver !== sighting.driver || (before.model !== null && sighting.model !== null && before.model !== sighting.model) || (before.firmware !== "" && before.firmware !== sighting.firmware);
  if (other || differs) return "miner.changed";
  return before.address === sighting.address ? null : "miner.moved";
}

/** What the register names and no look has found yet counts as known: it is not new when it shows up, and missed when it does not. */
function withRegister(known: readonly Known[], register: readonly Registered[]): readonly Known[] {
  const addresses = new Set(known.map(({ sighting }) => sighting.address));
  const more = register.filter(({ address }) => !addresses.has(address));
  return [...known, ...more.map(({ address, driver, model }): Known => ({ sighting: { address, driver, model, firmware: "", mac: null, serial: null }, missed: 0 }))];
}

const registeredAt = (register: readonly Registered[], address: string): Registered | null => register.find((one) => one.address === address) ?? null;
