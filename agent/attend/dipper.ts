/** Dips one machine and measures which outlets move; gives it back to core in every case. */
import type { Decision } from "../core/decide.ts";
import { dipOf } from "../core/dip.ts";
import { isUnsure, together, type Dip } from "../core/pairing.ts";
import { seconds, type Millis } from "../core/units.ts";
import type { View } from "../core/view.ts";
import type { DeviceLoop } from "../plant/device-loop.ts";
import type { Plant } from "../plant/plant.ts";
import type { Clock } from "../runtime/clock.ts";
import { within } from "../runtime/deadline.ts";
import { OutletSamples } from "./outlet-samples.ts";

export type Step = "waits" | "measures" | "dips" | "returns";

export interface DipperContext {
  readonly clock: Clock;
  readonly plant: Plant;
  readonly decision: () => Decision | null;
  /** What is being done with whom. */
  readonly step: (device: string, step: Step) => void;
  readonly soon: () => void;
}

const LOOK = seconds(4);
const LAG = seconds(2);
const ACKNOWLEDGED = seconds(60);
const QUIET_AT_MOST = seconds(120);
const BACK_AT_MOST = seconds(300);
const PERIOD = seconds(1);
/** So near to what it drew before counts as back. */
const BACK = 0.1;

export class Dipper {
  readonly #context: DipperContext;
  readonly #samples: OutletSamples;

  constructor(context: DipperContext) {
    this.#context = context;
    this.#samples = new OutletSamples(context.plant);
  }

  /** One machine, looked at twice where the first look left doubt. A sentence where it could not be dipped. */
  async one(loop: DeviceLoop, most: number, signal: AbortSignal): Promise<Dip | string> {
    const first = await this.#dip(loop, most, signal);
    if (typeof first === "string" || !isUnsure(first)) return first;
    const second = await this.#dip(loop, most, signal);
    return typeof second === "string" ? first : together(first, second);
  }

  async #dip(loop: DeviceLoop, most: number, signal: AbortSignal): Promise<Dip | string> {
    const { id } = loop.device;
    this.#context.step(id, "waits");
    if (loop.held) return "it is in maintenance";
    if (!(await this.#until(QUIET_AT_MOST, () => this.#isQuiet(id), signal))) return "it did not come to rest: it does not answer, sleeps, or is still being set";
    const plan = dipOf(loop.device.capabilities, { power: this.#own(id) ?? this.#estimate(id), most });
    if (plan === null) return `nothing it can do is deep enough to be seen and within ${Math.round(most)} W: allow a larger --share`;
    this.#context.step(id, "measures");
    const before = await this.#look(id, signal);
    this.#context.step(id, "dips");
    try {
      await within(this.#context.clock, ACKNOWLEDGED, () => loop.lend(plan.setpoint), signal);
      await this.#context.clock.sleep(plan.settles, signal);
      const after = await this.#look(id, signal);
      const own = before.own === null || after.own === null ? plan.depth : before.own - after.own;
      return { device: id, expected: own, drops: new Map([...before.outlets].flatMap(([outlet, power]) => (after.outlets.has(outlet) ? [[outlet, power - (after.outlets.get(outlet) ?? 0)] as const] : []))) };
    } catch (error) {
      signal.throwIfAborted();
      return `it did not take the order: ${error instanceof Error ? error.message : String(error)}`;
    } finally {
      loop.giveBack();
      this.#context.soon();
      this.#context.step(id, "returns");
      // The next machine waits until this one is back: one at a time.
      if (!signal.aborted) await this.#until(BACK_AT_MOST, () => this.#isQuiet(id) && (this.#own(id) ?? 0) >= (before.own ?? 0) * (1 - BACK), signal);
    }
  }

  async #look(id: string, signal: AbortSignal): Promise<{ readonly outlets: ReadonlyMap<string, number>; readonly own: number | null }> {
    await this.#context.clock.sleep(LAG, signal);
    const from = this.#context.clock.now().uptime;
    await this.#context.clock.sleep(LOOK, signal);
    return { outlets: this.#samples.since(from), own: this.#own(id) };
  }

  /** Whether it hashes where it should and nothing is on its way to it. */
  #isQuiet(id: string): boolean {
    const view = this.#view(id);
    return view !== null && view.known && !view.underway && !view.climbing && view.device.reading.kind === "known" && view.device.reading.telemetry.state === "hashing";
  }

  #view(id: string): View | null {
    return this.#context.decision()?.views.find(({ device }) => device.id === id) ?? null;
  }

  /** By its own word; null where its firmware says nothing of power. */
  #own(id: string): number | null {
    const reading = this.#view(id)?.device.reading;
    return reading?.kind === "known" ? reading.telemetry.power : null;
  }

  #estimate(id: string): number {
    const draw = this.#view(id)?.draw;
    return draw === undefined || draw.by === "nameplate" ? 0 : (draw.low + draw.high) / 2;
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
