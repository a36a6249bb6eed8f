/** The rack as the status page is told it, again and again over a bad link: few figures, round ones, and only what has changed. */
import type { Decision } from "../core/decide.ts";
import type { View } from "../core/view.ts";
import { deviceRow, type DeviceNotes } from "./devices.ts";
import type { AgentEvent } from "./events.ts";
import { isoTime } from "./figures.ts";
import { spoken } from "./runbook/runbook.ts";
import type { StatusDocument } from "./status.ts";

/** What does not change while the daemon runs. */
export interface LiveRack {
  readonly operator: string;
  readonly site: string;
  readonly rack: string;
  readonly nominalW: number;
  readonly software: string;
}

export function liveStatus(status: StatusDocument, { effective: { binding } }: Decision) {
  const { state, compliance, complianceW, effectiveLimitW, limitSource, bindingDoc, drill, measuredW, measuredLowW, measuredHighW, measuredQuality, hashrateThs, failsafeLimitW, clock, storage, config, next, devices } = status;
  return {
    state, compliance, complianceW, effectiveLimitW, limitSource, bindingDoc, drill, measuredW, measuredLowW, measuredHighW, measuredQuality, hashrateThs, failsafeLimitW, clock, storage, config, next, devices,
    /** When the limit ends; null: nobody has said. */
    until: binding?.until == null ? null : isoTime(binding.until),
  };
}

/** To 10 W and 0.1 TH/s: nobody sees more, and noise would be sent for ever. */
export function liveMachine(view: View, decision: Decision, notes: DeviceNotes) {
  const { state, powerW, drawBy, hashrateThs, temperatureC, setpoint, order, unknownReason, quarantineReason, maintenance, poolGuard } = deviceRow(view, decision, notes);
  return {
    state, drawBy, temperatureC, setpoint, unknownReason, quarantineReason, maintenance, poolGuard,
    powerW: to(10, powerW), hashrateThs: to(0.1, hashrateThs), mostW: Math.round(view.device.nameplate.highest), order: order?.state ?? null,
  };
}

/** An event in the log's words. */
export function eventRow({ at, name, ...fields }: AgentEvent) {
  const { level, text } = spoken(name, fields);
  const subject = fields["device"] ?? fields["meter"] ?? fields["outlet"] ?? fields["alarm"] ?? fields["id"] ?? null;
  const limit = fields["limitW"] ?? fields["toW"];
  const word = (value: unknown): string | null => (typeof value === "string" ? value : null);
  return { at, name, level, says: text, subject: word(subject), to: word(fields["to"]), limitW: typeof limit === "number" ? limit : null };
}

/** null: it is of one machine and no trouble. That machine's own page has it. */
export function liveEvent(event: AgentEvent): LiveEvent | null {
  const row = eventRow(event);
  return row.level === "info" && "device" in event ? null : row;
}

export type LiveStatus = ReturnType<typeof liveStatus>;
export type LiveMachine = ReturnType<typeof liveMachine>;
export type LiveEvent = ReturnType<typeof eventRow>;

/** The rack at one time. */
export interface LiveLook {
  readonly at: string;
  readonly status: LiveStatus;
  readonly machines: Readonly<Record<string, LiveMachine>>;
}

/** What is sent: everything the first time, then what is different. */
export interface LiveWord {
  readonly at: string;
  /** Seconds until the next word at the latest: who hears none for longer is out of touch. */
  readonly everyS: number;
  readonly rack?: LiveRack;
  readonly status?: Partial<LiveStatus>;
  readonly machines?: Readonly<Record<string, Partial<LiveMachine>>>;
  readonly events?: readonly LiveEvent[];
}

/** The wall time changes always and is sent always. */
export function liveChanges(before: LiveLook, after: LiveLook): Pick<LiveWord, "status" | "machines"> {
  const status = changed(before.status, after.status);
  const machines = Object.entries(after.machines).flatMap(([id, machine]) => {
    const word = changed(before.machines[id], machine);
    return word === null ? [] : [[id, word] as const];
  });
  return { ...(status !== null && { status }), ...(machines.length > 0 && { machines: Object.fromEntries(machines) }) };
}

function changed<T extends object>(before: T | undefined, after: T): Partial<T> | null {
  const keys = (Object.keys(after) as (keyof T)[]).filter((key) => before === undefined || JSON.stringify(before[key]) !== JSON.stringify(after[key]));
  return keys.length === 0 ? null : (Object.fromEntries(keys.map((key) => [key, after[key]])) as Partial<T>);
}

const to = (step: number, value: number | null): number | null => (value === null ? null : Number((Math.round(value / step) * step).toFixed(1)));
