/**
 * Runs the loop: see -> decide -> act -> tell. The same class runs the real rack and the
 * simulated lives: whatever touches the world comes in as a part.
 */
import { setMaxListeners } from "node:events";
import type { Decision } from "./core/decide.ts";
import { decide } from "./core/decide.ts";
import type { Heard } from "./core/grid.ts";
import type { Statement } from "./core/limit.ts";
import { recall } from "./core/memory.ts";
import { heartbeatTimeout, restartRule } from "./core/mode.ts";
import { absence } from "./core/outage.ts";
import { pinned, type MachineRule, type Policy } from "./core/policy.ts";
import type { RackState } from "./core/state.ts";
import { startState } from "./core/state.ts";
import type { Now, Tick } from "./core/time.ts";
import type { Millis } from "./core/units.ts";
import { millis, seconds, watts } from "./core/units.ts";
import { together } from "./core/voices.ts";
import { NO_RULE } from "./core/worth.ts";
import { Foresight } from "./foresight.ts";
import { Notebook } from "./notebook.ts";
import type { DaemonParts, Identity } from "./parts.ts";
import type { DeviceLoop } from "./plant/device-loop.ts";
import { Plant } from "./plant/plant.ts";
import { NO_NOTES, setpointWord, type DeviceNotes } from "./report/devices.ts";
import type { EventRing } from "./report/events.ts";
import type { StatusDocument } from "./report/status.ts";
import type { Tongue } from "./attend/attendant.ts";
import { Bell } from "./runtime/bell.ts";
import type { SignalEffect } from "./signal/effects.ts";
import type { Signal } from "./signal/signal.ts";
import { limitFrom, limitRecalled, limitSeen, technicianStatements, toKeep, type HeldLimit, type TechnicianLimit } from "./technician.ts";
import { Teller } from "./teller.ts";

const CYCLE = seconds(1);
/** A verified document is decided on at once; what the plant reports may gather for a moment. */
const AFTER_SIGNAL = millis(0);
const AFTER_PLANT = millis(250);
/** A flood of messages may not become a flood of cycles. */
const BETWEEN_CYCLES = millis(25);
const PARKING = seconds(15);

