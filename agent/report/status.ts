/** The GLA/1 status object: what the agent does and why, retained on the grid link and shown by `curtailctl status`. */
import type { Compliance, PowerLimit } from "../core/model.ts";
import type { Decision } from "../core/decide.ts";
import type { DocumentRef } from "../core/grid.ts";
import type { Instant, Millis } from "../core/units.ts";
import { hundredths, isoTime, whole } from "./figures.ts";
import { middleOf } from "../core/units.ts";

/** What the signal room knows that core does not. */
export interface SignalFacts {
  readonly heartbeatAge: Millis | null;
  readonly heartbeatTimeout: Millis;
  /** null: no operator speaks documents here. */
  readonly heartbeat: "required" | "optional" | null;
  readonly clock: "synced" | "unsynced" | "heartbeat";
  readonly gap: { readonly for: Millis; readonly topics: readonly string[] } | null;
  readonly storage: "ok" | "failed";
  /** null: as above. */
  readonly signatures: "required" | "optional" | null;
  readonly refused: Readonly<Record<string, { readonly count: number; readonly lastAt: Instant }>>;
  /** Topics whose document came unsigned. */
  readonly unsigned: readonly string[];
  /** The last (epoch, seq) and id verified on each topic. */
  readonly held: Readonly<Record<string, readonly [number, number]>>;
  readonly heldIds: Readonly<Record<string, string>>;
  /** By node: which part of its watts is ours; and who says so. */
  readonly share: Readonly<Record<string, number>>;
  readonly shareFrom: "operator" | "config" | null;
  readonly licence: string | null;
  /** An allocation that waits for its beginning. */
  readonly next: { readonly ref: DocumentRef; readonly from: Instant | null } | null;
}

export interface StatusContext {
  readonly session: { readonly boot: string; readonly connects: number };
  readonly at: Instant;
  /** Since when what limits now has limited without a break; null: nothing does. */
  readonly bindingSince: Instant | null;
  readonly signal: SignalFacts;
  readonly software: string;
  readonly config: "ok" | "last-good";
  readonly logHead: string | null;
}

export type StatusDocument = ReturnType<typeof statusDocument>;

export function statusDocument(decision: Decision, context: StatusContext) {
  const { effective, draw, compliance } = decision;
  const { signal, at } = context;
  const binding = effective.binding;
  return {
    v: 1,
    type: "STATUS",
    at: isoTime(at),
    online: true,
    session: context.session,
    state: decision.state,
    restoring: decision.state === "restoring",
    compliance: compliance.kind,
    complianceW: complianceFigure(compliance),
    effectiveLimitW: limitW(effective.limit),
    budgetW: limitW(decision.budget),
    limitSource: binding?.source ?? null,
    bindingDoc: binding?.ref?.id ?? null,
    bindingBy: binding?.ref?.by ?? null,
    drill: binding?.ref?.drill === true,
    setpointW: decision.setpoint === null ? null : Math.floor(decision.setpoint.power),
    setpointDoc: decision.setpoint?.ref?.id ?? null,
    bindingSince: context.bindingSince === null ? null : isoTime(context.bindingSince),
    remainingS: binding?.until == null ? null : Math.max(0, Math.round((binding.until - at) / 1000)),
    measuredW: measuredW(decision),
    measuredLowW: whole(draw.low),
    measuredHighW: whole(draw.high),
    measuredQuality: decision.quality,
    hashrateThs: hashrateThs(decision),
    failsafeLimitW: whole(decision.failsafe),
    heartbeatAgeS: signal.heartbeatAge === null ? null : Math.round(signal.heartbeatAge / 1000),
    heartbeatTimeoutS: signal.heartbeatTimeout / 1000,
    heartbeat: signal.heartbeat,
    clock: signal.clock,
    gap: signal.gap === null ? null : { forS: Math.round(signal.gap.for / 1000), topics: signal.gap.topics },
    refused: Object.fromEntries(Object.entries(signal.refused).map(([code, { count, lastAt }]) => [code, { count, lastAt: isoTime(lastAt) }])),
    storage: signal.storage,
    config: context.config,
    signatures: signal.signatures,
    unsigned: signal.unsigned,
    held: signal.held,
    heldIds: signal.heldIds,
    next: signal.next === null ? null : { id: signal.next.ref.id, from: signal.next.from === null ? null : isoTime(signal.next.from) },
    share: signal.shareFrom === null ? null : signal.share,
    shareFrom: signal.shareFrom,
    software: context.software,
    licence: signal.licence,
    logHead: context.logHead,
    devices: deviceCounts(decision),
  };
}

/** What the broker says of us when we are gone. Offline means unreachable, never off. */
export function willDocument(context: { readonly session: StatusContext["session"]; readonly failsafeW: number; readonly heartbeatTimeoutS: number }) {
  return { v: 1, type: "STATUS", online: false, session: context.session, failsafeLimitW: context.failsafeW, heartbeatTimeoutS: context.heartbeatTimeoutS };
}

/** What makes two statuses worth a message of their own: a change of words, not of figures. */
export function statusKey(status: StatusDocument): string {
  const { state, compliance, effectiveLimitW, limitSource, bindingDoc, setpointW, share, next, measuredQuality, failsafeLimitW, clock, gap, storage, held, refused, devices } = status;
  const gapTopics = gap?.topics ?? null;
  const refusedCodes = Object.keys(refused).sort();
  return JSON.stringify([state, compliance, effectiveLimitW, limitSource, bindingDoc, setpointW, share, next, measuredQuality, failsafeLimitW, clock, gapTopics, storage, held, refusedCodes, devices]);
}

export const limitW = (limit: PowerLimit): number | null => (limit.kind === "limited" ? Math.floor(limit.power) : null);

/** The middle of what the meter leaves open; null when nothing but nameplates is known. */
export function measuredW({ draw, quality }: Decision): number | null {
  return quality === "unknown" ? null : Math.round(middleOf(draw));
}

export function hashrateThs(decision: Decision): number | null {
  let sum: number | null = null;
  for (const { device } of decision.views) {
    if (device.reading.kind === "known" && device.reading.telemetry.hashrate !== null) sum = (sum ?? 0) + device.reading.telemetry.hashrate;
  }
  return hundredths(sum);
}

function deviceCounts({ views, quarantined }: Decision) {
  return {
    total: views.length,
    answering: views.filter(({ device }) => device.reading.kind === "known").length,
    asleep: views.filter(({ device }) => device.reading.kind === "known" && device.reading.telemetry.state === "asleep").length,
    quarantined: quarantined.length,
  };
}

/** The figure that belongs to the word: margin when compliant, excess when not; null where there is none. */
function complianceFigure(compliance: Compliance): number | null {
  switch (compliance.kind) {
    case "compliant": return whole(compliance.margin);
    case "settling":
    case "at-floor":
    case "violating": return whole(compliance.excess);
    case "not-limited":
    case "unverified": return null;
  }
}

/** Remembers since when the same source, or document, has been what limits. */
export class BindingWatch {
  #key: string | null = null;
  #since: Instant | null = null;

  look({ effective: { binding } }: Decision, at: Instant): Instant | null {
    const key = binding === null ? null : `${binding.source} ${binding.ref?.topic ?? ""} ${binding.ref?.id ?? ""}`;
    if (key !== this.#key) this.#since = key === null ? null : at;
    this.#key = key;
    return this.#since;
  }
}
