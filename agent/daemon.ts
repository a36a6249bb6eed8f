/**
 * Runs the loop: see -> decide -> act -> tell. The same class runs the real rack and the
 * simulated lives: whatever touches the world comes in as a part.
 */
import { setMaxListeners } from "node:events";
import type { Decision } from "./core/decide.ts";
import type { Heard } from "./core/grid.ts";
import type { Statement } from "./core/limit.ts";
import { recall } from "./core/memory.ts";
import { heartbeatTimeout, restartRule } from "./core/mode.ts";
import { absence } from "./core/outage.ts";
import type { Policy } from "./core/policy.ts";
import type { RackState } from "./core/state.ts";
import { startState } from "./core/state.ts";
import type { Now, Tick } from "./core/time.ts";
import type { Millis } from "./core/units.ts";
import { millis, seconds, watts } from "./core/units.ts";
import { together } from "./core/voices.ts";
import { Decider } from "./decider.ts";
import { Foresight } from "./foresight.ts";
import { Hearing } from "./hearing.ts";
import { Notebook } from "./notebook.ts";
import type { DaemonParts, Identity } from "./parts.ts";
import type { DeviceLoop } from "./plant/device-loop.ts";
import { Plant } from "./plant/plant.ts";
import { NO_NOTES, setpointWord, type DeviceNotes } from "./report/devices.ts";
import type { EventRing } from "./report/events.ts";
import type { StatusDocument } from "./report/status.ts";
import type { Tongue } from "./attend/attendant.ts";
import { Bell } from "./runtime/bell.ts";
import { stackOf } from "./runtime/errors.ts";
import type { Signal } from "./signal/signal.ts";
import { Technician } from "./technician.ts";
import { Teller } from "./teller.ts";

const CYCLE = seconds(1);
/** A verified document is decided on at once; what the plant reports may gather for a moment. */
const AFTER_SIGNAL = millis(0);
const AFTER_PLANT = millis(250);
/** A flood of messages may not become a flood of cycles. */
const BETWEEN_CYCLES = millis(25);
const PARKING = seconds(15);
/** For machines that did not answer when the parking began: one of them may come back just then, and most will not. */
const PARKING_SILENT = seconds(2);

