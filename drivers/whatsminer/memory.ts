/** What the driver knows between two orders. Readings confirm; acknowledgements only raise expectations. */
import type { OperatingPoint, Telemetry } from "../../agent/core/model.ts";
import type { Millis } from "../../agent/core/units.ts";
import type { Poll } from "./api.ts";

/** A percent is approximate, and units differ: what is this far off its point does not follow its order. */
const BELIEVED = 0.25;
/** A mining process that was just started knows of no percent. */
const FRESH = 100;

export interface Ordered {
  readonly asleep?: boolean | null;
  readonly percent?: number | null;
}

export class Memory {
  /** null: unknown. */
  asleep: boolean | null = null;
  fastBoot = false;
  #percent: number | null = null;
  #uptime: Millis | null = null;
  #orders = 0;

  /** Where the story stands. A reading begun here is news only if nothing was ordered until it ended. */
  get mark(): number {
    return this.#orders;
  }

  /** Before an order is sent, with null for what it may change; and with the value once it is acknowledged. */
  ordered(change: Ordered): void {
    this.#orders++;
    if (change.asleep !== undefined) this.asleep = change.asleep;
    if (change.percent !== undefined) this.#percent = change.percent;
  }

  read(mark: number, { telemetry, percent, fastBoot }: Poll): void {
    if (fastBoot !== null) this.fastBoot = fastBoot;
    const { uptime, state } = telemetry;
    const restarted = uptime !== null && this.#uptime !== null && uptime < this.#uptime;
    this.#uptime = uptime ?? this.#uptime;
    if (mark !== this.#orders) return;
    this.asleep = state === null ? null : state === "asleep";
    if (restarted || state === "starting") this.#percent = FRESH;
    if (percent !== null) this.#percent = percent;
  }

  /** The point it is set to, on its way there too: the percent last known, borne out by its power once it is there. Asleep it is at none. */
  pointOf({ state, power }: Omit<Telemetry, "point">, points: readonly OperatingPoint[]): string | null {
    if (state === null || state === "asleep" || state === "fault") return null;
    const percent = state === "starting" ? FRESH : this.#percent;
    const point = points.find(({ id }) => id === `${percent}%`);
    if (point === undefined) return null;
    const belied = state === "hashing" && power !== null && Math.abs(power - point.power) > BELIEVED * point.power;
    return belied ? null : point.id;
  }
}
