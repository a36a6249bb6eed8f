/** Says when a machine hashes for somebody it may not hash for, and when it does so no more. Changes nothing. */
import type { Config } from "../config/schema.ts";
import type { Decision } from "../core/decide.ts";
import { judgePools, type PoolRule, type PoolVerdict } from "../core/pools.ts";
import type { Change } from "../report/changes.ts";
import type { DeviceNotes } from "../report/devices.ts";
import type { Attendant } from "./attendant.ts";

export class PoolGuard implements Attendant {
  readonly name = "pools";
  /** By miner; those that nobody asked to have watched are not in it. */
  readonly #rules: ReadonlyMap<string, readonly PoolRule[]>;
  readonly #verdicts = new Map<string, PoolVerdict>();

  constructor({ pools, miners }: Pick<Config, "pools" | "miners">) {
    this.#rules = new Map(miners.flatMap(({ id, pools: own }) => {
      const rules = own ?? pools;
      return rules === null ? [] : [[id, rules] as const];
    }));
  }

  /** A machine that does not answer keeps its last verdict: silence acquits nobody. */
  decided({ views }: Decision): readonly Change[] {
    if (this.#rules.size === 0) return [];
    return views.flatMap(({ device: { id, reading } }): readonly Change[] => {
      const rules = this.#rules.get(id);
      if (rules === undefined || reading.kind !== "known") return [];
      const [before, after] = [this.#verdicts.get(id) ?? null, judgePools(reading.telemetry, rules)];
      this.#verdicts.set(id, after);
      return changeOf(id, before, after);
    });
  }

  about(device: string): Partial<DeviceNotes> {
    return { poolGuard: this.#verdicts.get(device)?.kind ?? null };
  }
}

function changeOf(device: string, before: PoolVerdict, after: PoolVerdict): readonly Change[] {
  if (after?.kind === "foreign") {
    const { url, worker } = after.pool;
    if (before?.kind === "foreign" && before.pool.url === url && before.pool.worker === worker) return [];
    return [{ name: "pool.strayed", fields: { device, url, worker } }];
  }
  return before?.kind === "foreign" ? [{ name: "pool.returned", fields: { device, to: after?.kind ?? "none" } }] : [];
}
