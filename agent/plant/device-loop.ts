import type { Reading, Setpoint, Telemetry, UnknownReason } from "../core/model.ts";
import { withProven, type Proven } from "../core/proven.ts";
import type { DeviceSnapshot, OrderStatus } from "../core/snapshot.ts";
import type { Order } from "../core/state.ts";
import type { Tick } from "../core/time.ts";
import type { Millis } from "../core/units.ts";
import { millis, seconds } from "../core/units.ts";
import type { Device } from "../../drivers/driver.ts";
import { Bell } from "../runtime/bell.ts";
import type { Clock } from "../runtime/clock.ts";
import { within } from "../runtime/deadline.ts";
import { DeviceError, stackOf } from "../runtime/errors.ts";
import { act } from "./act.ts";
import type { PlantListener } from "./listener.ts";

export interface Pace {
  /** Between two polls of one device, at rest and while an order is at work. */
  readonly rest: Millis;
  readonly busy: Millis;
  /** From an acknowledgement to the poll that reads it back: later in a large rack, where others still wait for their orders. */
  readonly readback: Millis;
  readonly readDeadline: Millis;
  readonly orderDeadline: Millis;
}

/** The longest any firmware takes to start mining anew for an order. */
const OBEYING = seconds(600);

interface Errand {
  readonly setpoint: Setpoint;
  readonly done: (failure: unknown) => void;
}

const NOTHING: DeviceSnapshot["capabilities"] = [];

/** 1,000 ASICs at 5 s are 200 polls a second; a dozen can be asked every 2 s. */
export function paceFor(devices: number): Pace {
  return { rest: millis(Math.max(2000, devices * 5)), busy: millis(Math.max(1000, devices * 3)), readback: millis(Math.max(250, devices * 2)), readDeadline: seconds(4), orderDeadline: seconds(12) };
}

/**
 * One device, one loop, one thing at a time: an order that waits goes before a poll that is due. A slow device ages its
 * own reading and delays nobody, and it never works through a backlog: the newest order replaces the waiting one.
 */
export class DeviceLoop {
  readonly device: Device;
  readonly #clock: Clock;
  readonly #pace: Pace;
  readonly #listener: PlantListener;
  readonly #bell = new Bell();
  #waiting: Order | null = null;
  #status: OrderStatus | null = null;
  #busyUntil: Millis = millis(0);
  #reading: Reading;
  #failure: { readonly reason: UnknownReason; readonly message: string } | null = null;
  /** In maintenance: read and never told anything, so that nobody is surprised who has his hands in it. */
  held = false;
  /** What a proof test has measured of it; null: nothing. */
  proven: Proven | null = null;
  #measured: { readonly of: DeviceSnapshot["capabilities"]; readonly by: Proven; readonly as: DeviceSnapshot["capabilities"] } | null = null;
  /** Lent out: core sees what it was before, so that nothing else moves for it. */
  #lent: { readonly reading: Reading } | null = null;
  #errand: Errand | null = null;

  constructor(device: Device, options: { readonly clock: Clock; readonly pace: Pace; readonly listener: PlantListener }) {
    this.device = device;
    this.#clock = options.clock;
    this.#pace = options.pace;
    this.#listener = options.listener;
    this.#reading = { kind: "unknown", reason: "not-polled", last: null, since: options.clock.now() };
  }

  post(order: Order): void {
    // An order of core's goes before whatever somebody tries out.
    this.giveBack();
    if (this.held) {
      this.#status = { id: order.id, setpoint: order.setpoint, state: "failed", at: order.issuedAt };
      return;
    }
    this.#waiting = order;
    this.#status = { id: order.id, setpoint: order.setpoint, state: "waiting", at: order.issuedAt };
    this.#bell.ring();
  }

  /** Nothing is told it now, and nothing waits to be. */
  get idle(): boolean {
    return this.#waiting === null && this.#status?.state !== "sending";
  }

  /** What it said last; null: it does not answer. */
  get telemetry(): Telemetry | null {
    return this.#reading.kind === "known" ? this.#reading.telemetry : null;
  }

