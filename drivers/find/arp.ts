/** The MAC addresses this machine has learnt of its neighbours: of hosts in its own network that do not tell theirs. */
import { readFile } from "node:fs/promises";
import { macOf } from "./about.ts";

const FRESH_MS = 1_000;

let table: { readonly at: number; readonly read: Promise<ReadonlyMap<string, string>> } | null = null;

/** By IPv4 address; empty where the system does not say. Read again once a second at most. */
export function arpTable(): Promise<ReadonlyMap<string, string>> {
  const now = performance.now();
  if (table === null || now - table.at > FRESH_MS) table = { at: now, read: readTable() };
  return table.read;
}

async function readTable(): Promise<ReadonlyMap<string, string>> {
  const text = await readFile("/proc/net/arp", "utf8").catch(() => "");
  return neighboursOf(text);
}

/** `IP address  HW type  Flags  HW address  Mask  Device`, a line each. */
export function neighboursOf(text: string): ReadonlyMap<string, string> {
  const neighbours = new Map<string, string>();
  for (const line of text.split("\n").slice(1, 10_001)) {
    const [host, , , address] = line.trim().split(/\s+/);
    const mac = macOf(address ?? null);
    if (host !== undefined && mac !== null) neighbours.set(host, mac);
  }
  return neighbours;
}
