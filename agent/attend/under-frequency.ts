/** Help for a grid in need, by the rack's own meter: below a frequency a step is shed at once, and given back when it has been well for a while. */
import type { Config } from "../config/schema.ts";
import type { Decision } from "../core/decide.ts";
import type { Statement } from "../core/limit.ts";
import type { Now, Tick } from "../core/time.ts";
import { middleOf, seconds, watts, type Millis, type Watts } from "../core/units.ts";
import type { Change } from "../report/changes.ts";
import type { Attendant, Desk } from "./attendant.ts";

export class UnderFrequency implements Attendant {
  readonly name = "under-frequency";
  readonly #help: Config["policy"]["underFrequency"];
  readonly #step: number;
  readonly #meters: ReadonlySet<string>;
  #desk: Desk | null = null;
  /** What the rack drew when all was well. */
  #drew: number;
  /** While it lasts: the limit, and since when the mains have been well again. */
  #shed: { readonly limit: Watts; readonly wellSince: Millis | null } | null = null;

  constructor({ policy, node, meters }: Pick<Config, "policy" | "node" | "meters">) {
    this.#help = policy.underFrequency;
    this.#step = (node.nominalW * (this.#help?.shedPct ?? 0)) / 100;
    this.#meters = new Set(meters.filter(({ role }) => role === "rack").map(({ id }) => id));
    this.#drew = node.nominalW;
  }

  attach(_kept: unknown, desk: Desk): void {
    if (this.#help === null) return;
    this.#desk = desk;
    for (const loop of desk.plant.meters) {
      if (this.#meters.has(loop.meter.id)) loop.watch((reading, tick) => this.#read(reading?.frequencyHz ?? null, tick));
    }
  }

  limits(_now: Now, { uptime }: Tick): readonly Statement[] {
    if (this.#shed === null || this.#help === null) return [];
    const { limit, wellSince } = this.#shed;
    if (wellSince !== null && uptime - wellSince >= seconds(this.#help.restoreAfterS)) {
      this.#shed = null;
      this.#desk?.event("frequency.restored", {});
      return [];
    }
    return [{ source: "contract", power: limit, ref: null, until: null }];
  }

  decided({ draw }: Decision): readonly Change[] {
    if (this.#shed === null) this.#drew = middleOf(draw);
    return [];
  }

  /** A frequency that nobody reads ends nothing. */
  #read(hertz: number | null, { uptime }: Tick): void {
    if (this.#help === null) return;
    const { belowHz, restoreHz } = this.#help;
    if (hertz !== null && hertz < belowHz && this.#shed === null) {
      const limit = watts(Math.max(0, this.#drew - this.#step));
      this.#shed = { limit, wellSince: null };
      this.#desk?.event("frequency.low", { hertz, belowHz, limitW: Math.round(limit) });
      this.#desk?.soon();
    } else if (this.#shed !== null) {
      const well = hertz !== null && hertz >= restoreHz;
      this.#shed = { ...this.#shed, wellSince: well ? (this.#shed.wellSince ?? uptime) : null };
    }
  }
}
