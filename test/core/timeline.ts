/**
 * A rack in time, for scenarios that read as a timeline: decide() once a second over machines that go to their setpoint in
 * a straight line. Crude on purpose; the physics, the wire and the clocks are the simulation's.
 */
import assert from "node:assert/strict";
import type { Decision } from "../../agent/core/decide.ts";
import { decide } from "../../agent/core/decide.ts";
import type { Heard } from "../../agent/core/grid.ts";
import type { Statement } from "../../agent/core/limit.ts";
import type { Reading, Setpoint } from "../../agent/core/model.ts";
import type { Policy } from "../../agent/core/policy.ts";
import type { OrderStatus } from "../../agent/core/snapshot.ts";
import type { Order, RackState } from "../../agent/core/state.ts";
import { startState } from "../../agent/core/state.ts";
import { millis, watts } from "../../agent/core/units.ts";
import { device, metered, passing, POLICY, ROWS, says, silent, SLEEP_W, snapshot } from "./rack.ts";
import { allocation, certain, event, heard, nothingHeard, stop } from "./signals.ts";

type Fault = "silent" | "refuses" | "stuck";
const MHZ_PER_SECOND = 50;
/** A second until an order is acknowledged and, from there, one until the draw moves. */
const LAG = 1;

class Machine {
  readonly id: string;
  readonly factor: number;
  mhz = 600;
  asleep = false;
  fault: Fault | null = null;
  order: OrderStatus | null = null;
  #setpoint: Setpoint = { kind: "points", point: "600" };

  constructor(id: string, factor: number) {
    this.id = id;
    this.factor = factor;
  }

  get power(): number {
    return this.factor * (this.asleep ? SLEEP_W : modelPower(this.mhz));
  }

  get reading(): Reading {
    if (this.fault === "silent") return silent();
    if (this.asleep) return says("asleep", { own: this.power, frequency: this.mhz });
    return ROWS.some(([mhz]) => mhz === this.mhz) ? says(String(this.mhz), { own: this.power }) : passing(this.mhz, this.power);
  }

  post({ id, setpoint, issuedAt }: Order): void {
    this.order = { id, setpoint, state: "waiting", at: issuedAt };
  }

