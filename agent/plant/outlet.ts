import type { OutletRule } from "../core/model.ts";
import type { Feed, OrderStatus } from "../core/snapshot.ts";
import type { Order } from "../core/state.ts";
import type { Tick } from "../core/time.ts";
import { millis, seconds, type Instant, type Millis } from "../core/units.ts";
import type { MeterReading } from "../../drivers/driver.ts";
import type { Clock } from "../runtime/clock.ts";
import { within } from "../runtime/deadline.ts";
import { DeviceError } from "../runtime/errors.ts";
import type { PlantListener } from "./listener.ts";
import type { MeterLoop } from "./meter-loop.ts";
import type { SwitchingRules, Turns } from "./turns.ts";

/** Put on by a technician. `locked`: nobody switches it until the lock is taken off. `off`: he has opened it, and he alone closes it. */
export interface Hold {
  readonly kind: "locked" | "off";
  readonly who: string;
  readonly why: string;
  readonly at: Instant;
}

/** An order as it waits for its turn. */
interface Wanted {
  readonly on: boolean;
  readonly who: string;
  readonly why: string;
  /** Uptime after which it is not sent any more. */
  readonly deadline: Millis;
  readonly order: Order | null;
  readonly done: (failure: DeviceError | null) => void;
}

export interface OutletContext {
  readonly clock: Clock;
  readonly listener: PlantListener;
  readonly rules: SwitchingRules;
  readonly turns: Turns;
}

/** An order that could not be carried out within this time is not wanted any more; core gives a new one if it still is. */
const DEADLINE = seconds(10);
/** A state older than this is no state. */
const FRESH = seconds(10);
/** A disk that takes longer is not waited for: the limit goes first. */
const KEPT_WITHIN = seconds(1);
/** From one poll of a PDU to the next. */
const POLL = seconds(1);

/** One switched outlet: what its PDU reads, and a mailbox of its own, because the miner on it may be deaf. The newest order replaces the waiting one. */
export class Outlet {
  readonly name: string;
  readonly meter: MeterLoop;
  readonly index: number;
  readonly opens: OutletRule;
  /** The miner on it; null: none that is registered. */
  readonly device: string | null;
  hold: Hold | null = null;
  /** Who switched it last, as far as this daemon knows. */
  last: { readonly on: boolean; readonly who: string; readonly why: string; readonly at: Instant } | null = null;
  readonly #context: OutletContext;
  #on: boolean | null = null;
  #readAt: Millis | null = null;
  #offSince: Millis | null = null;
  #status: OrderStatus | null = null;
  #waiting: Wanted | null = null;
  #busy = false;
  #sending = false;
  #switchedAt: Millis = millis(-POLL);
  /** What became of the last order is not known: it is read before another is sent. */
  #inDoubt = false;

  constructor(wired: { readonly meter: MeterLoop; readonly index: number; readonly opens: OutletRule; readonly device: string | null }, context: OutletContext) {
    this.meter = wired.meter;
    this.index = wired.index;
    this.opens = wired.opens;
    this.device = wired.device;
    this.name = `${wired.meter.meter.id}/${wired.index}`;
    this.#context = context;
  }

