/** What was kept, after a restart. It binds beside the failsafe limit until a confirmation (LPC-TS-017). */
import type { Tick } from "../core/time.ts";
import type { Desk } from "./desk.ts";
import { event, type SignalEffect } from "./effects.ts";
import { entriesFromText } from "./entry.ts";
import type { Signer } from "./ledger.ts";
import { clockFromText, keyOf, latchFromText, markFromText, readKey, unreadableLatch, type StoredRecord } from "./stored.ts";
import { messageOf } from "../runtime/errors.ts";

/** Every record is read on its own: one that cannot be read costs itself and an event, and a latch stays a latch. */
export function restore(desk: Desk, stored: ReadonlyMap<string, string>, tick: Tick): SignalEffect[] {
  const effects = restoreSeed(desk, stored.get(keyOf.seed), tick);
  const lost = new Set<string>();
  for (const [key, text] of stored) {
    const record = readKey(key);
    if (record === null) continue;
    try {
      restoreOne(desk, record, { text, tick });
    } catch (error) {
      if (record.kind === "document" || record.kind === "latch") lost.add(record.topic);
      if (record.kind === "latch") desk.latches.set(record.topic, unreadableLatch(record.topic));
      desk.commits.storage = "failed";
      effects.push(event("storage.failed", { key, reason: messageOf(error) }));
    }
  }
  for (const [topic, shelf] of desk.shelves) {
    const youngest = shelf.standing.at(-1);
    if (youngest !== undefined) rememberLast(desk, topic, youngest.signer);
  }
  // The broker still retains it: named by a heartbeat it is a gap, and what comes is taken.
  for (const topic of lost) desk.ledger.lose(topic);
  desk.changed();
  return effects;
}

function restoreOne(desk: Desk, record: StoredRecord, { text, tick }: { readonly text: string; readonly tick: Tick }): void {
  switch (record.kind) {
    case "clock":
      desk.wall.witness(clockFromText(text), tick);
      return;
    case "mark":
      desk.ledger.move(record.topic, record.signer, markFromText(text));
      return;
    case "latch":
      desk.latches.set(record.topic, latchFromText(text));
      return;
    case "document": {
      const entries = entriesFromText(text, record.topic, { topics: desk.topics, taking: (document) => desk.taking(document) });
      if (!entries.ok) throw new TypeError(entries.reason);
      desk.shelf(record.topic).restore(entries.value);
    }
  }
}

/** Before the documents, which are dated by it. Drawn once, on the first start. */
function restoreSeed(desk: Desk, text: string | undefined, tick: Tick): SignalEffect[] {
  const known = text !== undefined && /^[0-9a-f]{64}$/.test(text);
  desk.seed = known ? text : desk.options.drawSeed();
  return known ? [] : [desk.commit(null, new Map([[keyOf.seed, desk.seed]]), { tick, done: () => [] })];
}

/** Of several signers on a topic, the one whose document stands moved last. */
function rememberLast(desk: Desk, topic: string, signer: Signer): void {
  const mark = desk.ledger.mark(topic, signer);
  if (mark !== null) desk.ledger.move(topic, signer, mark);
}
