/** What an outbox knows of itself without reading all it holds. */
import type { Drawer } from "../runtime/drawer.ts";

export interface Index {
  /** Record ids begin with it. */
  readonly tag: string;
  /** The number of the next record. */
  readonly next: number;
  readonly evidence: number;
  readonly summaries: number;
  readonly summaryBytes: number;
}

const KEY = "index";

/** A new one is drawn where there is none. */
export async function readIndex(drawer: Drawer, draw: () => string): Promise<Index> {
  const [found] = await drawer.read(KEY, "", 1);
  if (found !== undefined) return JSON.parse(found[1]) as Index;
  const fresh: Index = { tag: draw(), next: 1, evidence: 0, summaries: 0, summaryBytes: 0 };
  await drawer.write(new Map([[KEY, JSON.stringify(fresh)]]), { durable: true });
  return fresh;
}
