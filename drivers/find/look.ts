/** A sweep as the watch compares it with the last one. Gentle: it runs beside a daemon that polls the same machines. */
import type { Look, Sighting } from "../../agent/core/inventory.ts";
import type { Address } from "../cgminer/ask-once.ts";
import { QUESTIONS } from "./families.ts";
import { identify, type Finding } from "./identify.ts";
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
      seen.push({ address: `${address.host}:${address.port}`, driver, model, firmware: firmwareOf({ firmware, version }), mac, serial });
    },
    signal,
  });
  return { seen, occupied, searched: (host) => hosts.has(host) };
}

const firmwareOf = ({ firmware, version }: Pick<Finding, "firmware" | "version">): string => (version === null ? firmware : `${firmware} ${version}`);

const usualPorts = new Set(QUESTIONS.map(({ usualPort }) => usualPort));
const ONE = { requestMs: 3_000, hostMs: 15_000 } as const;

/** What the miner at an address says of itself. Where that is a usual one, it may say so at another of its ports. */
export async function whoIs({ host, port }: Address, signal: AbortSignal): Promise<(Pick<Finding, "driver" | "mac" | "serial" | "boardSerials"> & { readonly firmware: string }) | null> {
  const { finding } = await identify({ host, port: usualPorts.has(port) ? null : port }, ONE, signal);
  return finding === null ? null : { ...finding, firmware: firmwareOf(finding) };
}
