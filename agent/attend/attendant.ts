/**
 * What attends the loop beside its own parts: a schedule, an E-stop contact, the journal, a guard over pools or outlets.
 * Each lives in a room of its own, and the daemon knows it only by this contract. The order is that of the list in run.ts.
 */
import type { Decision } from "../core/decide.ts";
import type { Heard } from "../core/grid.ts";
import type { Statement } from "../core/limit.ts";
import type { Now, Tick } from "../core/time.ts";
import type { Instant, Millis } from "../core/units.ts";
import type { Chore } from "../runtime/chore.ts";
import type { Plant } from "../plant/plant.ts";
import type { Asked } from "../report/asked.ts";
import type { DeviceNotes } from "../report/devices.ts";
import type { AgentEvent } from "../report/events.ts";
import type { Change } from "../report/changes.ts";
import type { StatusDocument } from "../report/status.ts";
import type { VerifiedDocument } from "../signal/effects.ts";

export interface Attendant {
  /** Also the prefix of what it keeps in the store. */
  readonly name: string;
  /** What it does by the calendar, where that may come late. */
  readonly chores?: readonly Chore[];
  /** Once, before the first decision: what it kept under its name, and the means to act between cycles. */
  attach?(kept: unknown, desk: Desk): void;
  /** Limits the rack sets itself. They join the minimum and can only narrow it. Asked before each decision. */
  limits?(now: Now, tick: Tick): readonly Statement[];
  /** What `limits` would say at another time, as far as that is known today; without it, what it says now. Changes nothing. */
  foresees?(now: Now): readonly Statement[];
  /** When what it states changes by the clock, between the two. */
  moments?(from: Instant, until: Instant): readonly Instant[];
  /** What a grid says through it, in a tongue of its own: it stands beside what others say, the smallest binds, and its silence is a lost signal. Asked before each decision. */
  speaks?(now: Now, tick: Tick): Heard;
  /** The grid that speaks through it, for people. */
  tongue?(uptime: Millis): Tongue;
  /** After each decision, its orders posted. What it returns is emitted as events. It must be quick and may not throw. */
  decided?(decision: Decision, told: Told): readonly Change[];
  /** Every grid document that verified, as it came, before anything is said or done about it. */
  heard?(document: VerifiedDocument): void;
  /** What it knows of one machine, for whoever looks at that. */
  about?(device: string): Partial<DeviceNotes>;
  /** Every event once, its own included. */
  happened?(event: AgentEvent): void;
  /** What it does in time of its own, until `signal` aborts. A rejection is a bug of ours and ends the daemon. */
  run?(signal: AbortSignal): Promise<void>;
}

/** What goes with a decision. */
export interface Told {
  readonly status: StatusDocument;
  readonly tick: Tick;
  /** How often the operator wants to hear of it. */
  readonly asked: Asked;
}

/** A grid that speaks otherwise than in documents: who it is, whether it is heard, what it says. */
export interface Tongue {
  readonly by: string;
  readonly heard: boolean;
  readonly ageS: number | null;
  readonly lostAfterS: number;
  /** Why it is not heard, as last seen. */
  readonly trouble: string | null;
  readonly events: readonly { readonly id: string; readonly name: string | null; readonly program: string; readonly priority: number | null; readonly says: readonly string[] }[];
}

export interface Desk {
  /** What the agent touches: to be looked at, and through its own doors to be acted on. */
  readonly plant: Plant;
  event(name: string, fields: Readonly<Record<string, unknown>>): void;
  /** A cycle as soon as cycles may follow each other: what it says in `limits` has changed. */
  soon(): void;
  /** Keeps one value under its name over restarts and power cuts; null forgets it. Rejects when it could not be kept. */
  keep(value: unknown): Promise<void>;
}
