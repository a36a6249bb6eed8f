/** What `status` says about the signal, in core's units; the report room writes it down. */
import type { DocumentRef } from "../core/grid.ts";
import type { Tick } from "../core/time.ts";
import { millis, type Instant, type Millis } from "../core/units.ts";
import type { Desk } from "./desk.ts";
import { verifiedBy } from "./gap.ts";
import type { Refused } from "./refusals.ts";
import type { RefusalCode } from "./result.ts";

export interface SignalSummary {
  /** The last (epoch, seq) verified on each topic where something is held: what a heartbeat's `last` has to name. */
  readonly held: Readonly<Record<string, readonly [epoch: number, seq: number]>>;
  /** The id of what is held on each topic. */
  readonly heldIds: Readonly<Record<string, string>>;
  /** Topics whose document came unsigned. */
  readonly unsigned: readonly string[];
  readonly refused: Readonly<Partial<Record<RefusalCode, Refused>>>;
  readonly heartbeatAge: Millis | null;
  readonly heartbeatTimeout: Millis;
  readonly heartbeat: "required" | "optional";
  readonly signatures: "required" | "optional";
  readonly clock: "synced" | "unsynced" | "heartbeat";
  /** null: nothing is missing. */
  readonly gap: { readonly for: Millis; readonly topics: readonly string[] } | null;
  readonly storage: "ok" | "failed";
  /** An allocation that waits for its beginning. */
  readonly next: { readonly ref: DocumentRef; readonly from: Instant | null } | null;
  /** By node: which part of its watts is ours. */
  readonly share: Readonly<Record<string, number>>;
  /** `config`: the configuration alone grants one of them. null: none is granted. */
  readonly shareFrom: "operator" | "config" | null;
  /** As the rack's allocation says it. */
  readonly licence: string | null;
  /** Keys in force. */
  readonly keys: readonly string[];
}

export function summarise(desk: Desk, tick: Tick): SignalSummary {
  const { heartbeat, ledger, options, wall } = desk;
  const earliest = wall.earliest(tick);
  const held: Record<string, readonly [number, number]> = {};
  const heldIds: Record<string, string> = {};
  const unsigned: string[] = [];
  const hold = (topic: string, id: string): void => {
    const latest = ledger.latest(topic);
    if (latest === null) return;
    held[topic] = [latest.epoch, latest.seq];
    heldIds[topic] = id;
  };
  for (const [topic, shelf] of desk.shelves) {
    const youngest = shelf.standing.at(-1);
    if (youngest === undefined) continue;
    hold(topic, youngest.document.ref.id);
    if (youngest.signer === null) unsigned.push(topic);
  }
  for (const [topic, { latch, release }] of desk.latches) if (latch !== null) hold(topic, (release ?? latch).ref.id);
  const { bornAt, gapSince } = heartbeat.state;
  const now = desk.now(tick);
  const next = [...desk.shelves.values()].flatMap((shelf) => shelf.next(now)?.document ?? []).find(({ type }) => type === "ALLOCATION");
  const places = [...desk.shelves.keys()].flatMap((topic) => desk.topics.read(topic) ?? []).filter(({ own, kind }) => !own && kind !== "keys");
  const grants = places.flatMap((place) => {
    const grant = desk.grant(place);
    return grant === null ? [] : [[place.node, grant] as const];
  });
  const licence = desk.shelves.get(desk.topics.allocationOf(desk.topics.node))?.allocations().findLast(({ kept }) => kept)?.document.licence ?? null;
  return {
    held, heldIds, unsigned,
    refused: desk.refusals.summary(),
    heartbeatAge: bornAt === null ? null : millis(tick.uptime - bornAt),
    heartbeatTimeout: desk.timeout(),
    heartbeat: options.heartbeat,
    signatures: options.signatures,
    clock: wall.synchronised(tick) ? "synced" : options.clock === "heartbeat" && bornAt !== null ? "heartbeat" : "unsynced",
    gap: gapSince === null ? null : { for: millis(tick.uptime - gapSince), topics: heartbeat.missing(verifiedBy(desk)) },
    storage: desk.commits.storage,
    next: next?.type === "ALLOCATION" ? { ref: next.ref, from: next.allocation.valid.start } : null,
    share: Object.fromEntries(grants.map(([node, { share }]) => [node, share])),
    shareFrom: grants.length === 0 ? null : grants.some(([, { from }]) => from === "config") ? "config" : "operator",
    licence,
    keys: desk.ring.inForce(earliest),
  };
}