  /** A read of its PDU. One found open at the start has been open since then, for all anybody knows: it rests the longer. */
  read(reading: MeterReading | null, { uptime }: Tick): void {
    const on = reading?.outlets.find(({ index }) => index === this.index)?.on ?? null;
    // A poll that was under way with an order may show what was before it.
    if (on === null || this.#sending || uptime < this.#switchedAt + POLL) return;
    this.#believe(on, uptime);
  }

  on(uptime: Millis): boolean | null {
    return this.#readAt !== null && uptime - this.#readAt <= FRESH ? this.#on : null;
  }

  /** How long it has to stay open yet. */
  restLeft(uptime: Millis): Millis {
    return this.#offSince === null ? millis(0) : millis(Math.max(0, this.#offSince + this.#context.rules.minOff - uptime));
  }

  /** For core; null while a technician holds it. */
  feed(uptime: Millis): Feed | null {
    if (this.hold !== null) return null;
    const outlet = { kind: "outlet", minOffTime: this.#context.rules.minOff, poweredUpAs: "last", opens: this.opens } as const;
    return { outlet, on: this.on(uptime), offSince: this.#offSince, order: this.#status };
  }

  /** Sent when it is on disk that we ordered it: what is found open and not remembered was opened by hand, and stays so. */
  post(order: Order, on: boolean, { kept, signal }: { readonly kept: Promise<void>; readonly signal: AbortSignal }): void {
    this.#status = { id: order.id, setpoint: order.setpoint, state: "waiting", at: order.issuedAt };
    const wanted = { on, who: "agent", why: order.cause, deadline: millis(order.issuedAt + DEADLINE), order, done: () => undefined };
    const put = (): void => this.#put(wanted, signal);
    within(this.#context.clock, KEPT_WITHIN, () => kept, signal).then(put, put);
  }

  /** Resolves when it reads as ordered. Throws a DeviceError that says why not. */
  order(on: boolean, by: { readonly who: string; readonly why: string }, signal: AbortSignal): Promise<void> {
    const deadline = millis(this.#context.clock.now().uptime + DEADLINE);
    return new Promise((resolve, reject) => this.#put({ on, ...by, deadline, order: null, done: (failure) => (failure === null ? resolve() : reject(failure)) }, signal));
  }

  #put(wanted: Wanted, signal: AbortSignal): void {
    this.#waiting?.done(this.#superseded());
    this.#waiting = wanted;
    if (!this.#busy) void this.#work(signal);
  }

  async #work(signal: AbortSignal): Promise<void> {
    this.#busy = true;
    for (let wanted = this.#waiting; wanted !== null && !signal.aborted; wanted = this.#waiting) {
      this.#waiting = null;
      const failure = await this.#carryOut(wanted, signal);
      wanted.done(failure);
      this.#context.listener.moved();
    }
    this.#busy = false;
  }

  async #carryOut(wanted: Wanted, signal: AbortSignal): Promise<DeviceError | null> {
    const { clock, listener, turns } = this.#context;
    const { on, who, why, order, deadline } = wanted;
    let sent = false;
    const about = { outlet: this.name, device: this.device, on, why, who };
    try {
      this.#allow(on);
      await turns.take(on, deadline, signal);
      if (this.#waiting !== null) return this.#superseded();
      const { uptime: begun } = clock.now();
      if (order !== null) this.#mark(order, "sending", begun);
      listener.event({ name: "outlet.ordered", ...about });
      sent = true;
      this.#sending = true;
      await within(clock, millis(deadline - begun), (until) => this.meter.meter.switch(this.index, on, until), signal);
      const { uptime, at } = clock.now();
      this.#believe(on, uptime);
      this.#switchedAt = uptime;
      this.last = { on, who, why, at };
      if (order !== null) this.#mark(order, "acknowledged", uptime);
      listener.event({ name: "outlet.switched", ...about, tookMs: Math.round(uptime - begun) });
      return null;
    } catch (error) {
      const failure = error instanceof DeviceError ? error : new DeviceError("unreachable", String(error), { cause: error });
      if (signal.aborted) return failure;
      // What became of it is read, never assumed.
      this.#readAt = null;
      this.#inDoubt ||= sent;
      if (order !== null) this.#mark(order, "failed", clock.now().uptime);
      listener.event({ name: "outlet.failed", ...about, code: failure.code, message: failure.message });
      return failure;
    } finally {
      this.#sending = false;
    }
  }

  #allow(on: boolean): void {
    if (this.hold?.kind === "locked") throw new DeviceError("refused", `${this.name} is locked by ${this.hold.who}: ${this.hold.why}`);
    if (this.opens === "never") throw new DeviceError("refused", `${this.name} is never switched: policy.outlets, or its own rule under meters[].outlets, says so`);
    if (this.#inDoubt) throw new DeviceError("refused", `${this.name}: what became of the last order is not known, and it has not been read since`);
    const left = this.restLeft(this.#context.clock.now().uptime);
    if (on && left > 0) throw new DeviceError("refused", `${this.name} was opened a short while ago and stays open for ${Math.ceil(left / 1000)} s yet`);
  }

  #superseded(): DeviceError {
    return new DeviceError("refused", `${this.name}: a newer order came before its turn`);
  }

  #believe(on: boolean, uptime: Millis): void {
    this.#offSince = on ? null : (this.#offSince ?? uptime);
    this.#inDoubt = false;
    this.#on = on;
    this.#readAt = uptime;
  }

  /** A newer order that came in meanwhile owns the status. */
  #mark(order: Order, state: OrderStatus["state"], at: Millis): void {
    if (this.#waiting?.order == null) this.#status = { id: order.id, setpoint: order.setpoint, state, at };
  }
}
