import { formatOutlet } from "../config/address.ts";
import type { Millis } from "../core/units.ts";
import type { Plant } from "../plant/plant.ts";

/** Reads of a minute are more than any look takes. */
const KEPT = 60;

/** What every metered outlet has shown of late. */
export class OutletSamples {
  readonly #shown = new Map<string, { readonly at: Millis; readonly power: number }[]>();

  constructor(plant: Plant) {
    for (const loop of plant.meters) {
      loop.watch((reading, { uptime }) => {
        for (const { index, power } of reading?.outlets ?? []) {
          if (power === null) continue;
          const name = formatOutlet({ meter: loop.meter.id, outlet: index });
          this.#shown.set(name, [...(this.#shown.get(name) ?? []).slice(1 - KEPT), { at: uptime, power }]);
        }
      });
    }
  }

  /** The mean of each outlet since then; outlets that showed nothing are not in it. */
  since(uptime: Millis): ReadonlyMap<string, number> {
    return new Map([...this.#shown].flatMap(([name, samples]) => {
      const late = samples.filter(({ at }) => at >= uptime);
      return late.length === 0 ? [] : [[name, late.reduce((sum, { power }) => sum + power, 0) / late.length] as const];
    }));
  }
}
