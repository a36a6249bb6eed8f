/**
 * Which part of an ancestor's or an area's watts is this rack's. The operator grants it: a site in its own allocation
 * (`shares`), an area in the rack's (`areas`). The configuration narrows a grant, and makes one only where signatures are optional.
 */
import type { AllocationDocument } from "./documents.ts";
import type { Place } from "./topics.ts";

export interface Grant {
  readonly share: number;
  readonly from: "operator" | "config";
}

export interface Granting {
  /** By node: `site/s1`, `area/north`. */
  readonly configured: Readonly<Record<string, number>>;
  readonly mayGrant: boolean;
  /** Allocations that stand, by the node they are for. */
  allocations(node: string): readonly AllocationDocument[];
  /** This rack's own node, and its name below its site. */
  readonly node: string;
  readonly child: string;
}

/** null: none, and its documents say nothing about this rack. Of several allocations that stand the smallest grant holds. */
export function grantFor({ own, kind, node }: Pick<Place, "own" | "kind" | "node">, by: Granting): Grant | null {
  if (own || kind === "emergency" || kind === "keys") return { share: 1, from: "operator" };
  const configured = by.configured[node];
  const stated = node.startsWith("area/")
    ? by.allocations(by.node).flatMap(({ areas }) => areas.get(node.slice("area/".length)) ?? [])
    : by.allocations(node).flatMap(({ shares }) => shares.get(by.child) ?? []);
  if (stated.length > 0) return { share: Math.min(...stated, configured ?? 1), from: "operator" };
  return configured !== undefined && by.mayGrant ? { share: configured, from: "config" } : null;
}
