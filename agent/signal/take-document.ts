/** ALLOCATION, LIMIT and KEYS: read, put beside what stands, kept on disk, and only then in the place of what they replace. */
import type { Tick } from "../core/time.ts";
import type { Desk } from "./desk.ts";
import { isEvent, isStanding, readDocument, type AllocationDocument, type StandingDocument } from "./documents.ts";
import { ack, event, type SignalEffect } from "./effects.ts";
import { entriesToText, type Entry } from "./entry.ts";
import { review } from "./gap.ts";
import type { Opened } from "./open.ts";
import { compareOrder } from "./order.ts";
import { accept, refuse, type Result } from "./result.ts";
import type { Shelf } from "./shelf.ts";
import { keyOf } from "./stored.ts";
import type { Place } from "./topics.ts";

/** More limits at once than any operator states. */
const mostEvents = 512;

/** A document that is newer than the last of its signer, or the same again. */
export function takeDocument(desk: Desk, place: Place, { opened, tick }: { readonly opened: Opened; readonly tick: Tick }): SignalEffect[] {
  const again = desk.shelves.get(place.topic)?.find((entry) => entry.hash === opened.hash && compareOrder(entry.document.ref, opened.envelope.ref) === 0);
  if (again) return again.failed ? keep(desk, place, { entry: again.entry, tick }) : [];
  const document = readStanding(desk, place, { opened, tick });
  if (!document.ok) return desk.rejectSeen(place, opened, { refusal: document, tick });
  const { signer, payload, hash, wire, short } = opened;
  return keep(desk, place, { entry: { signer, payload, hash, wire, short, ...desk.taking(document.value), document: document.value }, tick });
}

/** Also for a document whose first write failed and that has come again. */
export function keep(desk: Desk, place: Place, { entry, tick }: { readonly entry: Entry; readonly tick: Tick }): SignalEffect[] {
  const { signer, hash, document } = entry;
  const { ref, type, expires } = document;
  const mark = desk.ledger.move(place.topic, signer, { epoch: ref.epoch, seq: ref.seq, hash, taken: true, until: desk.markUntil(place, expires) });
  const shelf = desk.shelf(place.topic);
  const entries = shelf.put(entry, desk.now(tick));
  desk.changed();
  const changes = new Map([
    [keyOf.document(place.topic), entriesToText(entries)],
    [keyOf.mark(place.topic, signer), JSON.stringify(mark)],
  ]);
  const commit = desk.commit(ref, changes, {
    tick,
    done: (kept, later) => {
      if (kept) {
        shelf.settle(entries, desk.now(later));
        return settled(desk, shelf, { entry, tick: later });
      }
      shelf.fail(entry);
      return [ack({ ref, type }, "REJECTED", refuse("STORAGE", "could not be kept on disk: it narrows for now and raises nothing"))];
    },
  });
  const reviewed = review(desk, tick);
  confirmBy(desk, document, tick);
  return [ack({ ref, type }, "RECEIVED"), commit, ...reviewed];
}

function settled(desk: Desk, shelf: Shelf, { entry, tick }: { readonly entry: Entry; readonly tick: Tick }): SignalEffect[] {
  const { document, signer } = entry;
  const { ref, type } = document;
  const earliest = desk.wall.earliest(tick);
  const before = desk.ring.inForce(earliest);
  desk.changed();
  const waiting = shelf.next(desk.now(tick)) === entry;
  const status = answer(entry, waiting);
  const effects: SignalEffect[] = [
    accepted(desk, entry, status),
    event(status === "CANCELLED" ? "signal.cancelled" : "signal.accepted", {
      id: ref.id, topic: ref.topic, type, epoch: ref.epoch, seq: ref.seq, signer, waiting, ...(ref.drill === true && { drill: true }),
    }),
  ];
  if (document.type === "ALLOCATION" && grantsAnything(document)) effects.push({ kind: "resubscribe" });
  if (type !== "KEYS") return effects;
  const kids = desk.ring.inForce(earliest);
  effects.push(event("keys.changed", { kids: kids.join(" ") }));
  // What an unknown key had signed was refused: the broker still retains it.
  if (kids.some((kid) => !before.includes(kid))) effects.push({ kind: "resubscribe" });
  return effects;
}

/** A CANCELLED_RANDOM is accepted first; CANCELLED is said when it acts. */
function answer({ document, declined }: Entry, waiting: boolean): "ACCEPTED" | "CANCELLED" | "OPT_OUT" {
  if (!isEvent(document) || document.status === "ACTIVE") return declined ? "OPT_OUT" : "ACCEPTED";
  return waiting ? "ACCEPTED" : "CANCELLED";
}

function accepted(desk: Desk, { document, declined }: Entry, status: "ACCEPTED" | "CANCELLED" | "OPT_OUT"): SignalEffect {
  const reply = ack(document, status);
  if (status !== "ACCEPTED" || document.type === "KEYS" || declined) return reply;
  return { ...reply, ack: { ...reply.ack, terms: desk.terms(document) } };
}

/** What was refused for want of a share may be ours now: the broker still retains it. */
const grantsAnything = ({ shares, areas }: AllocationDocument): boolean => shares.size + areas.size > 0;

/** LPC-916: a write that follows a counting heartbeat confirms. */
function confirmBy(desk: Desk, document: StandingDocument, { uptime }: Tick): void {
  const alive = desk.heartbeat.counts(uptime, desk.timeout()) && desk.heartbeat.state.gapSince === null;
  if (document.type !== "KEYS" && alive) desk.heartbeat.confirm(uptime);
}

function readStanding(desk: Desk, place: Place, { opened, tick }: { readonly opened: Opened; readonly tick: Tick }): Result<StandingDocument> {
  const read = readDocument(opened.value, opened.envelope);
  if (!read.ok) return read;
  const document = read.value;
  if (!isStanding(document)) return refuse("AUDIENCE", `${document.type} does not belong on ${place.topic}`);
  if (document.type === "KEYS" && document.keys.some(({ key }) => desk.ring.root?.equals(key))) return refuse("SCHEMA", "keys: the pinned root key is among them, and it signs nothing else");
  if (desk.wall.inFuture(document.issued, tick)) return refuse("INVALID_TIME", "iat: more than 5 s ahead of a synchronised clock");
  // It verified: it is as late as this at least, whatever else is wrong with it.
  desk.wall.witness(document.issued, tick);
  if (document.expires <= desk.wall.earliest(tick)) return refuse("EXPIRED", "exp: passed");
  if (!concerns(desk, place, document)) return refuse("NOT_APPLICABLE", `${document.type} for ${place.node}: this rack has been granted no share of it`);
  if (desk.shelves.get(place.topic)?.full) return refuse("STORAGE", "the disk does not keep up");
  const room = place.kind !== "event" || desk.shelves.has(place.topic) || desk.shelves.size < mostEvents;
  if (!room || !desk.ledger.hasRoom(place.topic)) return refuse("STORAGE", "more events than this agent keeps");
  return accept(document);
}

/**
 * An ancestor's watts are for all of its racks: without a share granted to this one they say nothing about it. A step of
 * the ladder needs none, and what stands here already may always be replaced.
 */
function concerns(desk: Desk, place: Place, document: StandingDocument): boolean {
  if (place.own || document.type === "KEYS" || (document.type === "LEVEL" && !place.node.startsWith("area/"))) return true;
  if (desk.shelves.get(place.topic)?.empty === false) return true;
  const granted = document.type === "ALLOCATION" && document.shares.has(`rack/${desk.options.rack}`);
  return granted || desk.grant(place) !== null;
}
