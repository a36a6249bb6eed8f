/** Whom a machine hashes for, against whom it may. Nothing here changes a pool: what is found is said. */
import type { PoolTelemetry, Telemetry } from "./model.ts";

/** A pool that may be mined at, and who is paid there. */
export interface PoolRule {
  /** "pool.example", with ":3333" where only that port is meant; "*.pool.example" for every host of a domain. */
  readonly host: string;
  /** Payout accounts. A worker belongs to one if its name is the account's, or begins with it and a dot; "*": whoever. */
  readonly accounts: readonly string[];
}

/** `unknown`: it hashes, and does not say for whom. null: it hashes for nobody, or nobody asked to have it watched. */
export type PoolVerdict = { readonly kind: "allowed" | "unknown" } | { readonly kind: "foreign"; readonly pool: PoolTelemetry } | null;

/** A pool that does not say whether it is the active one may be. */
export function judgePools({ pools, state }: Pick<Telemetry, "pools" | "state">, rules: readonly PoolRule[]): PoolVerdict {
  if (state === "asleep") return null;
  const mined = pools.filter(({ active }) => active !== false);
  if (mined.length === 0) return state === "hashing" || state === "ramping" ? { kind: "unknown" } : null;
  const foreign = mined.find((pool) => !rules.some((rule) => mayMine(pool, rule)));
  if (foreign !== undefined) return { kind: "foreign", pool: foreign };
  return mined.some(({ worker }) => worker === null) ? { kind: "unknown" } : { kind: "allowed" };
}

/** A worker that was not said does not speak against its pool. */
function mayMine({ url, worker }: PoolTelemetry, { host, accounts }: PoolRule): boolean {
  return isHost(authorityOf(url), host.toLowerCase()) && (worker === null || accounts.some((account) => account === "*" || worker === account || worker.startsWith(`${account}.`)));
}

/** "stratum+tcp://pool.example:3333/x" without what is before and behind its host and port. */
const authorityOf = (url: string): string => url.replace(/^[a-z0-9+.-]*:\/\//i, "").replace(/[/?#].*$/s, "").replace(/^.*@/s, "").toLowerCase();

function isHost(authority: string, rule: string): boolean {
  const named = /:\d+$/.test(rule) ? authority : authority.replace(/:\d+$/, "");
  return rule.startsWith("*.") ? named.endsWith(rule.slice(1)) : named === rule;
}