  /** Tells it one thing past core, which takes it for what it was until `giveBack` or an order of its own: nobody else gets what it leaves free. Resolves when it acknowledged. */
  lend(setpoint: Setpoint): Promise<void> {
    this.#lent ??= { reading: this.#reading };
    return new Promise((resolve, reject) => {
      this.#errand = { setpoint, done: (failure) => (failure === null ? resolve() : reject(failure)) };
      this.#bell.ring();
    });
  }

  /** Whether an order of core's has not ended it meanwhile. */
  get isLent(): boolean {
    return this.#lent !== null;
  }

  /** Core has it again, and brings it back to what it should be. */
  giveBack(): void {
    this.#lent = null;
    this.#errand?.done(new DeviceError("refused", "it was needed for something else"));
    this.#errand = null;
  }

  /** Why the last poll failed; null after one that did not. */
  get failure(): string | null {
    return this.#failure?.message ?? null;
  }

  snapshot(tick: Tick, { outlet, feed }: Pick<DeviceSnapshot, "outlet" | "feed">): DeviceSnapshot {
    const { id, nameplate } = this.device;
    // What can do nothing is one more load to core, counted at what the meter says.
    const capabilities = this.held ? NOTHING : this.#capable();
    return { id, nameplate, capabilities, reading: this.#lent?.reading ?? this.#aged(tick), order: this.#status, outlet, feed };
  }

  /** What the driver says, as a proof test has measured it. The same object as long as both are the same: what is planned from it is kept with it. */
  #capable(): DeviceSnapshot["capabilities"] {
    const { capabilities } = this.device;
    if (this.proven === null) return capabilities;
    if (this.#measured?.of !== capabilities || this.#measured.by !== this.proven) this.#measured = { of: capabilities, by: this.proven, as: withProven(capabilities, this.proven) };
    return this.#measured.as;
  }

  /** Polls and obeys until aborted. `delay` spreads the polls of many devices over their period. */
  async run(delay: Millis, signal: AbortSignal): Promise<void> {
    // The first poll of all devices is at once; the rhythm after it is spread.
    await this.#poll(signal);
    let nextPoll = this.#clock.now().uptime + delay;
    while (!signal.aborted) {
      if (this.#waiting !== null || this.#errand !== null) {
        if (this.#waiting !== null) await this.#send(this.#waiting, signal);
        else if (this.#errand !== null) await this.#run(this.#errand, signal);
        // What was written is read back soon, so that a wrong belief does not last a whole period.
        nextPoll = Math.min(nextPoll, this.#clock.now().uptime + this.#pace.readback);
        continue;
      }
      const { uptime } = this.#clock.now();
      if (uptime >= nextPoll) {
        await this.#poll(signal);
        const now = this.#clock.now().uptime;
        nextPoll = now + (now < this.#busyUntil ? this.#pace.busy : this.#pace.rest);
        continue;
      }
      await this.#bell.wait(this.#clock, millis(nextPoll - uptime), signal).catch(() => undefined);
    }
  }

  async #send(order: Order, signal: AbortSignal): Promise<void> {
    this.#waiting = null;
    if (this.held) return this.post(order);
    const begun = this.#clock.now().uptime;
    this.#mark(order, "sending", begun);
    try {
      await this.#obey(order, signal);
      const { uptime } = this.#clock.now();
      this.#busyUntil = millis(uptime + seconds(30));
      this.#mark(order, "acknowledged", uptime);
      this.#listener.event({ name: "setpoint.acknowledged", order, tookMs: Math.round(uptime - order.issuedAt) });
    } catch (error) {
      if (signal.aborted) return;
      this.#mark(order, "failed", this.#clock.now().uptime);
      this.#listener.event({ name: "setpoint.failed", order, ...explain(error) });
    }
    this.#listener.moved();
  }

  async #run(errand: Errand, signal: AbortSignal): Promise<void> {
    this.#errand = null;
    try {
      await this.#obey(errand, signal);
      this.#busyUntil = millis(this.#clock.now().uptime + seconds(30));
      errand.done(null);
    } catch (error) {
      errand.done(error);
    }
  }

  /**
   * Firmware that answers when mining has restarted keeps an order for half a minute: meanwhile it is polled, so that what is
   * known of it does not grow old.
   */
  #obey({ setpoint }: Pick<Order, "setpoint">, signal: AbortSignal): Promise<void> {
    const { orderDeadlineMs } = this.device;
    const length = orderDeadlineMs === undefined ? this.#pace.orderDeadline : millis(orderDeadlineMs);
    const obeyed = within(this.#clock, length, (until) => act(this.device, setpoint, until), signal);
    return orderDeadlineMs === undefined ? obeyed : this.#watched(obeyed, signal);
  }

  async #watched(obeyed: Promise<void>, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const watched = this.#watch(AbortSignal.any([signal, over.signal]));
    try {
      await obeyed;
    } finally {
      over.abort();
      await watched;
    }
  }

  async #watch(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#clock.sleep(this.#pace.rest, signal).catch(() => undefined);
      if (signal.aborted) return;
      await this.#poll(signal);
    }
  }

