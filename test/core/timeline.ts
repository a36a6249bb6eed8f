/**
 * A rack in time, for scenarios that read as a timeline: decide() once a second over machines that go to their setpoint in
 * a straight line. Crude on purpose; the physics, the wire and the clocks are the simulation's.
 */
import assert from "node:assert/strict";
import type { Decision } from "../../agent/core/decide.ts";
import { decide } from "../../agent/core/decide.ts";
import type { Heard } from "../../agent/core/grid.ts";
import type { Statement } from "../../agent/core/limit.ts";
import type { OutletRule } from "../../agent/core/model.ts";
import type { Policy } from "../../agent/core/policy.ts";
import type { Order, RackState } from "../../agent/core/state.ts";
import { startState } from "../../agent/core/state.ts";
import { millis, watts } from "../../agent/core/units.ts";
import type { Fault } from "./machine.ts";
import { Machine } from "./machine.ts";
import { device, metered, POLICY, snapshot } from "./rack.ts";
import { allocation, certain, event, heard, nothingHeard, stop } from "./signals.ts";

export interface RackWords {
  /** Real over model power of each machine; their number is the rack's. */
  readonly factors: readonly number[];
  /** What the rack draws besides its machines. */
  readonly base?: number;
  /** Seconds the rack's meter follows behind. */
  readonly lag?: number;
  readonly policy?: Partial<Policy>;
  /** When the machines' outlets may be opened; none can be switched where it is not said. Closed again after a minute at the earliest. */
  readonly opens?: OutletRule;
}

export class Timeline {
  decision: Decision | null = null;
  readonly orders: Order[] = [];
  #second = 0;
  #rack: RackState = startState(millis(0));
  #heard: Heard = nothingHeard;
  #beating = true;
  #meter = true;
  /** What the meter shows from now on, whatever is drawn. */
  #stalledAt: number | null = null;
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

  jam(jammed: boolean): this {
    for (const machine of this.#machines) machine.jammed = jammed;
    return this;
  }

  /** The meter and its relays read on what they read last, and switch all the same. */
  stall(stalled: boolean): this {
    this.#stalledAt = stalled ? this.power : null;
    for (const machine of this.#machines) machine.stall(stalled);
    return this;
  }

  get second(): number {
    return this.#second;
  }
  /** The last decision. */
  get now(): Decision {
    assert.ok(this.decision !== null, "nothing was decided yet");
    return this.decision;
  }
  get power(): number {
    return (this.#words.base ?? 0) + this.#machines.reduce((sum, machine) => sum + machine.power, 0);
  }
  /** Watts of each machine. */
  get drawn(): readonly number[] {
    return this.#machines.map(({ power }) => power);
  }
  get awake(): number {
    return this.#machines.filter(({ asleep }) => !asleep).length;
  }

  /** How many outlets are closed. */
  get fed(): number {
    return this.#machines.filter(({ on }) => on).length;
  }

  expectFed(count: number): this {
    assert.equal(this.fed, count, `at ${this.#second} s`);
    return this;
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
    const shown = this.#stalledAt ?? this.#history.at(-1 - (this.#words.lag ?? 0)) ?? null;
    const shot = snapshot(
      this.#machines.map((machine) => device(machine.id, machine.reading, { order: machine.order, feed: this.#words.opens === undefined ? null : machine.feed(this.#words.opens, 60) })),
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
