/** f, g: single orders. */
import type { Moment } from "./moment.ts";
import type { Entry, Verdicts } from "./sight.ts";

export interface Order {
  readonly device: string;
  readonly setpoint: { readonly kind: string; readonly point?: string; readonly count?: number };
  readonly cause: string;
  /** What the machine draws at it; null: it knows no such setting. */
  readonly watts: number | null;
}

/**
 * A machine put to sleep sleeps so long, unless the limit or a fault has changed within the minute. Once it may wake sooner:
 * what was done in a hurry to keep the limit is trimmed afterwards. Twice is back and forth.
 */
const DWELL_MS = 20_000;
const AGAIN_MS = 300_000;
const CALM_MS = 60_000;

/** f: settings exist, and machines are not woken and put to sleep for nothing. Trimming between settings is free. */
export class Envelope {
  readonly #orders: { readonly order: Order; readonly atMs: number }[] = [];
  /** How many boards each was told to run; all of them is infinite. */
  readonly #last = new Map<string, { readonly atMs: number; readonly boards: number }>();

  ordered(order: Order, atMs: number): void {
    this.#orders.push({ order, atMs });
  }

  /** When each was last woken too soon. */
  readonly #woken = new Map<string, number>();
  readonly #opened = new Map<number, number>();

  booted(): void {
    this.#last.clear();
  }

  look(moment: Moment, verdicts: Verdicts): void {
    for (const { order, atMs } of this.#orders.splice(0)) this.#judge(order, { atMs, moment, verdicts });
  }

  #judge({ device, setpoint, cause, watts }: Order, { atMs, moment, verdicts }: { readonly atMs: number; readonly moment: Moment; readonly verdicts: Verdicts }): void {
    verdicts.judged("f");
    if (watts === null) return verdicts.broken("f", `${device} has no setting ${JSON.stringify(setpoint)}`);
    // Nobody puts to sleep what has no power, boots or hears nothing.
    if (moment.sight.machines().find(({ id }) => id === device)?.saysW == null) return;
    const boards = setpoint.kind === "sleep" ? 0 : setpoint.kind === "boards" ? (setpoint.count ?? 0) : Infinity;
    const last = this.#last.get(device);
    if (last?.boards === boards) return;
    this.#last.set(device, { atMs, boards });
    // Down is how the limit is kept; up again is comfort, and has time.
    if (last === undefined || boards < last.boards || cause === "deviation") return;
    const calm = moment.quiet && moment.whole && atMs - moment.limitSinceMs > CALM_MS && atMs - moment.bootedMs > CALM_MS;
    if (!calm) return;
    verdicts.judged("f");
    if (atMs - last.atMs >= DWELL_MS) return;
    const before = this.#woken.get(device) ?? -Infinity;
    this.#woken.set(device, atMs);
    if (atMs - before < AGAIN_MS) verdicts.broken("f", `${device} woken ${((atMs - last.atMs) / 1000).toFixed(1)} s after it, or a board of it, was put to sleep, for the second time in five minutes, because of ${cause}`);
  }

  /** By true time: what the agent believes of it, and a restart of the agent, are no excuse. */
  switched(outlet: number, on: boolean, { nowMs, leastMs, verdicts }: { readonly nowMs: number; readonly leastMs: number; readonly verdicts: Verdicts }): void {
    const openedMs = this.#opened.get(outlet);
    if (!on) this.#opened.set(outlet, nowMs);
    if (!on || openedMs === undefined) return;
    verdicts.judged("f");
    if (nowMs - openedMs < leastMs) verdicts.broken("f", `outlet ${outlet} closed after ${((nowMs - openedMs) / 1000).toFixed(1)} s, at least ${leastMs / 1000} s open`);
  }
}

const REPEATS: ReadonlySet<string> = new Set(["reconcile", "deviation", "restore"]);

/** g: what an order gives as its cause stands in the journal, written by the same decision at the latest. */
export class Causes {
  /** Ids of documents, sources of limits, states. */
  readonly #named = new Set<string>();
  readonly #orderedOnce = new Set<string>();
  readonly #orders: { readonly device: string; readonly cause: string | null }[] = [];

  entry(entry: Entry): void {
    switch (entry.name) {
      case "signal.accepted":
      case "signal.cancelled":
        return void this.#named.add(String(entry["id"]));
      case "limit.changed":
        this.#named.add(typeof entry["source"] === "string" ? entry["source"] : "lifted");
        return void (typeof entry["doc"] === "string" && this.#named.add(entry["doc"]));
      case "device.hot":
      case "air.warmed":
        return void this.#named.add("heat");
      case "mode.changed":
        return void this.#named.add(String(entry["to"]));
      case "device.quarantined":
      case "device.found":
        return void this.#orderedOnce.add(String(entry["device"]));
      default:
    }
  }

  ordered({ device, cause }: Order): void {
    // An order repeated, corrected or taken back is caused by the one before it.
    const repeats = REPEATS.has(cause) && this.#orderedOnce.has(device);
    this.#orderedOnce.add(device);
    this.#orders.push({ device, cause: repeats ? null : cause });
  }

  look(verdicts: Verdicts): void {
    for (const { device, cause } of this.#orders.splice(0)) {
      verdicts.judged("g");
      // "shortfall alloc-7": why, and because of what.
      if (cause !== null && !this.#named.has(cause.split(" ").at(-1) ?? "")) verdicts.broken("g", `${device} ordered because of "${cause}", of which the journal knows nothing`);
    }
  }
}
