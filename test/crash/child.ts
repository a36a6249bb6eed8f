/**
 * A process to be killed: writes a journal, fills and empties an outbox and commits to a store, and says on stdout what was
 * acknowledged to it and what it has sent. `drain`: takes nothing new, and ends when nothing waits.
 */
import { createPrivateKey } from "node:crypto";
import { readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { sealedBy } from "../../agent/attend/seal.ts";
import { headText } from "../../agent/record/chain.ts";
import { openDrawer } from "../../agent/record/drawer.ts";
import { openFolder } from "../../agent/record/folder.ts";
import { openJournal } from "../../agent/record/journal.ts";
import { openOutbox } from "../../agent/record/outbox.ts";
import { openStore } from "../../agent/record/store.ts";
import type { Delivery, OutgoingMessage } from "../../agent/runtime/link.ts";
import { stopwatch } from "../../agent/runtime/system-clock.ts";

const [dir = ".", first = "1", mode = "work"] = process.argv.slice(2);
const say = (...words: readonly (string | number)[]): void => void writeSync(1, `${words.join(" ")}\n`);
const clock = stopwatch();

/** A broker on the other side of the pipe: what is said here has arrived. */
async function deliver({ payload }: OutgoingMessage): Promise<Delivery> {
  const { n } = JSON.parse(String(payload)) as { readonly n: number };
  say("sent", n);
  if (Math.random() < 0.3) await pause(Math.random() * 5);
  return { kind: "acknowledged" };
}

const key = { kid: "rack-1", key: createPrivateKey(readFileSync(join(dir, "key.pem"))) };
const trouble = (reason: string | null): void => say("trouble", String(reason));
const journal = await openJournal({ disk: await openFolder(join(dir, "journal")), clock, seal: sealedBy(key), keepDays: 730, packAfterDays: 7, trouble });
if (journal.found.contradicts !== null) say("trouble", journal.found.contradicts);
const outbox = await openOutbox({
  drawer: await openDrawer(join(dir, "outbox")), link: { connected: true, deliver }, room: () => Promise.resolve(), clock, seal: (_topic, payload) => payload, topicRoot: "root", draw: () => "tag",
  summaries: { most: 1_000, mostBytes: 1_000_000 }, event: (name, fields) => say("trouble", name, JSON.stringify(fields)),
});
const store = await openStore(join(dir, "state"));
const ended = new AbortController();
const running = outbox.run(ended.signal);
say("ready");

if (mode === "drain") {
  while (outbox.waiting.evidence > 0) await pause(20);
  await pause(100);
  ended.abort();
  await running;
  await Promise.all([journal.close(), outbox.close(), store.close()]);
  say("drained");
} else {
  for (let n = Number(first); ; n += 1) {
    journal.write({ kind: "event", name: "crash.counted", n, filler: "x".repeat(n % 300) }, { atOnce: n % 5 === 0 });
    if (n % 50 === 0) journal.checkpoint();
    if (n % 3 === 0) void journal.settled().then((kept) => kept && say("journal", headText(journal.synced)));
    outbox.put("interval", { n });
    if (n % 4 === 0) void outbox.settled().then((kept) => kept && say("taken", n));
    if (n % 10 === 0) void store.commit(new Map([["n", String(n)], ["twin", String(n)]])).then(() => say("stored", n));
    if (n % 8 === 0) await pause(Math.random() * 4);
  }
}
