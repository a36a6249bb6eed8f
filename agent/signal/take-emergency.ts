/** EMERGENCY and RELEASE: what latch.ts allows, at once in memory and in order on disk. */
import type { DocumentRef } from "../core/grid.ts";
import type { Tick } from "../core/time.ts";
import type { Desk } from "./desk.ts";
import { readDocument, type ReleaseDocument } from "./documents.ts";
import { ack, event, type SignalEffect } from "./effects.ts";
import { review } from "./gap.ts";
import { askRelease, clear, keepRelease, mayClear, set, unlatched, type LatchState } from "./latch.ts";
import type { Opened } from "./open.ts";
import { compareOrder } from "./order.ts";
import { accept, refuse, type Refusal, type Result } from "./result.ts";
import { keyOf } from "./stored.ts";
import type { Place } from "./topics.ts";

interface Arrival {
  readonly opened: Opened;
  readonly tick: Tick;
}

export function takeEmergency(desk: Desk, place: Place, { opened, tick }: Arrival): SignalEffect[] {
  const mark = desk.ledger.mark(place.topic, opened.signer);
  const again = mark !== null && mark.taken && compareOrder(mark, opened.envelope.ref) === 0;
  if (again && desk.commits.storage === "ok") return [];
  const state = desk.latches.get(place.topic) ?? unlatched;
  const next = again ? accept(state) : nextState(desk, state, { opened, tick });
  if (!next.ok) return desk.rejectSeen(place, opened, { refusal: next, tick, alarm: true });
  desk.latches.set(place.topic, next.value);
  desk.changed();
  const { ref, type } = opened.envelope;
  const moved = desk.ledger.move(place.topic, opened.signer, { epoch: ref.epoch, seq: ref.seq, hash: opened.hash, taken: true, until: null });
  const commit = desk.commit(ref, new Map([latchChange(place.topic, next.value), [keyOf.mark(place.topic, opened.signer), JSON.stringify(moved)]]), {
    tick,
    done: (kept, later) => (kept ? settled(desk, { ref, type, tick: later }) : [ack({ ref, type }, "REJECTED", notKept(type))]),
  });
  const latched = type === "EMERGENCY" && !again ? [event("emergency.latched", { id: ref.id, topic: ref.topic, signer: opened.signer, ...(ref.drill === true && { drill: true }) })] : [];
  return [ack({ ref, type }, "RECEIVED"), ...latched, commit, ...review(desk, tick)];
}

/** An EMERGENCY acts whatever the clock; a RELEASE raises and is held to it. */
function nextState(desk: Desk, state: LatchState, { opened, tick }: Arrival): Result<LatchState> {
  const read = readDocument(opened.value, opened.envelope);
  if (!read.ok) return read;
  if (read.value.type === "EMERGENCY") return accept(set(read.value));
  if (read.value.type !== "RELEASE") return refuse("AUDIENCE", `${read.value.type} does not belong on an emergency topic`);
  return release(desk, state, { document: read.value, tick });
}

function release(desk: Desk, state: LatchState, { document, tick }: { readonly document: ReleaseDocument; readonly tick: Tick }): Result<LatchState> {
  if (desk.wall.inFuture(document.issued, tick)) return refuse("INVALID_TIME", "iat: more than 5 s ahead of a synchronised clock");
  if (document.expires <= desk.wall.earliest(tick)) return refuse("EXPIRED", "exp: passed");
  desk.wall.witness(document.issued, tick);
  return askRelease(state, document);
}

function settled(desk: Desk, { ref, type, tick }: { readonly ref: DocumentRef; readonly type: string; readonly tick: Tick }): SignalEffect[] {
  const state = desk.latches.get(ref.topic);
  if (state !== undefined && type === "RELEASE") desk.latches.set(ref.topic, keepRelease(state, ref));
  const accepted = event("signal.accepted", { id: ref.id, topic: ref.topic, type, epoch: ref.epoch, seq: ref.seq });
  return [ack({ ref, type }, "ACCEPTED"), accepted, ...clearConfirmed(desk, tick)];
}

/** Clears every latch whose RELEASE is on disk and confirmed; the clearing acts when it is on disk as well. */
export function clearConfirmed(desk: Desk, tick: Tick): SignalEffect[] {
  const bySession = desk.options.heartbeat === "optional" && desk.heartbeat.sessionSettled(tick.uptime);
  return [...desk.latches].flatMap(([topic, state]) => {
    const named = desk.heartbeat.named(topic, tick.uptime, desk.timeout());
    const confirmed = (named !== null && mayClear(state, named)) || (bySession && mayClear(state, null));
    if (!confirmed || state.release === null || desk.clearing.has(topic)) return [];
    return clearing(desk, { topic, ref: state.release.ref, tick });
  });
}

function clearing(desk: Desk, { topic, ref, tick }: { readonly topic: string; readonly ref: DocumentRef; readonly tick: Tick }): SignalEffect[] {
  desk.clearing.add(topic);
  const commit = desk.commit(ref, new Map([latchChange(topic, unlatched)]), {
    tick,
    done: (kept) => {
      desk.clearing.delete(topic);
      const state = desk.latches.get(topic) ?? unlatched;
      const next = kept ? clear(state, ref) : state;
      desk.latches.set(topic, next);
      return next.latch === null ? [event("emergency.released", { id: ref.id, topic })] : [];
    },
  });
  return [commit];
}

const notKept = (type: string): Refusal =>
  refuse("STORAGE", type === "EMERGENCY" ? "latched, but not on disk: a restart would need it again" : "could not be kept on disk: the emergency goes on");

const latchChange = (topic: string, state: LatchState): [string, string | null] => [keyOf.latch(topic), state.latch === null ? null : JSON.stringify(state)];
