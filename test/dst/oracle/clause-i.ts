/** i: machines are not changed for nothing. */
import type { Order } from "./clause-fg.ts";
import type { Moment } from "./moment.ts";
import type { Verdicts } from "./sight.ts";

/** One change in this time is all that a rack needs where nothing happens. */
const BETWEEN_MS = 300_000;
/** A machine wakes through all that it fell asleep with: the others that went down for it so shortly before come up again, which is one change. Who went up did not do it for another. */
const ROOM_MS = 120_000;
const ASLEEP = JSON.stringify({ kind: "sleep" });

export class Wear {
  readonly #orders: { readonly order: Order; readonly atMs: number }[] = [];
  /** By machine: what it was last told, and when it was last changed in a steady rack. */
  readonly #told = new Map<string, { readonly setting: string; readonly watts: number | null }>();
  readonly #changed = new Map<string, { readonly atMs: number; readonly way: "down" | "up" | "wake" }>();

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
      const { device, setpoint, cause, watts } = order;
      if (setpoint.kind === "outlet") continue;
      const setting = JSON.stringify(setpoint);
      const before = this.#told.get(device);
      this.#told.set(device, { setting, watts });
      if (before?.setting === ASLEEP && setting !== ASLEEP) this.#madeRoom(atMs);
      // What the limit needs is no wear; nor is an order that is said again.
      if (before === undefined || before.setting === setting || cause === "deviation" || moment.sight.powerW > moment.limitW) continue;
      if (atMs < steadyFromMs) {
        this.#changed.delete(device);
        continue;
      }
      const last = this.#changed.get(device);
      const way = before.setting === ASLEEP ? "wake" : watts !== null && before.watts !== null && watts < before.watts ? "down" : "up";
      this.#changed.set(device, { atMs, way });
      // It wakes at its lowest point where its way up leads through more than that, and goes on from there.
      if (last?.way === "wake" && way === "up" && atMs - last.atMs < ROOM_MS) continue;
      if (last !== undefined && atMs - last.atMs < BETWEEN_MS) verdicts.broken("i", `${device} changed again after ${((atMs - last.atMs) / 1000).toFixed(0)} s, to ${setpoint.point ?? setpoint.kind}, though the rack had been steady for ${((atMs - steadyFromMs) / 1000).toFixed(0)} s`);
    }
  }

  /** Who went down so shortly before one wakes did so for it. */
  #madeRoom(atMs: number): void {
    for (const [id, { atMs: changedMs, way }] of this.#changed) if (way === "down" && atMs - changedMs < ROOM_MS) this.#changed.delete(id);
  }
}
