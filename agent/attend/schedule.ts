/** The rack's planned windows, as limits of its own; says when one begins and ends. */
import type { Config } from "../config/schema.ts";
import type { Statement } from "../core/limit.ts";
import type { Now } from "../core/time.ts";
import { watts, type Instant } from "../core/units.ts";
import type { Change } from "../report/changes.ts";
import { occurrences, running, stated, upcoming, type Planned, type Running, type Window } from "../schedule/window.ts";
import { offsetsOf } from "../schedule/zone.ts";
import type { Attendant } from "./attendant.ts";

export class Schedule implements Attendant {
  readonly name = "schedule";
  readonly #windows: readonly Window[];
  #running: readonly Running[] = [];
  /** Names of the windows last said to run. */
  #said = "";

  constructor({ schedule, node }: Pick<Config, "schedule" | "node">) {
    this.#windows = schedule.map(({ name, days, from, to, zone, limitW, limitPct }) => ({
      name, from, to, zone, days: new Set(days), offsetAt: offsetsOf(zone), limit: watts(limitW ?? Math.floor((node.nominalW * (limitPct ?? 100)) / 100)),
    }));
  }

  limits(now: Now): readonly Statement[] {
    this.#running = running(this.#windows, now);
    return stated(this.#running);
  }

  foresees(now: Now): readonly Statement[] {
    return stated(running(this.#windows, now));
  }

  moments(from: Instant, until: Instant): readonly Instant[] {
    return this.#windows.flatMap((window) => occurrences(window, from, until).flatMap(({ start, end }) => [start, end]));
  }

  decided(): readonly Change[] {
    const names = this.#running.map(({ window }) => window.name).join(" ");
    if (names === this.#said) return [];
    this.#said = names;
    if (names === "") return [{ name: "schedule.ended", fields: {} }];
    return [{ name: "schedule.begun", fields: { windows: names, limitW: Math.min(...this.#running.map(({ window }) => window.limit)) } }];
  }

  /** The next windows, those running now among them. */
  upcoming(at: Instant, most: number): Planned[] {
    return upcoming(this.#windows, at, most);
  }
}
