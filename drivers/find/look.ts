/** A sweep as the watch compares it with the last one. Gentle: it runs beside a daemon that polls the same machines. */
import type { Look, Sighting } from "../../agent/core/inventory.ts";
import { hostsIn } from "./range.ts";
import { DEFAULT_SWEEP, sweep } from "./sweep.ts";

const GENTLE = { ...DEFAULT_SWEEP, concurrency: 16, hostsPerSecond: 50 } as const;

export async function lookAt(networks: readonly string[], port: number | null, signal: AbortSignal): Promise<Look> {
  const hosts = new Set(networks.flatMap(hostsIn));
  const seen: Sighting[] = [];
  const occupied = new Set<string>();
  await sweep([...hosts], { ...GENTLE, port }, {
    seen: (one) => {
      if (one.kind === "unidentified") occupied.add(one.host);
      if (one.kind !== "miner") return;
      const { address, driver, model, firmware, version, mac, serial } = one.finding;
      seen.push({ address: `${address.host}:${address.port}`, driver, model, firmware: version === null ? firmware : `${firmware} ${version}`, mac, serial });
    },
    signal,
  });
  return { seen, occupied, searched: (host) => hosts.has(host) };
}
