/** i: machines are not changed for nothing. */
import type { Order } from "./clause-fg.ts";
import type { Moment } from "./moment.ts";
import type { Verdicts } from "./sight.ts";

/** One change in this time is all that a rack needs where nothing happens. */
const BETWEEN_MS = 300_000;
/** After the limit, a fault or a start has had its consequences, trimming among them. */
const STEADY_AFTER_MS = 120_000;

export class Wear {
  readonly #orders: { readonly order: Order; readonly atMs: number }[] = [];
  /** By machine: what it was last told, and when it was last changed in a steady rack. */
  readonly #told = new Map<string, string>();
  readonly #changedMs = new Map<string, number>();

  ordered(order: Order, atMs: number): void {
    this.#orders.push({ order, atMs });
  }

  booted(): void {
    this.#told.clear();
  }

  look(moment: Moment, stirredMs: number, verdicts: Verdicts): void {
    if (moment.sight.alive && moment.sight.nowMs - stirredMs >= STEADY_AFTER_MS) verdicts.judged("i");
    for (const { order, atMs } of this.#orders.splice(0)) {
      const { device, setpoint, cause } = order;
      if (setpoint.kind === "outlet") continue;
      const told = JSON.stringify(setpoint);
      const before = this.#told.get(device);
      this.#told.set(device, told);
      // What the limit needs is no wear; nor is an order that is said again.
      if (before === undefined || before === told || cause === "deviation" || moment.sight.powerW > moment.limitW) continue;
      if (atMs - stirredMs < STEADY_AFTER_MS) {
        this.#changedMs.delete(device);
        continue;
      }
      const last = this.#changedMs.get(device);
      this.#changedMs.set(device, atMs);
      if (last !== undefined && last > stirredMs && atMs - last < BETWEEN_MS) verdicts.broken("i", `${device} changed again after ${((atMs - last) / 1000).toFixed(0)} s, to ${setpoint.point ?? setpoint.kind}, though nothing had happened for ${((atMs - stirredMs) / 1000).toFixed(0)} s`);
    }
  }
}