export class Daemon {
  readonly plant: Plant;
  readonly technician: Technician;
  /** What core would say to something that is not so. */
  readonly foresight = new Foresight(() => ({
    heard: this.heard,
    parts: { ...this.#parts, policy: this.#policy }, rack: this.#rack, u: this.#u, technician: this.technician.limit, snapshot: (tick) => this.plant.snapshot(tick), local: (now, tick) => this.#local(now, tick, true),
  }));
  #parts: DaemonParts;
  readonly #teller: Teller;
  readonly #notebook: Notebook;
  readonly #hearing: Hearing;
  readonly #decider = new Decider((name, fields, error) => {
    if (error !== null) this.#parts.log.error({ stack: stackOf(error) }, "a bug of ours: decided without what the grid has said");
    this.#teller.event(name, fields);
  });
  readonly #bell = new Bell();
  #rack: RackState;
  #decision: Decision | null = null;
  #heard: Heard | null = null;
  #parking: Statement | null = null;
  #u = 0;
  #due: Millis = millis(0);
  #lastCycle: Millis = millis(-1000);
  #started = false;

  constructor(parts: DaemonParts) {
    this.#parts = parts;
    this.#rack = startState(parts.clock.now().uptime);
    this.plant = new Plant(parts.wiring, {
      clock: parts.clock,
      listener: { moved: () => this.#soon(millis(Math.max(AFTER_PLANT, parts.wiring.devices.length))), event: (event) => this.#teller.plantEvent(event) },
    });
    this.#notebook = new Notebook(parts.store, (reason) => this.#teller.event("storage.failed", { reason }));
    this.technician = new Technician({
      plant: this.plant, clock: parts.clock, sure: () => this.#parts.signal.now(this.#parts.clock.now()).latest !== null, soon: () => this.#soon(AFTER_SIGNAL),
      event: (name, fields) => this.#teller.event(name, fields),
      keep: (name, value) => this.#notebook.keep(name, value),
    });
    this.#teller = new Teller({ parts: () => this.#parts, ahead: (length) => this.foresight.ahead(length) });
    this.#hearing = new Hearing({ parts: () => this.#parts, notebook: this.#notebook, teller: this.#teller, soon: () => this.#soon(AFTER_SIGNAL) });
  }

  /** null before the first cycle. */
  get decision(): Decision | null {
    return this.#decision;
  }

  get status(): StatusDocument | null {
    return this.#teller.status;
  }

  get events(): EventRing {
    return this.#teller.events;
  }

  get heartbeatTimeoutS(): number {
    return this.#heartbeatTimeout() / 1000;
  }

  get identity(): Identity {
    return this.#parts.identity;
  }

  get nominalW(): number {
    return this.#parts.policy.nominal;
  }

  /** Whether an operator speaks on the grid link. */
  get operated(): boolean {
    return this.#parts.operated ?? true;
  }

  get tongues(): readonly Tongue[] {
    const { clock, attendants } = this.#parts;
    return attendants.flatMap((attendant) => attendant.tongue?.(clock.now().uptime) ?? []);
  }

  /** Everything any grid says, as it stood at the last decision. */
  get heard(): Heard {
    return this.#heard ?? this.#parts.signal.heard();
  }

  get signal(): Signal {
    return this.#parts.signal;
  }

  /** Runs until `signal` aborts, parks the rack, says goodbye and resolves. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, grid, farm, log } = this.#parts;
    await this.#recall();
    const [plantEnd, linkEnd] = [new AbortController(), new AbortController()];
    // Every device's loop listens on it; Node would take more than ten for a leak.
    setMaxListeners(0, plantEnd.signal, linkEnd.signal, signal);
    const plant = this.plant.run(plantEnd.signal);
    const links = [
      grid.run({ message: (message) => this.#hearing.message(message), connected: (count) => this.#hearing.connected(count), disconnected: (reason) => this.#hearing.disconnected(reason) }, linkEnd.signal),
      ...(farm === null ? [] : [farm.run({
        message: () => undefined,
        connected: (count) => this.#teller.event("link.connected", { link: "farm", count }),
        disconnected: (reason) => this.#teller.event("link.lost", { link: "farm", reason }),
      }, linkEnd.signal)]),
    ];
    // A link whose listener threw has met a bug of ours: it must not go unseen.
    const attending = this.#parts.attendants.map((attendant) => attendant.run?.(plantEnd.signal));
    const failed = Promise.all([plant, ...links, ...attending]).then(() => undefined);
    try {
      await Promise.race([this.#loop(signal), failed]);
      this.#parts.notify.stopping();
      await Promise.race([this.#park(), failed]);
    } finally {
      this.#teller.offline(this.heartbeatTimeoutS);
      plantEnd.abort();
      linkEnd.abort();
      await Promise.allSettled([plant, ...links, ...attending]);
      await this.#notebook.settled();
      log.info({ uptimeS: Math.round(clock.now().uptime / 1000) }, "stopped");
    }
    await failed;
  }

  /** Another machine takes its place: what was learnt and wanted of this one is no word about that one. */
  forget({ device: { id } }: DeviceLoop, who: string): void {
    this.#rack = { ...this.#rack, devices: new Map([...this.#rack.devices].filter(([known]) => known !== id)) };
    this.#teller.event("device.replaced", { device: id, who });
    this.#soon(AFTER_SIGNAL);
  }

  /** What is known of a machine beside its readings. */
  about(device: string): DeviceNotes {
    const told = this.#parts.attendants.map((attendant) => attendant.about?.(device));
    const { priority, pin } = this.technician.rule(this.#parts.policy, device);
    return Object.assign({ ...NO_NOTES, maintenance: this.plant.device(device)?.held ?? false, priority, pin: setpointWord(pin) }, ...told);
  }

  /** Something a technician did to one machine or to the daemon, for the record. */
  told(name: "device.restarted" | "device.blinked" | "log.changed" | "technician.ordered", fields: Readonly<Record<string, unknown>>): void {
    this.#teller.event(name, fields);
  }

  /** Takes what can change while the rack runs. */
  adopt(terms: Pick<DaemonParts, "policy" | "breakerW" | "onStop">): void {
    this.#parts = { ...this.#parts, ...terms };
    this.#soon(AFTER_SIGNAL);
  }

  /** As configured, the technician's pins over it. */
  get #policy(): Policy {
    return this.technician.over(this.#parts.policy);
  }

  async #loop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const { uptime } = this.#parts.clock.now();
      if (uptime >= this.#due) this.#cycle();
      else await this.#bell.wait(this.#parts.clock, millis(this.#due - uptime), signal).catch(() => undefined);
    }
  }

  #cycle(): void {
    const { clock, signal, notify } = this.#parts;
    const tick = clock.now();
    const now = signal.now(tick);
    const { rack, decision, heard } = this.#decider.decide(this.#rack, {
      hear: () => this.#hearAll(now, tick),
      input: { now, synchronised: tick.error !== null, local: this.#local(now, tick), snapshot: this.plant.snapshot(tick), policy: this.#policy, u: this.#u },
    });
    this.#heard = heard;
    if (this.#rack.mode.restoring !== null && rack.mode.restoring === null) this.#u = this.#notebook.drawRestart(this.#parts.random);
    this.#rack = rack;
    this.#decision = decision;
    const kept = this.#notebook.remember(rack, tick);
    for (const order of decision.orders) this.plant.post(order, kept);
    this.#teller.decided(decision, { tick, heard });
    if (!this.#started) notify.ready();
    this.#started = true;
    notify.watchdog();
    this.#parts.log.debug({ state: this.status?.state, limitW: this.status?.effectiveLimitW, measuredW: this.status?.measuredW, orders: decision.orders.length }, "a cycle ended");
    this.#lastCycle = tick.uptime;
    this.#due = millis(tick.uptime + CYCLE);
  }

  #hearAll(now: Now, tick: Tick): Heard {
    const { signal, attendants } = this.#parts;
    this.#hearing.passed(tick);
    return together(this.operated ? signal.heard() : null, attendants.flatMap((attendant) => attendant.speaks?.(now, tick) ?? []));
  }

  /** `elsewhen`: now is another time than the clock's. */
  #local(now: Now, tick: Tick, elsewhen = false): Statement[] {
    const { breakerW, config, policy, attendants } = this.#parts;
    const attended = attendants.flatMap((attendant) => (elsewhen ? attendant.foresees?.(now) : null) ?? attendant.limits?.(now, tick) ?? []);
    const breaker: Statement[] = breakerW === null ? [] : [{ source: "breaker", power: watts(breakerW), ref: null, until: null }];
    // A configuration that is not the one in force may be wrong about anything: it runs, and raises nothing.
    const outdated: Statement[] = config === "ok" ? [] : [{ source: "failsafe", power: policy.failsafe, ref: null, until: null }];
    return [...breaker, ...outdated, ...attended, ...this.technician.statements(now), ...(this.#parking === null ? [] : [this.#parking])];
  }

  /** A cycle in at most `delay`, and not sooner after the last one than cycles may follow each other. */
  #soon(delay: Millis): void {
    const { uptime } = this.#parts.clock.now();
    const wanted = Math.max(this.#lastCycle + BETWEEN_CYCLES, uptime + delay);
    if (wanted >= this.#due) return;
    this.#due = millis(wanted);
    this.#bell.ring();
  }

  async #recall(): Promise<void> {
    const { signal, clock, policy, log, random } = this.#parts;
    const stored = await this.#notebook.open();
    const tick = clock.now();
    this.#hearing.restored(stored, tick);
    const { memory } = this.#notebook;
    this.technician.recall(this.#notebook);
    for (const attendant of this.#parts.attendants) {
      attendant.attach?.(this.#notebook.kept(attendant.name), {
        plant: this.plant,
        event: (name, fields) => this.#teller.event(name, fields),
        soon: () => this.#soon(AFTER_SIGNAL),
        keep: (value) => this.#notebook.keep(attendant.name, value),
      });
    }
    this.#u = this.#notebook.restartDraw(random);
    const restart = restartRule(signal.heard().allocations, policy.restart);
    if (memory !== null) this.#rack = { ...recall(memory, { uptime: tick.uptime, u: this.#u, restart }), outage: absence(this.#notebook.writtenAt, tick) };
    log.info({ stored: stored.size, devices: this.#rack.devices.size }, "started");
  }

  /** Leaves the rack as policy says: nothing that stops may leave it above the failsafe limit, unless it was announced. */
  async #park(): Promise<void> {
    const { onStop, policy, clock } = this.#parts;
    if (onStop === "hold" || this.technician.restarts) return;
    this.#parking = { source: onStop === "sleep" ? "technician" : "failsafe", power: onStop === "sleep" ? watts(0) : policy.failsafe, ref: null, until: null };
    const begun = clock.now().uptime;
    const never = new AbortController().signal;
    for (let length = 0; length < PARKING; length = clock.now().uptime - begun) {
      this.#cycle();
      if (this.#parked(length < PARKING_SILENT)) return;
      await clock.sleep(millis(250), never);
    }
  }

  /** Every device that answers has its order, and where `all`, those that do not as well: what is left is the way down. What the last cycle ordered is only in the mail yet. */
  #parked(all: boolean): boolean {
    const { views, orders } = this.#decision ?? { views: [], orders: [] };
    const inMail = new Set(orders.map(({ device }) => device));
    return views.every(({ device, known, underway }) => !(known || all) || (!inMail.has(device.id) && (!underway || device.order?.state === "acknowledged")));
  }

  #heartbeatTimeout(): Millis {
    return heartbeatTimeout(this.heard.allocations);
  }
}