export class Daemon {
  readonly plant: Plant;
  /** What core would say to something that is not so. */
  readonly foresight = new Foresight(() => ({
    heard: this.heard,
    parts: { ...this.#parts, policy: this.#policy }, rack: this.#rack, u: this.#u, technician: this.technician, snapshot: (tick) => this.plant.snapshot(tick), local: (now, tick) => this.#local(now, tick, true),
  }));
  #parts: DaemonParts;
  readonly #teller: Teller;
  readonly #notebook: Notebook;
  readonly #bell = new Bell();
  #rack: RackState;
  #decision: Decision | null = null;
  #heard: Heard | null = null;
  #technician: HeldLimit | null = null;
  /** Where the technician has machines run, by id. */
  #pins: Readonly<Record<string, string>> = {};
  #parking: Statement | null = null;
  #u = 0;
  #due: Millis = millis(0);
  #lastCycle: Millis = millis(-1000);
  #started = false;
  /** Uptime until which a stop was announced: it leaves the rack as it is. */
  #stopAnnounced: Millis = millis(0);

  constructor(parts: DaemonParts) {
    this.#parts = parts;
    this.#rack = startState(parts.clock.now().uptime);
    this.plant = new Plant(parts.wiring, {
      clock: parts.clock,
      listener: { moved: () => this.#soon(millis(Math.max(AFTER_PLANT, parts.wiring.devices.length))), event: (event) => this.#teller.plantEvent(event) },
    });
    this.#notebook = new Notebook(parts.store, (reason) => this.#teller.event("storage.failed", { reason }));
    this.#teller = new Teller({ parts: () => this.#parts, ahead: (length) => this.foresight.ahead(length) });
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

  get technician(): TechnicianLimit | null {
    return limitSeen(this.#technician, this.#parts.clock.now());
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
      grid.run({ message: (message) => this.#hear(message), connected: (count) => this.#connected(count), disconnected: (reason) => this.#disconnected(reason) }, linkEnd.signal),
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

  /** The technician's own limit; null clears it. Stored before it is believed to survive a restart. */
  async limitBy(limit: { readonly powerW: number; readonly forMs: number | null } | null, who: string): Promise<void> {
    const { clock, signal } = this.#parts;
    const tick = clock.now();
    const held = limit === null ? null : limitFrom({ ...limit, who }, tick, signal.now(tick).latest !== null);
    this.#technician = held;
    this.#teller.event(held === null ? "technician.cleared" : "technician.limited", held === null ? { who } : { limitW: held.powerW, untilMs: held.until, who });
    this.#soon(AFTER_SIGNAL);
    await this.#notebook.keep("technician", held === null ? null : toKeep(held));
  }

  /** A machine is left alone, or taken up again. Stored, so that a restart of the daemon surprises nobody. */
  async maintain(device: DeviceLoop, on: boolean, who: string): Promise<void> {
    device.held = on;
    this.#teller.event(on ? "maintenance.begun" : "maintenance.ended", { device: device.device.id, who });
    this.#soon(AFTER_SIGNAL);
    const held = this.plant.devices.filter((loop) => loop.held).map((loop) => loop.device.id);
    await this.#notebook.keep("maintenance", held.length === 0 ? null : held);
  }

  /** A machine runs at one point as long as the limit leaves room for it; null: where the plan has it. Stored. */
  async pin({ device: { id } }: DeviceLoop, at: string | null, who: string): Promise<void> {
    const { [id]: _, ...others } = this.#pins;
    this.#pins = at === null ? others : { ...others, [id]: at };
    this.#teller.event(at === null ? "pin.cleared" : "pin.set", { device: id, ...(at !== null && { pin: at }), who });
    this.#soon(AFTER_SIGNAL);
    await this.#notebook.keep("pins", Object.keys(this.#pins).length === 0 ? null : this.#pins);
  }

  /** As configured, the technician's pins over it. */
  get #policy(): Policy {
    const { policy } = this.#parts;
    const pins = Object.keys(this.#pins);
    if (pins.length === 0) return policy;
    return { ...policy, rules: new Map([...policy.rules, ...pins.map((id) => [id, this.#rule(id)] as const)]) };
  }

  #rule(device: string): MachineRule {
    const rule = this.#parts.policy.rules.get(device) ?? NO_RULE;
    const at = Object.hasOwn(this.#pins, device) ? this.#pins[device] : undefined;
    return at === undefined ? rule : { ...rule, pin: pinned(at) };
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
    const { priority, pin } = this.#rule(device);
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

  /** Who stops the daemon within `length` means to start it again: the rack is left as it is. null takes it back. */
  announceStop(length: Millis | null, who: string): void {
    this.#stopAnnounced = millis(length === null ? 0 : this.#parts.clock.now().uptime + length);
    this.#teller.event(length === null ? "hold.ended" : "hold.announced", { ...(length !== null && { forS: length / 1000 }), who });
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
    this.#carryOut(signal.passed(tick));
    const now = signal.now(tick);
    const heard = this.#hearAll(now, tick);
    this.#heard = heard;
    const { rack, decision } = decide(this.#rack, {
      heard, now, synchronised: tick.error !== null, local: this.#local(now, tick), snapshot: this.plant.snapshot(tick), policy: this.#policy, u: this.#u,
    });
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
    return together(this.operated ? signal.heard() : null, attendants.flatMap((attendant) => attendant.speaks?.(now, tick) ?? []));
  }

  /** `elsewhen`: now is another time than the clock's. */
  #local(now: Now, tick: Tick, elsewhen = false): Statement[] {
    const { breakerW, config, policy, attendants } = this.#parts;
    const attended = attendants.flatMap((attendant) => (elsewhen ? attendant.foresees?.(now) : null) ?? attendant.limits?.(now, tick) ?? []);
    const breaker: Statement[] = breakerW === null ? [] : [{ source: "breaker", power: watts(breakerW), ref: null, until: null }];
    // A configuration that is not the one in force may be wrong about anything: it runs, and raises nothing.
    const outdated: Statement[] = config === "ok" ? [] : [{ source: "failsafe", power: policy.failsafe, ref: null, until: null }];
    return [...breaker, ...outdated, ...attended, ...technicianStatements(this.#technician, now), ...(this.#parking === null ? [] : [this.#parking])];
  }

  #hear(message: Parameters<Signal["receive"]>[0]): void {
    const { signal, clock } = this.#parts;
    this.#parts.log.debug({ topic: message.topic, bytes: message.payload.length, retain: message.retain }, "a message came");
    const before = signal.heard();
    this.#carryOut(signal.receive(message, clock.now()));
    const after = signal.heard();
    // A flood of messages that change nothing must not become a flood of cycles.
    if (after.allocations !== before.allocations || after.limits !== before.limits || after.latches !== before.latches) this.#soon(AFTER_SIGNAL);
  }

  #carryOut(effects: readonly SignalEffect[]): void {
    const { signal, clock, grid, log } = this.#parts;
    for (const effect of effects) {
      switch (effect.kind) {
        case "commit":
          void this.#notebook.write(effect.changes).then(() => true, () => false).then((kept) => {
            this.#carryOut(signal.committed(effect.id, kept, clock.now()));
            this.#soon(AFTER_SIGNAL);
          });
          break;
        case "ack":
          this.#teller.ack(effect.ack);
          break;
        case "event":
          this.#teller.event(effect.name, effect.fields);
          break;
        case "verified":
          for (const attendant of this.#parts.attendants) attendant.heard?.(effect.document);
          break;
        case "bug":
          log.error({ topic: effect.topic, stack: effect.error instanceof Error ? effect.error.stack : String(effect.error) }, "a bug of ours: a document of the grid was refused for it");
          break;
        case "resubscribe":
          grid.resubscribe();
          break;
      }
    }
  }

  #connected(count: number): void {
    this.#teller.connected(count);
    this.#parts.signal.session(true, this.#parts.clock.now());
    this.#soon(AFTER_SIGNAL);
  }

  #disconnected(reason: string): void {
    this.#teller.event("link.lost", { link: "grid", reason });
    this.#parts.signal.session(false, this.#parts.clock.now());
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
    this.#carryOut(signal.restore(stored, tick));
    const { technician, memory, maintenance, pins } = this.#notebook;
    this.#pins = pins;
    for (const id of maintenance) {
      const loop = this.plant.device(id);
      if (loop !== undefined) loop.held = true;
    }
    for (const attendant of this.#parts.attendants) {
      attendant.attach?.(this.#notebook.kept(attendant.name), {
        plant: this.plant,
        event: (name, fields) => this.#teller.event(name, fields),
        soon: () => this.#soon(AFTER_SIGNAL),
        keep: (value) => this.#notebook.keep(attendant.name, value),
      });
    }
    this.#technician = limitRecalled(technician, tick);
    this.#u = this.#notebook.restartDraw(random);
    const restart = restartRule(signal.heard().allocations, policy.restart);
    if (memory !== null) this.#rack = { ...recall(memory, { uptime: tick.uptime, u: this.#u, restart }), outage: absence(this.#notebook.writtenAt, tick) };
    log.info({ stored: stored.size, devices: this.#rack.devices.size }, "started");
  }

  /** Leaves the rack as policy says: nothing that stops may leave it above the failsafe limit, unless it was announced. */
  async #park(): Promise<void> {
    const { onStop, policy, clock } = this.#parts;
    if (onStop === "hold" || clock.now().uptime < this.#stopAnnounced) return;
    this.#parking = { source: onStop === "sleep" ? "technician" : "failsafe", power: onStop === "sleep" ? watts(0) : policy.failsafe, ref: null, until: null };
    const end = clock.now().uptime + PARKING;
    const never = new AbortController().signal;
    do {
      this.#cycle();
      if (this.#parked()) return;
      await clock.sleep(millis(250), never);
    } while (clock.now().uptime < end);
  }

  /** Every device that answers has its order: what is left is the way down. */
  #parked(): boolean {
    const { views } = this.#decision ?? { views: [] };
    return views.every(({ device, underway }) => !underway || device.order?.state === "acknowledged");
  }

  #heartbeatTimeout(): Millis {
    return heartbeatTimeout(this.heard.allocations);
  }
}
