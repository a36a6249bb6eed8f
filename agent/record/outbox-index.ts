/** How an outbox lies in its drawer, and what it knows of itself without reading all it holds. */
import type { Drawer } from "../runtime/drawer.ts";

export type Kind = "evidence" | "summary";

export interface Stored {
  readonly topic: string;
  /** When it was taken, wall time. */
  readonly at: string;
  readonly document: object;
  /** An id of its own, where its number may be given again: what goes out without ever having been on disk. */
  readonly id?: string;
}

export interface Index {
  /** Record ids begin with it. */
  readonly tag: string;
  /** The number of the next record. */
  readonly next: number;
  readonly evidence: number;
  readonly summaries: number;
  readonly summaryBytes: number;
}

export const PREFIX = { evidence: "e/", summary: "s/" } as const satisfies Record<Kind, string>;
export const ASIDE = "aside/";
export const INDEX = "index";
const MOST_ASIDE = 1_000;

export const keyOf = (kind: Kind, number: number): string => `${PREFIX[kind]}${String(number).padStart(15, "0")}`;
export const recordId = (tag: string, key: string): string => `${tag}-${key.replace("/", "")}`;
export const isSummary = (key: string): boolean => key.startsWith(PREFIX.summary);

/** A new one is drawn where there is none. */
export async function readIndex(drawer: Drawer, draw: () => string): Promise<Index> {
  const [found] = await drawer.read(INDEX, "", 1);
  if (found !== undefined) return JSON.parse(found[1]) as Index;
  const fresh: Index = { tag: draw(), next: 1, evidence: 0, summaries: 0, summaryBytes: 0 };
  await drawer.write(new Map([[INDEX, JSON.stringify(fresh)]]), { durable: true });
  return fresh;
}

/** What was set aside stands in the row again: somebody may have mended the broker. */
export async function offerAgain(drawer: Drawer): Promise<void> {
  const aside = await drawer.read(ASIDE, "", MOST_ASIDE);
  if (aside.length > 0) await drawer.write(new Map(aside.flatMap(([key, value]): [string, string | null][] => [[key, null], [key.slice(ASIDE.length), value]])), { durable: true });
}
