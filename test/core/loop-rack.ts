/**
 * A rack whose machines take their time and whose meter follows behind, for the closed loop: what core assumes of both is
 * a factor off. A machine says at once that it is where it was told to be; its draw gets there in a straight line.
 */
import type { Capability, Reading, Setpoint, Transition } from "../../agent/core/model.ts";
import type { OrderStatus } from "../../agent/core/snapshot.ts";
import type { Order, RackState } from "../../agent/core/state.ts";
import { startState } from "../../agent/core/state.ts";
import { decide } from "../../agent/core/decide.ts";
import { millis, seconds, watts } from "../../agent/core/units.ts";
import { device, metered, points, POLICY, ROWS, says, SLEEP_W, snapshot } from "./rack.ts";
import { allocation, certain, heard } from "./signals.ts";

export interface LoopWords {
  /** Seconds until a machine draws what it was told, and the meter's delay. */
  readonly settle: number;
  readonly lag: number;
  /** What core assumes of both, as a factor. */
  readonly assumed: number;
  /** Does every machine hang on an outlet of its own, metered as late as the rack? */
  readonly outlets: boolean;
  /** Machines from this one on restart to change: seconds until they sleep, and until they run otherwise. */
  readonly slow?: { readonly from: number; readonly sleep: number; readonly wake: number };
}

/** Real over model power of each machine. */
const FACTORS = [1.06, 0.95, 1.02, 0.9, 1.08, 1] as const;
const BASE_W = 200;
const TOP_W = 4000 * FACTORS.length;

class SlowMachine {
  readonly id: string;
  readonly #factor: number;
  readonly capabilities: readonly Capability[];
  readonly #settle: { readonly sleep: number; readonly run: number };
  setpoint: Setpoint = { kind: "points", point: "600" };
  order: OrderStatus | null = null;
  readonly #history: number[] = [];
  #from = 0;
  #movedAt = -1e9;

  constructor(id: string, factor: number, words: LoopWords & { readonly isSlow: boolean }) {
    const { slow, settle, isSlow } = words;
    this.id = id;
    this.#factor = factor;
    this.#settle = isSlow && slow !== undefined ? { sleep: slow.sleep, run: slow.wake } : { sleep: settle, run: settle };
    this.capabilities = capable(this.#settle, words.assumed);
    this.#from = this.#end();
  }

  power(uptime: number): number {
    const length = this.setpoint.kind === "sleep" ? this.#settle.sleep : this.#settle.run;
    const part = Math.min(1, Math.max(0, (uptime - this.#movedAt) / (1000 * length)));
    return this.#from + part * (this.#end() - this.#from);
  }

  reading(uptime: number): Reading {
    // As drivers do: tuned to its lowest before it sleeps, because that is what it wakes to.
    return this.setpoint.kind === "points" ? says(this.setpoint.point, { readAt: uptime }) : says("asleep", { readAt: uptime, frequency: 200 });
  }

  /** What a meter that lags shows of it. */
  shown(lag: number): number | null {
    return this.#history.at(-1 - lag) ?? null;
  }

  post({ id, setpoint }: Order, uptime: number): void {
    this.#from = this.power(uptime);
    this.#movedAt = uptime;
    this.setpoint = setpoint;
    this.order = { id, setpoint, state: "acknowledged", at: millis(uptime) };
  }

  remember(uptime: number): void {
    this.#history.push(this.power(uptime));
  }

  #end(): number {
    const { setpoint } = this;
    const row = setpoint.kind === "points" ? ROWS.find(([mhz]) => String(mhz) === setpoint.point) : undefined;
    return this.#factor * (row?.[1] ?? SLEEP_W);
  }
}

function capable(settle: { readonly sleep: number; readonly run: number }, assumed: number): readonly Capability[] {
  const way = (length: number): Transition => ({ fixed: seconds(assumed * length), perMegahertz: millis(0), highest: "ends", hashing: true, confirm: "readback" });
  return [
    { kind: "points", points: points(ROWS), down: way(settle.run), up: way(settle.run) },
    { kind: "sleep", sleepPower: watts(SLEEP_W), down: way(settle.sleep), up: way(settle.run) },
  ];
}

export interface Stage {
  readonly limitW: number;
  /** Seconds over limit and tolerance after the first time within: none but the way down itself is forgiven. */
  readonly again: number;
  readonly seconds: number;
  /** Seconds until it was first within. */
  readonly first: number;
  /** The most orders one machine got. */
  readonly changes: number;
  readonly settledW: number;
}

/** Lives through the limits, each given as a part of the full rack, and judges each by the true power. */
export function liveThrough(words: LoopWords, parts: readonly number[], seen: (moment: unknown) => void = () => undefined): Stage[] {
  const machines = FACTORS.map((factor, i) => new SlowMachine(`asic-${i + 1}`, factor, { ...words, isSlow: words.slow !== undefined && i >= words.slow.from }));
  const policy = { ...POLICY, nominal: watts(TOP_W), failsafe: watts(2000), meterLag: seconds(words.assumed * words.lag) };
  const restart = { minOff: millis(0), random: millis(0), rampPercentPerMinute: 10_000 };
  const length = Math.round(7 * (words.settle + words.lag) + 90) + (words.slow === undefined ? 0 : 600);
  const totals: number[] = [];
  let rack: RackState = startState(millis(0));
  return parts.map((part, index) => {
    const limitW = part * TOP_W;
    const orders = new Map<string, number>();
    let [again, first, power] = [0, -1, 0];
    for (let second = index * length; second < (index + 1) * length; second++) {
      const uptime = second * 1000;
      power = BASE_W + machines.reduce((sum, machine) => sum + machine.power(uptime), 0);
      totals.push(power);
      for (const machine of machines) machine.remember(uptime);
      const over = power > limitW + Math.max(0.01 * power, 0.005 * limitW, 10);
      if (!over && first < 0) first = second - index * length;
      if (over && first >= 0) again += 1;
      const shot = snapshot(
        machines.map((machine) => device(machine.id, machine.reading(uptime), { order: machine.order, capabilities: machine.capabilities, nameplate: { highest: watts(4600), asleep: watts(SLEEP_W) }, ...(words.outlets && { outlet: metered(machine.shown(words.lag), { uncertainty: 5 }) }) })),
        metered(totals.at(-1 - words.lag) ?? null, { uncertainty: 20 }),
        uptime,
      );
      const said = heard({ allocations: [allocation({ id: `limit-${index}`, ceiling: limitW, restart })] }, { born: second, confirmed: second });
      const decided = decide(rack, { heard: said, now: certain(shot.tick.at, shot.tick.uptime), synchronised: true, local: [], snapshot: shot, policy, u: 0 });
      rack = decided.rack;
      seen({ second, power, rack, decision: decided.decision });
      for (const order of decided.decision.orders) {
        machines.find(({ id }) => id === order.device)?.post(order, uptime);
        orders.set(order.device, (orders.get(order.device) ?? 0) + 1);
      }
    }
    return { limitW, again, first, seconds: length, changes: Math.max(0, ...orders.values()), settledW: power };
  });
}
