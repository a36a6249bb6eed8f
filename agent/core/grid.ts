/** What the grid has said, verified, in core's words. The signal room makes these from GLA/1 documents; core never sees JSON. */
import type { Instant, Millis, Watts } from "./units.ts";

/** Which document, on which topic. (epoch, seq) orders the documents of one topic. */
export interface DocumentRef {
  readonly id: string;
  readonly topic: string;
  readonly epoch: number;
  readonly seq: number;
  /** Rehearsed: acted on like any other, and marked wherever it is reported. */
  readonly drill?: true;
  /** Who said it, where it was not the operator in documents of their own. */
  readonly by?: string;
}

/** A stretch of wall time, `end` exclusive. null: open on that side. */
export interface Span {
  readonly start: Instant | null;
  readonly end: Instant | null;
}

/** ALLOCATION: what the rack may draw over a stretch of time. Binds only inside `valid`. */
export interface Allocation {
  readonly ref: DocumentRef;
  readonly valid: Span;
  /** maxW, the ceiling; null: no statement. */
  readonly ceiling: Watts | null;
  readonly firm: Watts | null;
  /** What LEVEL 0..3 mean: fractions of `firm`; null: not stated. */
  readonly levels: readonly number[] | null;
  readonly schedule: readonly { readonly span: Span; readonly limit: Watts | null }[];
  readonly failsafe: Failsafe | null;
  readonly restart: Restart | null;
  readonly report: { readonly telemetry: Millis | null; readonly interval: Millis | null } | null;
}

export interface Failsafe {
  readonly limit: Watts | null;
  readonly heartbeatTimeout: Millis;
  readonly onLoss: "FAILSAFE_NOW" | "SCHEDULE_THEN_FAILSAFE";
  readonly scheduleTrust: Millis;
}

export interface Restart {
  readonly minOff: Millis;
  readonly random: Millis;
  /** Percent of nominal power a minute. */
  readonly rampPercentPerMinute: number;
}

/** LIMIT: narrows for a while. Several bind together; the minimum holds. */
export interface LimitEvent {
  readonly ref: DocumentRef;
  readonly intervals: readonly PowerInterval[];
  /** At this instant nothing in it binds any more; null: not before it is taken back. */
  readonly expires: Instant | null;
}

export interface PowerInterval {
  readonly span: Span;
  readonly limit: Watts;
  /** A slope: from so much at the start of the span straight to `limit` at its end. Only with both ends given. */
  readonly from?: Watts;
}

/** SETPOINT: a wanted draw, never above the effective limit. One holds at a time. */
export interface SetpointEvent extends LimitEvent {
  /** The smaller goes first, as in IEEE 2030.5 and OpenADR. */
  readonly priority: number;
}

/** LEVEL: a limit said as a step of the allocation's own ladder. */
export interface LevelEvent {
  readonly ref: DocumentRef;
  readonly intervals: readonly { readonly span: Span; readonly level: number }[];
  readonly expires: Instant | null;
}

/** An emergency that has been said and not released. No end in time, whatever the clock. */
export interface Latch {
  readonly ref: DocumentRef;
  readonly action: "STOP" | "BLACK_START_HOLD";
}

/** The heartbeat as core needs it. Ages are monotonic: measured at arrival, grown by uptime. */
export interface HeartbeatState {
  /** Uptime at which the youngest counting heartbeat was issued; null before the first. */
  readonly bornAt: Millis | null;
  /** Uptime of the confirmation in force, null while there is none. */
  readonly confirmedAt: Millis | null;
  /** Uptime since when the operator has named a newer document than we hold. */
  readonly gapSince: Millis | null;
}

/**
 * Everything heard so far. A document not yet on disk stands here beside the one it replaces,
 * and the smaller binds: a drop acts at once, a raise waits for the disk.
 */
export interface Heard {
  readonly allocations: readonly Allocation[];
  readonly limits: readonly LimitEvent[];
  readonly levels: readonly LevelEvent[];
  readonly setpoints: readonly SetpointEvent[];
  readonly latches: readonly Latch[];
  readonly heartbeat: HeartbeatState;
}
