/** What becomes of a document whose handling met a bug of ours. All that was changed has been brought back before. */
import type { Tick } from "../core/time.ts";
import { messageOf } from "../runtime/errors.ts";
import type { Desk } from "./desk.ts";
import { event, type SignalEffect } from "./effects.ts";
import { set } from "./latch.ts";
import type { Opened } from "./open.ts";
import { compareOrder } from "./order.ts";
import { refuse } from "./result.ts";

interface Met {
  readonly topic: string;
  readonly error: unknown;
  /** null: it had not verified; nobody is told but our own log. */
  readonly opened: Opened | null;
  readonly tick: Tick;
}

/**
 * It is refused, and no mark moves: a heartbeat that names it is a gap, so that whoever said something we could not take is
 * not taken to be content with what we do. An EMERGENCY of a known sender is one whatever else it says: the rack stops.
 */
export function afterBug(desk: Desk, { topic, error, opened, tick }: Met): SignalEffect[] {
  const refusal = refuse("INTERNAL", messageOf(error));
  const context = { tick, alarm: true };
  const silent = opened === null || opened.envelope.type === "HEARTBEAT";
  const told = silent ? desk.refuse(topic, refusal, context) : desk.reject(opened, refusal, context);
  const due = told.some(({ kind }) => kind === "event");
  return [...told, ...(due ? [{ kind: "bug", topic, error } as const] : []), ...(opened === null ? [] : stopped(desk, opened))];
}

/** In memory only: after a restart the broker says it again. A RELEASE clears it like any other. */
function stopped(desk: Desk, { envelope: { ref, type }, signer, hash }: Opened): SignalEffect[] {
  const latched = desk.latches.get(ref.topic)?.latch?.ref;
  const again = latched !== undefined && compareOrder(latched, ref) === 0;
  if (type !== "EMERGENCY" || again || desk.ledger.judge(ref.topic, signer, ref, hash) !== "newer") return [];
  desk.latches.set(ref.topic, set({ type, ref, action: "STOP" }));
  desk.changed();
  return [event("emergency.latched", { id: ref.id, topic: ref.topic, signer, ...(ref.drill === true && { drill: true }) })];
}
