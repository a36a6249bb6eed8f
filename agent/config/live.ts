/** What changes from one configuration to another, and what of it a running daemon can take. */
import { isDeepStrictEqual } from "node:util";
import { shown } from "./redact.ts";
import type { Config } from "./schema.ts";

/** Paths, and what lies below them, that are taken without a restart. Everything else is wired at the start. */
const LIVE = {
  node: ["breakerW", "supply"],
  grid: ["failsafeLimitW"],
  policy: ["onStop", "maxChangesPerCycle", "rampPctPerMin", "restartRandomS", "changesApartS", "rotateAfterH", "revenue"],
} as const satisfies { readonly [Room in keyof Config]?: readonly (keyof Config[Room])[] };

const livePaths = Object.entries(LIVE).flatMap(([room, keys]) => keys.map((key) => `${room}.${key}`));

export interface Difference {
  /** `grid.failsafeLimitW`, `miners[asic-03].address` */
  readonly path: string;
  readonly before: string;
  readonly after: string;
  readonly live: boolean;
}

/** In the order of the file; no secrets in it. */
export function differences(before: Config, after: Config): Difference[] {
  return [...unlike("", before, after)].map(({ path, key, from, to }) => ({
    path, before: shown(key, from), after: shown(key, to), live: livePaths.some((live) => path === live || path.startsWith(`${live}.`)),
  }));
}

/** What runs after `next` was read: everything as it was wired, with what can be taken from `next`. */
export const taken = (wired: Config, { node, grid, policy }: Config): Config => ({
  ...wired,
  node: { ...wired.node, ...only(node, LIVE.node) },
  grid: { ...wired.grid, ...only(grid, LIVE.grid) },
  policy: { ...wired.policy, ...only(policy, LIVE.policy) },
});

const only = <T extends object, K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> => Object.fromEntries(keys.map((key) => [key, from[key]])) as Pick<T, K>;

interface Unlike {
  readonly path: string;
  readonly key: string;
  readonly from: unknown;
  readonly to: unknown;
}

type Mapping = Readonly<Record<string, unknown>>;

function* unlike(path: string, from: unknown, to: unknown, key = ""): Generator<Unlike> {
  const [left, right] = [branches(from), branches(to)];
  if (left === null || right === null) {
    if (!isDeepStrictEqual(from, to)) yield { path, key, from, to };
    return;
  }
  for (const step of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const below = step.startsWith("[") || path === "" ? `${path}${step}` : `${path}.${step}`;
    yield* unlike(below, left[step], right[step], step);
  }
}

/** Mappings by key, lists of named things by name; null: a value to be compared as a whole. */
function branches(value: unknown): Mapping | null {
  if (typeof value !== "object" || value === null) return null;
  if (!Array.isArray(value)) return value as Mapping;
  const named = value.filter((item): item is { readonly id: string } => typeof item === "object" && item !== null && "id" in item);
  return named.length === value.length ? Object.fromEntries(named.map((item) => [`[${item.id}]`, item])) : null;
}
