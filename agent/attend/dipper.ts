/** Dips one machine and measures which outlets move; gives it back to core in every case. */
import type { Decision } from "../core/decide.ts";
import { entryOf } from "../core/curve.ts";
import { dipOf, type DipPlan } from "../core/dip.ts";
import { asleepForHeat, NO_HEAT } from "../core/heat.ts";
import { isUnsure, together, type Dip } from "../core/pairing.ts";
import { middleOf, seconds, type Millis } from "../core/units.ts";
import type { View } from "../core/view.ts";
import type { DeviceLoop } from "../plant/device-loop.ts";
import type { Plant } from "../plant/plant.ts";
import type { Clock } from "../runtime/clock.ts";
import { within } from "../runtime/deadline.ts";
import { OutletSamples } from "./outlet-samples.ts";
import { messageOf } from "../runtime/errors.ts";

export type Step = "waits" | "measures" | "dips" | "returns";

export interface DipperContext {
  readonly clock: Clock;
  readonly plant: Plant;
  readonly decision: () => Decision | null;
  /** What is being done with whom. */
  readonly step: (device: string, step: Step) => void;
  readonly soon: () => void;
  /** Holds the rack at this power, so that it stays as it is meanwhile. */
  readonly hold: (power: number) => void;
}

const LOOK = seconds(4);
const LAG = seconds(2);
const ACKNOWLEDGED = seconds(60);
const QUIET_AT_MOST = seconds(120);
const BACK_AT_MOST = seconds(300);
const PERIOD = seconds(1);
const NOISE = 0.01;
const LOOKS_AT_MOST = 3;
const NOTHING_DECIDED: { readonly draw: { readonly high: number }; readonly views: readonly View[] } = { draw: { high: Infinity }, views: [] };
const ROOM = 1.05;
/** Another machine that changed by more took part in what the outlets show. */
const MOVED = { fraction: 0.05, watts: 50 } as const;

export class Dipper {
  readonly #context: DipperContext;
  readonly #samples: OutletSamples;
  /** What the rack drew when the search began. */
  #base: number | null = null;

  constructor(context: DipperContext) {
    this.#context = context;
    this.#samples = new OutletSamples(context.plant);
  }

  /** A search begins: what the rack draws is measured anew. */
  begin(): void {
    this.#base = null;
  }

  /** One machine, looked at again where others moved meanwhile or the look left doubt. A sentence where it could not be dipped. */
  async one(loop: DeviceLoop, most: number, signal: AbortSignal): Promise<Dip | string> {
    let seen: Dip | null = null;
    let disturbed: readonly string[] = [];
    for (let look = 0; look < LOOKS_AT_MOST; look += 1) {
      const taken = await this.#dip(loop, most, signal);
      if (typeof taken === "string") return seen ?? taken;
      disturbed = taken.disturbed;
      if (disturbed.length > 0) continue;
      seen = seen === null ? taken.dip : together(seen, taken.dip);
      if (!isUnsure(seen)) return seen;
    }
    return seen ?? `others moved each time (${disturbed.slice(0, 3).join(", ")}): search again when the rack's limit does not change`;
  }

