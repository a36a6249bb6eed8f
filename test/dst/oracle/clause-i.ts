/** i: machines are not changed for nothing. */
import type { Order } from "./clause-fg.ts";
import type { Moment } from "./moment.ts";
import type { Verdicts } from "./sight.ts";

/** One change in this time is all that a rack needs where nothing happens. */
const BETWEEN_MS = 300_000;
/** A machine wakes through all that it fell asleep with: the others that went down for it so shortly before come up again, which is one change. */
const ROOM_MS = 120_000;
const ASLEEP = JSON.stringify({ kind: "sleep" });

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

  /** Of a living agent. `steadyFromMs`: from then on the limit, a fault or a start has had its consequences, trimming among them. */
  look(moment: Moment, steadyFromMs: number, verdicts: Verdicts): void {
    if (moment.sight.nowMs >= steadyFromMs) verdicts.judged("i");
    for (const { order, atMs } of this.#orders.splice(0)) {
      const { device, setpoint, cause } = order;
      if (setpoint.kind === "outlet") continue;
      const told = JSON.stringify(setpoint);
      const before = this.#told.get(device);
      this.#told.set(device, told);
      if (before === ASLEEP && told !== ASLEEP) for (const [id, changedMs] of this.#changedMs) if (atMs - changedMs < ROOM_MS) this.#changedMs.delete(id);
      // What the limit needs is no wear; nor is an order that is said again.
      if (before === undefined || before === told || cause === "deviation" || moment.sight.powerW > moment.limitW) continue;
      if (atMs < steadyFromMs) {
        this.#changedMs.delete(device);
        continue;
      }
      const last = this.#changedMs.get(device);
      this.#changedMs.set(device, atMs);
      if (last !== undefined && atMs - last < BETWEEN_MS) verdicts.broken("i", `${device} changed again after ${((atMs - last) / 1000).toFixed(0)} s, to ${setpoint.point ?? setpoint.kind}, though the rack had been steady for ${((atMs - steadyFromMs) / 1000).toFixed(0)} s`);
    }
  }
}
