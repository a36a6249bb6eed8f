/**
 * What a technician wants of a rack: a limit of his own, machines at rest or at one point, a stop that means a start. All of it only
 * narrows, and outlives a restart of the daemon.
 */
import type { Statement } from "./core/limit.ts";
import { pinned, type MachineRule, type Policy } from "./core/policy.ts";
import type { Now } from "./core/time.ts";
import { millis, type Millis } from "./core/units.ts";
import { NO_RULE } from "./core/worth.ts";
import type { DeviceLoop } from "./plant/device-loop.ts";
import type { Plant } from "./plant/plant.ts";
import type { Clock } from "./runtime/clock.ts";
import { limitFrom, limitRecalled, limitSeen, technicianStatements, toKeep, type HeldLimit, type TechnicianLimit } from "./technician-limit.ts";

/** What was kept of it. */
export interface Wishes {
  readonly technician: TechnicianLimit | null;
  /** Ids of the machines in maintenance. */
  readonly maintenance: readonly string[];
  /** Where machines are pinned, by id. */
  readonly pins: Readonly<Record<string, string>>;
}

export interface TechnicianContext {
  readonly plant: Plant;
  readonly clock: Clock;
  /** Somebody vouches for the wall clock. */
  readonly sure: () => boolean;
  readonly event: (name: TechnicianEvent, fields: Readonly<Record<string, unknown>>) => void;
  /** A cycle follows at once. */
  readonly soon: () => void;
  /** Rejects when it could not be kept. */
  readonly keep: (name: keyof Wishes, value: unknown) => Promise<void>;
}

type TechnicianEvent = "technician.limited" | "technician.cleared" | "maintenance.begun" | "maintenance.ended" | "pin.set" | "pin.cleared" | "hold.announced" | "hold.ended";

export class Technician {
  readonly #context: TechnicianContext;
  #limit: HeldLimit | null = null;
  #pins: Readonly<Record<string, string>> = {};
  /** Uptime until which a stop was announced: it leaves the rack as it is. */
  #stopAnnounced: Millis = millis(0);

  constructor(context: TechnicianContext) {
    this.#context = context;
  }

  recall({ technician, maintenance, pins }: Wishes): void {
    this.#limit = limitRecalled(technician, this.#context.clock.now());
    this.#pins = pins;
    for (const id of maintenance) {
      const loop = this.#context.plant.device(id);
      if (loop !== undefined) loop.held = true;
    }
  }

  get limit(): TechnicianLimit | null {
    return limitSeen(this.#limit, this.#context.clock.now());
  }

  statements(now: Now): Statement[] {
    return technicianStatements(this.#limit, now);
  }

  /** Who stops the daemon now means to start it again. */
  get restarts(): boolean {
    return this.#context.clock.now().uptime < this.#stopAnnounced;
  }

  /** His own limit; null clears it. Stored before it is believed to survive a restart. */
  async limitBy(limit: { readonly powerW: number; readonly forMs: number | null } | null, who: string): Promise<void> {
    const { clock, sure, keep } = this.#context;
    const held = limit === null ? null : limitFrom({ ...limit, who }, clock.now(), sure());
    this.#limit = held;
    this.#tell(held === null ? "technician.cleared" : "technician.limited", held === null ? { who } : { limitW: held.powerW, untilMs: held.until, who });
    await keep("technician", held === null ? null : toKeep(held));
  }

  /** A machine is left alone, or taken up again. Stored, so that a restart of the daemon surprises nobody. */
  async maintain(device: DeviceLoop, on: boolean, who: string): Promise<void> {
    device.held = on;
    this.#tell(on ? "maintenance.begun" : "maintenance.ended", { device: device.device.id, who });
    const held = this.#context.plant.devices.filter((loop) => loop.held).map((loop) => loop.device.id);
    await this.#context.keep("maintenance", held.length === 0 ? null : held);
  }

  /** A machine runs at one point as long as the limit leaves room for it; null: where the plan has it. Stored. */
  async pin({ device: { id } }: DeviceLoop, at: string | null, who: string): Promise<void> {
    const { [id]: _, ...others } = this.#pins;
    this.#pins = at === null ? others : { ...others, [id]: at };
    this.#tell(at === null ? "pin.cleared" : "pin.set", { device: id, ...(at !== null && { pin: at }), who });
    await this.#context.keep("pins", Object.keys(this.#pins).length === 0 ? null : this.#pins);
  }

  /** Who stops the daemon within `length` means to start it again: the rack is left as it is. null takes it back. */
  announceStop(length: Millis | null, who: string): void {
    this.#stopAnnounced = millis(length === null ? 0 : this.#context.clock.now().uptime + length);
    this.#context.event(length === null ? "hold.ended" : "hold.announced", { ...(length !== null && { forS: length / 1000 }), who });
  }

  /** As configured, his pins over it. */
  over(policy: Policy): Policy {
    const pins = Object.keys(this.#pins);
    if (pins.length === 0) return policy;
    return { ...policy, rules: new Map([...policy.rules, ...pins.map((id) => [id, this.rule(policy, id)] as const)]) };
  }

  rule(policy: Policy, device: string): MachineRule {
    const rule = policy.rules.get(device) ?? NO_RULE;
    const at = Object.hasOwn(this.#pins, device) ? this.#pins[device] : undefined;
    return at === undefined ? rule : { ...rule, pin: pinned(at) };
  }

  #tell(name: TechnicianEvent, fields: Readonly<Record<string, unknown>>): void {
    this.#context.event(name, fields);
    this.#context.soon();
  }
}