  reboot(): void {
    [this.asleep, this.mhz, this.#setpoint] = [false, 600, { kind: "points", point: "600" }];
  }

  /** One second. */
  live(uptime: number): void {
    if (this.order?.state === "waiting" && uptime - this.order.at >= LAG * 1000) this.#obey(this.order, uptime);
    if (this.fault === "stuck") return;
    // As drivers do: tuned to its lowest before it sleeps, because that is what it wakes to.
    if (this.#setpoint.kind !== "points") [this.asleep, this.mhz] = [true, 200];
    else if (this.asleep) this.asleep = false;
    else this.mhz += Math.max(-MHZ_PER_SECOND, Math.min(MHZ_PER_SECOND, Number(this.#setpoint.point) - this.mhz));
  }

  #obey(order: OrderStatus, uptime: number): void {
    const refused = this.fault === "silent" || this.fault === "refuses";
    this.order = { ...order, state: refused ? "failed" : "acknowledged", at: millis(uptime) };
    if (!refused) this.#setpoint = order.setpoint;
  }
}

/** Between two points in proportion. */
function modelPower(mhz: number): number {
  const above = Math.max(1, ROWS.findIndex(([row]) => row >= mhz));
  const [[lowMhz = 0, low = 0] = [], [highMhz = 0, high = 0] = []] = [ROWS[above - 1], ROWS[above]];
  return low + ((mhz - lowMhz) / (highMhz - lowMhz)) * (high - low);
}

export interface RackWords {
  /** Real over model power of each machine; their number is the rack's. */
  readonly factors: readonly number[];
  /** What the rack draws besides its machines. */
  readonly base?: number;
  /** Seconds the rack's meter follows behind. */
  readonly lag?: number;
  readonly policy?: Partial<Policy>;
}

export class Timeline {
  decision: Decision | null = null;
  readonly orders: Order[] = [];
  #second = 0;
  #rack: RackState = startState(millis(0));
  #heard: Heard = nothingHeard;
  #beating = true;
  #meter = true;
  #local: Statement[] = [];
  readonly #history: number[] = [];
  readonly #machines: Machine[];
  readonly #words: RackWords;

  constructor(words: RackWords) {
    this.#words = words;
    this.#machines = words.factors.map((factor, i) => new Machine(`asic-${i + 1}`, factor));
  }

  /** Lives until that second. */
  at(second: number): this {
    while (this.#second < second) this.#live();
    return this;
  }

  /** What the operator allows from now on, confirmed; null: no statement. */
  signal(limitW: number | null, restart = { minOff: millis(10_000), random: millis(20_000), rampPercentPerMinute: 100 }): this {
    return this.#hear({ allocations: [allocation({ ceiling: limitW, restart })] });
  }
  event(limitW: number | null): this {
    return this.#hear({ limits: limitW === null ? [] : [event("event", [[null, null, limitW]])] });
  }
  emergency(on: boolean): this {
    return this.#hear({ latches: on ? [stop] : [] });
  }
  heartbeat(beating: boolean): this {
    this.#beating = beating;
    return this;
  }
  meter(speaks: boolean): this {
    this.#meter = speaks;
    return this;
  }
  local(power: number | null): this {
    this.#local = power === null ? [] : [{ source: "technician", power: watts(power), ref: null, until: null }];
    return this;
  }
  fault(machine: number, fault: Fault | "reboots" | "clear"): this {
    const one = this.#machines[machine - 1];
    assert.ok(one !== undefined, `there is no machine ${machine}`);
    if (fault === "reboots") one.reboot();
    else one.fault = fault === "clear" ? null : fault;
    return this;
  }

  get power(): number {
    return (this.#words.base ?? 0) + this.#machines.reduce((sum, machine) => sum + machine.power, 0);
  }
  get awake(): number {
    return this.#machines.filter(({ asleep }) => !asleep).length;
  }

  expectDraw(relation: "<=" | ">=", power: number): this {
    assert.ok(relation === "<=" ? this.power <= power : this.power >= power, `${this.#second} s: ${Math.round(this.power)} W, expected ${relation} ${power} W`);
    return this;
  }
  /** Never more than that, every second from here until then. */
  expectNever(power: number, until: number): this {
    while (this.#second < until) {
      this.expectDraw("<=", power);
      this.#live();
    }
    return this.expectDraw("<=", power);
  }
  expect(state: Decision["state"], compliance: Decision["compliance"]["kind"]): this {
    assert.deepEqual([this.decision?.state, this.decision?.compliance.kind], [state, compliance], `at ${this.#second} s, ${Math.round(this.power)} W`);
    return this;
  }
  /** Orders given since that second. */
  expectOrders(relation: "<=" | ">=", count: number, since: number): this {
    const given = this.orders.filter(({ issuedAt }) => issuedAt >= since * 1000);
    assert.ok(relation === "<=" ? given.length <= count : given.length >= count, `at ${this.#second} s: ${given.length} orders since ${since} s: ${given.map(({ device: id, cause, issuedAt }) => `${issuedAt / 1000} ${id} ${cause}`).join(", ")}`);
    return this;
  }

  #hear(said: Partial<Heard>): this {
    this.#heard = { ...this.#heard, ...said };
    return this;
  }

  #live(): void {
    const uptime = this.#second * 1000;
    this.#history.push(this.power);
    if (this.#beating) this.#heard = { ...this.#heard, heartbeat: heard({}, { born: this.#second, confirmed: this.#second }).heartbeat };
    const shown = this.#history.at(-1 - (this.#words.lag ?? 0)) ?? null;
    const shot = snapshot(
      this.#machines.map(({ id, reading, order }) => device(id, reading, { order })),
      this.#meter ? metered(shown) : metered(null, { age: 1e9 }),
      uptime,
    );
    const { rack, decision } = decide(this.#rack, {
      heard: this.#heard, now: certain(shot.tick.at, shot.tick.uptime), synchronised: true, local: this.#local, snapshot: shot, u: 0.5,
      policy: { ...POLICY, nominal: watts(4000 * this.#machines.length), failsafe: watts(1500 * this.#machines.length), ...this.#words.policy },
    });
    this.#rack = rack;
    this.decision = decision;
    for (const order of decision.orders) {
      this.orders.push(order);
      this.#machines.find(({ id }) => id === order.device)?.post(order);
    }
    for (const machine of this.#machines) machine.live(uptime);
    this.#second += 1;
  }
}
