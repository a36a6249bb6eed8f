/**
 * A controller takes over from another: what it must not forget, brought together with what it may have heard already.
 * Marks only rise, so that nothing old can be fed to it; of each topic the documents of the side that is further hold.
 */
import { compareOrder } from "./order.ts";
import { clockFromText, entryCount, keyOf, latchFromText, markFromText, readKey, STORED_PREFIX } from "./stored.ts";
import { messageOf } from "../runtime/errors.ts";

export type Records = ReadonlyMap<string, string>;

/** What has to be written so that a store that holds `here` holds both. Throws a TypeError naming the record that cannot be read. */
export function takeOver(here: Records, brought: Records): Map<string, string | null> {
  for (const [key, text] of brought) check(key, text);
  const changes = new Map<string, string | null>();
  for (const topic of topicsOf(brought)) {
    if (!isFurther(furthest(brought, topic), furthest(here, topic))) continue;
    for (const key of [keyOf.document(topic), keyOf.latch(topic)]) {
      const text = brought.get(key) ?? null;
      if (text !== (here.get(key) ?? null)) changes.set(key, text);
    }
  }
  for (const [key, text] of brought) {
    const record = readKey(key);
    if (record?.kind === "mark") {
      const held = here.get(key);
      if (held === undefined || compareOrder(markFromText(text), markFromText(held)) > 0) changes.set(key, text);
    } else if (record?.kind === "clock") {
      if (clockFromText(text) > clockFromText(here.get(key) ?? "0")) changes.set(key, text);
    } else if (key === keyOf.seed || !key.startsWith(STORED_PREFIX)) {
      // The rack's own draws go with the rack; of everything else what is here already is the newer.
      if (key === keyOf.seed ? here.get(key) !== text : !here.has(key)) changes.set(key, text);
    }
  }
  return changes;
}

interface Order {
  readonly epoch: number;
  readonly seq: number;
}

const isFurther = (brought: Order | null, held: Order | null): boolean => brought !== null && (held === null || compareOrder(brought, held) > 0);

/** The last (epoch, seq) of a topic, whoever signed it. */
function furthest(records: Records, topic: string): Order | null {
  let last: Order | null = null;
  for (const [key, text] of records) {
    const record = readKey(key);
    if (record?.kind !== "mark" || record.topic !== topic) continue;
    const mark = markFromText(text);
    if (last === null || compareOrder(mark, last) > 0) last = mark;
  }
  return last;
}

function topicsOf(records: Records): Set<string> {
  return new Set([...records.keys()].flatMap((key) => {
    const record = readKey(key);
    return record === null || record.kind === "clock" ? [] : [record.topic];
  }));
}

/** Everything is read once before anything is written. */
function check(key: string, text: string): void {
  try {
    const record = readKey(key);
    if (record?.kind === "mark") markFromText(text);
    else if (record?.kind === "latch") latchFromText(text);
    else if (record?.kind === "clock") clockFromText(text);
    else if (record?.kind === "document") entryCount(text);
    else if (key === keyOf.seed) seedFromText(text);
    else JSON.parse(text);
  } catch (error) {
    throw new TypeError(`${key}: ${messageOf(error)}`, { cause: error });
  }
}

function seedFromText(text: string): void {
  if (!/^[0-9a-f]{64}$/.test(text)) throw new TypeError("not a seed");
}