  async #dip(loop: DeviceLoop, most: number, signal: AbortSignal): Promise<{ readonly dip: Dip; readonly disturbed: readonly string[] } | string> {
    const { id } = loop.device;
    this.#context.step(id, "waits");
    if (loop.held) return "it is in maintenance";
    const asleep = asleepForHeat(this.#view(id)?.state.heat ?? NO_HEAT);
    if (asleep !== null) return asleep;
    if (!(await this.#until(QUIET_AT_MOST, () => this.#isQuiet(id) && this.#rests(), signal))) return this.#isQuiet(id) ? "the rack did not come to rest: search again when its limit does not change" : "it did not come to rest: it does not answer, sleeps, or is still being set";
    const plan = dipOf(loop.device.capabilities, { power: this.#own(id) ?? this.#estimate(id), most });
    if (plan === null) return `nothing it can do is deep enough to be seen and within ${Math.round(most)} W: allow a larger --share`;
    this.#base ??= this.#rackDraw();
    this.#context.hold(this.#base);
    this.#context.step(id, "measures");
    const before = await this.#look(signal);
    const stood = this.#stand(id);
    this.#context.step(id, "dips");
    try {
      await within(this.#context.clock, ACKNOWLEDGED, () => loop.lend(plan.setpoint), signal);
      await this.#context.clock.sleep(plan.settles, signal);
      const after = await this.#look(signal);
      const [was, is] = [before.own.get(id), after.own.get(id)];
      const drops = new Map([...before.outlets].flatMap(([outlet, power]) => (after.outlets.has(outlet) ? [[outlet, power - (after.outlets.get(outlet) ?? 0)] as const] : [])));
      return { dip: { device: id, expected: was === undefined || is === undefined ? plan.depth : was - is, drops }, disturbed: movedBeside(id, before.own, after.own) };
    } catch (error) {
      signal.throwIfAborted();
      return `it did not take the order: ${messageOf(error)}`;
    } finally {
      this.#context.step(id, "returns");
      if (!signal.aborted && this.#hasRoom(id, stood)) await this.#bringBack(loop, plan, signal);
      loop.giveBack();
      this.#context.soon();
      // The next machine waits until this one is where core wants it: one at a time.
      if (!signal.aborted) await this.#until(BACK_AT_MOST, () => this.#isQuiet(id) && this.#isThere(id), signal);
    }
  }

  /** To where it was; with no room for it any more, core brings it back when and as far as it may. */
  async #bringBack(loop: DeviceLoop, { settles }: DipPlan, signal: AbortSignal): Promise<void> {
    const target = this.#view(loop.device.id)?.state.target ?? null;
    if (target === null || !loop.isLent) return;
    await within(this.#context.clock, ACKNOWLEDGED, () => loop.lend(target), signal).then(() => this.#context.clock.sleep(settles, signal)).catch(() => undefined);
  }

  async #look(signal: AbortSignal): Promise<{ readonly outlets: ReadonlyMap<string, number>; readonly own: ReadonlyMap<string, number> }> {
    await this.#context.clock.sleep(LAG, signal);
    const from = this.#context.clock.now().uptime;
    await this.#context.clock.sleep(LOOK, signal);
    return { outlets: this.#samples.since(from), own: this.#words() };
  }

  /** The limit, and what the others draw by their own words. */
  #stand(id: string): { readonly limit: number; readonly others: number } {
    const limit = this.#context.decision()?.effective.limit;
    const others = [...this.#words()].reduce((sum, [device, own]) => (device === id ? sum : sum + own), 0);
    return { limit: limit?.kind === "limited" ? limit.power : Infinity, others };
  }

  /** Where neither the limit has fallen nor the others have risen, the rack may be again what it was. */
  #hasRoom(id: string, stood: { readonly limit: number; readonly others: number }): boolean {
    const { limit, others } = this.#stand(id);
    return limit >= stood.limit && others <= stood.others * (1 + NOISE);
  }

  #isThere(id: string): boolean {
    const view = this.#view(id);
    return view !== null && view.actual >= 0 && view.actual === entryOf(view.curve, view.state.target);
  }

  /** Whether it hashes where it should and nothing is on its way to it. */
  #isQuiet(id: string): boolean {
    const view = this.#view(id);
    return view !== null && view.known && !view.underway && !view.climbing && view.device.reading.kind === "known" && view.device.reading.telemetry.state === "hashing";
  }

  /** By the meter or by the machines, whichever is more: nobody is to be lowered by it. With room for noise. */
  #rackDraw(): number {
    const { draw, views } = this.#context.decision() ?? NOTHING_DECIDED;
    return ROOM * Math.max(draw.high, views.reduce((sum, view) => sum + view.draw.high, 0));
  }

  /** Nothing is on its way to any machine. */
  #rests(): boolean {
    return this.#context.decision()?.views.every(({ underway, climbing }) => !underway && !climbing) ?? false;
  }

  /** What each machine says that it draws. */
  #words(): ReadonlyMap<string, number> {
    return new Map(this.#context.plant.devices.flatMap(({ device: { id } }) => {
      const own = this.#own(id);
      return own === null ? [] : [[id, own] as const];
    }));
  }

  #view(id: string): View | null {
    return this.#context.decision()?.views.find(({ device }) => device.id === id) ?? null;
  }

  /** By its own word; null where its firmware says nothing of power. */
  #own(id: string): number | null {
    return this.#context.plant.device(id)?.telemetry?.power ?? null;
  }

  #estimate(id: string): number {
    const draw = this.#view(id)?.draw;
    return draw === undefined || draw.by === "nameplate" ? 0 : middleOf(draw);
  }

  async #until(most: Millis, holds: () => boolean, signal: AbortSignal): Promise<boolean> {
    const end = this.#context.clock.now().uptime + most;
    while (!holds()) {
      if (this.#context.clock.now().uptime >= end) return false;
      await this.#context.clock.sleep(PERIOD, signal);
    }
    return true;
  }
}

function movedBeside(device: string, before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): string[] {
  return [...before].flatMap(([id, was]) => {
    const is = after.get(id);
    return id !== device && (is === undefined || Math.abs(is - was) > Math.max(MOVED.watts, MOVED.fraction * was)) ? [id] : [];
  });
}
