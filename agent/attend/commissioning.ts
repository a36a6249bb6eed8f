/**
 * Finds which outlet feeds which machine: dips one machine at a time and sees which outlet moves. A machine is lent from
 * core for its dip and given back after it, whatever happens: core then brings it back to what it should be, also after a
 * crash of the daemon, which has kept nothing of the dip. Nothing is written here.
 */
import type { Decision } from "../core/decide.ts";
import { pairingOf, type Dip, type Pairing } from "../core/pairing.ts";
import type { Statement } from "../core/limit.ts";
import { seconds, watts, type Instant } from "../core/units.ts";
import type { DeviceLoop } from "../plant/device-loop.ts";
import type { Plant } from "../plant/plant.ts";
import type { Change } from "../report/changes.ts";
import { Bell } from "../runtime/bell.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Attendant, Desk } from "./attendant.ts";
import { Dipper, type Step } from "./dipper.ts";
import { messageOf } from "../runtime/errors.ts";

export interface Wish {
  /** Watts that may be missing at once. */
  readonly most: number;
  /** Empty: all. */
  readonly devices: readonly string[];
  readonly who: string;
}

export interface Survey {
  readonly who: string;
  readonly at: Instant;
  readonly state: "running" | "done" | "stopped";
  /** Why it was stopped; null: it was not. */
  readonly why: string | null;
  readonly total: number;
  readonly doneSoFar: number;
  /** The machine at hand, and what is being done with it. */
  readonly now: { readonly device: string; readonly step: Step } | null;
  readonly result: Pairing;
}

const NEVER = seconds(86_400);

export class Commissioning implements Attendant {
  readonly name = "map";
  readonly #clock: Clock;
  readonly #bell = new Bell();
  #plant: Plant | null = null;
  #dipper: Dipper | null = null;
  #desk: Desk | null = null;
  #decision: Decision | null = null;
  #wish: Wish | null = null;
  #stop: AbortController | null = null;
  #survey: Survey | null = null;
  /** What the rack draws at the beginning, for its length: machines that rise meanwhile would hide which outlet fell. */
  #hold: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get survey(): Survey | null {
    return this.#survey;
  }

  get running(): boolean {
    return this.#wish !== null;
  }

  attach(_kept: unknown, desk: Desk): void {
    this.#desk = desk;
    this.#plant = desk.plant;
    const step = (device: string, now: Step): void => this.#tell({ now: { device, step: now } });
    this.#dipper = new Dipper({ clock: this.#clock, plant: desk.plant, decision: () => this.#decision, step, soon: desk.soon, hold: (power) => { this.#hold = power; } });
  }

  limits(): readonly Statement[] {
    return this.#hold === null ? [] : [{ source: "technician", power: watts(this.#hold), ref: null, until: null }];
  }

  decided(decision: Decision): readonly Change[] {
    this.#decision = decision;
    if (decision.state === "emergency") this.stop("there is an emergency");
    return [];
  }

  /** Begins, unless one is under way. */
  start(wish: Wish): boolean {
    if (this.#wish !== null) return false;
    this.#wish = wish;
    this.#survey = this.#begun(wish);
    this.#bell.ring();
    return true;
  }

  stop(why: string): void {
    this.#stop?.abort(new Error(why));
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#bell.wait(this.#clock, NEVER, signal).catch(() => undefined);
      if (this.#wish === null || signal.aborted) continue;
      this.#stop = new AbortController();
      await this.#all(this.#wish, AbortSignal.any([signal, this.#stop.signal])).then(
        () => this.#end("done", null),
        (error: unknown) => this.#end("stopped", messageOf(error)),
      );
    }
  }

  async #all(wish: Wish, signal: AbortSignal): Promise<void> {
    if (this.#plant !== null) this.#plant.mapInDoubt = true;
    this.#dipper?.begin();
    this.#desk?.event("map.started", { who: wish.who, devices: this.#survey?.total ?? 0 });
    const [dips, skipped] = [[] as Dip[], [] as { device: string; why: string }[]];
    for (const loop of this.#asked(wish)) {
      const dip = await this.#dipper?.one(loop, wish.most, signal) ?? "nobody can dip it";
      if (typeof dip === "string") skipped.push({ device: loop.device.id, why: dip });
      else dips.push(dip);
      const found = pairingOf(dips);
      this.#tell({ doneSoFar: dips.length + skipped.length, result: { ...found, unmatched: [...found.unmatched, ...skipped] } });
    }
  }

  #asked({ devices }: Wish): DeviceLoop[] {
    const all = this.#plant?.devices ?? [];
    return devices.length === 0 ? [...all] : all.filter(({ device }) => devices.includes(device.id));
  }

  #begun(wish: Wish): Survey {
    return { who: wish.who, at: this.#clock.now().at, state: "running", why: null, total: this.#asked(wish).length, doneSoFar: 0, now: null, result: { pairs: [], conflicts: [], unmatched: [] } };
  }

  #tell(change: Partial<Survey>): void {
    if (this.#survey !== null) this.#survey = { ...this.#survey, ...change };
  }

  #end(state: "done" | "stopped", why: string | null): void {
    this.#wish = null;
    this.#stop = null;
    this.#hold = null;
    if (this.#plant !== null) this.#plant.mapInDoubt = false;
    this.#tell({ state, why, now: null });
    const result = this.#survey?.result;
    this.#desk?.event("map.ended", { state, ...(why !== null && { why }), pairs: result?.pairs.length ?? 0, conflicts: result?.conflicts.length ?? 0, unmatched: result?.unmatched.length ?? 0 });
  }
}
