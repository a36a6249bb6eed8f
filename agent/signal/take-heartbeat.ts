/** HEARTBEAT: never acknowledged, never on disk by itself; it is counted by its age and compared with what was verified. */
import type { Tick } from "../core/time.ts";
import type { Desk } from "./desk.ts";
import { readDocument, type HeartbeatDocument } from "./documents.ts";
import type { SignalEffect } from "./effects.ts";
import { review, verifiedBy } from "./gap.ts";
import type { Opened } from "./open.ts";
import { accept, refuse, type Result } from "./result.ts";
import { clearConfirmed } from "./take-emergency.ts";
import type { Place } from "./topics.ts";

/** A heartbeat whose seq has risen. */
export function takeHeartbeat(desk: Desk, place: Place, { opened, tick }: { readonly opened: Opened; readonly tick: Tick }): SignalEffect[] {
  const document = readHeartbeat(desk, { opened, tick });
  if (!document.ok) return desk.refuse(place.topic, document, { tick });
  const synchronised = desk.wall.synchronised(tick);
  const age = desk.heartbeat.age(document.value, tick, synchronised);
  if (age > desk.timeout()) return desk.refuse(place.topic, refuse("EXPIRED", `issued ${Math.round(age / 1_000)} s ago: it does not count any more`), { tick });
  const { epoch, seq } = opened.envelope.ref;
  desk.ledger.move(place.topic, opened.signer, { epoch, seq, hash: opened.hash, taken: true, until: null });
  desk.wall.witness(document.value.issued, tick);
  desk.heartbeat.beat(document.value, age, tick);
  const effects = review(desk, tick);
  const verified = verifiedBy(desk);
  if (desk.heartbeat.state.gapSince === null && desk.heartbeat.matches(verified)) desk.heartbeat.confirm(tick.uptime);
  return [...effects, ...clearConfirmed(desk, tick)];
}

function readHeartbeat(desk: Desk, { opened, tick }: { readonly opened: Opened; readonly tick: Tick }): Result<HeartbeatDocument> {
  const read = readDocument(opened.value, opened.envelope);
  if (!read.ok) return read;
  if (read.value.type !== "HEARTBEAT") return refuse("AUDIENCE", `${read.value.type} does not belong on a heartbeat topic`);
  if (desk.wall.inFuture(read.value.issued, tick)) return refuse("INVALID_TIME", "iat: more than 5 s ahead of a synchronised clock");
  if (read.value.expires <= desk.wall.earliest(tick)) return refuse("EXPIRED", "exp: passed");
  return accept(read.value);
}