  /** A newer order that came in meanwhile owns the status. */
  #mark(order: Order, state: OrderStatus["state"], at: Millis): void {
    if (this.#waiting === null) this.#status = { id: order.id, setpoint: order.setpoint, state, at };
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const wasKnown = this.#reading.kind === "known";
    try {
      const telemetry = await within(this.#clock, this.#pace.readDeadline, (until) => this.device.read(until), signal);
      this.#notice(telemetry);
      this.#reading = { kind: "known", telemetry, readAt: this.#clock.now() };
      this.#failure = null;
      if (!wasKnown) {
        this.#listener.event({ name: "device.found", device: this.device.id });
        this.#listener.moved();
      }
    } catch (error) {
      if (signal.aborted) return;
      const { code, message } = explain(error);
      this.#failure = { reason: code === "out-of-range" || code === "bug" ? "malformed" : code, message };
      this.#forget(this.#clock.now());
    }
  }

  /** A counter that goes back is a start anew. After our own orders that is how some firmware obeys. */
  #notice({ uptime: is }: Telemetry): void {
    const was = (this.#reading.kind === "known" ? this.#reading.telemetry : this.#reading.last)?.uptime ?? null;
    if (is === null || was === null || is >= was) return;
    const { uptime } = this.#clock.now();
    if (this.#status !== null && uptime - this.#status.at < OBEYING) return;
    this.#listener.event({ name: "device.rebooted", device: this.device.id, wasS: Math.round(was / 1000), isS: Math.round(is / 1000) });
  }

  /** One lost poll is no loss; a reading older than three periods is. */
  #aged(tick: Tick): Reading {
    this.#forget(tick);
    return this.#reading;
  }

  #forget(tick: Tick): void {
    const reading = this.#reading;
    if (reading.kind === "unknown") {
      // Never reached at all: say why instead of "not polled".
      if (reading.reason === "not-polled" && this.#failure !== null) this.#lose({ last: null, since: reading.since });
      return;
    }
    if (tick.uptime - reading.readAt.uptime > 3 * this.#pace.rest) this.#lose({ last: reading.telemetry, since: reading.readAt });
  }

  #lose(kept: { readonly last: Telemetry | null; readonly since: Tick }): void {
    const reason = this.#failure?.reason ?? "stale";
    this.#reading = { kind: "unknown", reason, ...kept };
    this.#listener.event({ name: "device.lost", device: this.device.id, reason, message: this.#failure?.message ?? "no poll has ended for three periods" });
    this.#listener.moved();
  }
}

/** Device errors end here; anything else is a bug of ours, contained to its device and said. */
function explain(error: unknown): { readonly code: DeviceError["code"] | "bug"; readonly message: string } {
  if (error instanceof DeviceError) return { code: error.code, message: error.message };
  return { code: "bug", message: stackOf(error) };
}
