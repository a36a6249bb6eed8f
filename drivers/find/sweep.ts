/**
 * Looks at many hosts: so many at once, so many begun a second, each with a deadline of its own, so that one that hangs costs its
 * place and nothing else. What is found is handed on host by host: who stops half-way keeps what there is.
 */
import { setTimeout as pause } from "node:timers/promises";
import { arpTable } from "./arp.ts";
import { identify, type Deadlines, type Finding } from "./identify.ts";

export interface SweepOptions extends Deadlines {
  /** Asked everywhere instead of the usual ports; null: those. */
  readonly port: number | null;
  readonly concurrency: number;
  readonly hostsPerSecond: number;
}

/** 128 places of three sockets each: an empty address costs a place 2 s, an empty /22 16 s. 400 hosts a second are some thousand small packets. */
export const DEFAULT_SWEEP: SweepOptions = { port: null, concurrency: 128, hostsPerSecond: 400, requestMs: 2_000, hostMs: 6_000 };

const LONGEST_PAUSE_MS = 200;

export type Seen =
  | { readonly host: string; readonly kind: "miner"; readonly finding: Finding }
  /** Somebody is there, and nobody knows who. */
  | { readonly host: string; readonly kind: "unidentified"; readonly reason: string }
  | { readonly host: string; readonly kind: "nobody" };

/** Calls `seen` for each host once, in the order in which they are done with. Rejects with the signal's reason when it aborts. */
export async function sweep(hosts: readonly string[], options: SweepOptions, { seen, signal }: { readonly seen: (host: Seen) => void; readonly signal: AbortSignal }): Promise<void> {
  const waiting = hosts.values();
  const began = performance.now();
  let started = 0;
  const worker = async (): Promise<void> => {
    for (const host of waiting) {
      const due = began + (started++ * 1_000) / options.hostsPerSecond;
      // In short pauses: a listener on the signal for each place would be many.
      while (performance.now() < due && !signal.aborted) await pause(Math.min(LONGEST_PAUSE_MS, due - performance.now()));
      signal.throwIfAborted();
      seen(await look(host, options, signal));
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.concurrency, hosts.length) }, worker));
}

async function look(host: string, { port, ...deadlines }: SweepOptions, signal: AbortSignal): Promise<Seen> {
  const { finding, heard, reason } = await identify({ host, port }, deadlines, signal);
  if (finding === null) return heard ? { host, kind: "unidentified", reason } : { host, kind: "nobody" };
  return { host, kind: "miner", finding: { ...finding, mac: finding.mac ?? (await arpTable()).get(host) ?? null } };
}
