/** A thousand bad documents a second, beside a control cycle over 200 machines; time is simulated, what it costs is measured. */
import { performance } from "node:perf_hooks";
import { decide } from "../../agent/core/decide.ts";
import { startState } from "../../agent/core/state.ts";
import { device, input, metered, says, snapshot } from "../core/rack.ts";
import { Bench, newKey, own, type Said } from "./bench.ts";

export const machines = Array.from({ length: 200 }, (_, index) => device(`asic-${index}`, says("600")));

export interface Cost {
  /** The longest second: all its documents and its cycle, in milliseconds. */
  readonly longestMs: number;
  /** Writes asked of the disk while it lasted. */
  readonly commits: number;
  readonly events: number;
  /** Each is stored until it is heard. */
  readonly acks: number;
  readonly refused: number;
  /** Bytes of heap at the end over those after a quarter of the time. */
  readonly heapGrowth: number;
}

export function flood(seconds: number, perSecond = 1_000): Cost {
  const bench = new Bench({ signatures: "required" });
  const by: Said = { key: bench.grid, exp: bench.now() + 86_400_000 };
  bench.hear(bench.keySet(undefined, { exp: bench.now() + 86_400_000 }));
  bench.hear(bench.allocation(500_000, by));
  const old = bench.limit(0, { ...by, seq: 1 });
  const [replayed, unfit] = [bench.limit(0, { ...by, id: "e7", seq: 5 }), bench.limit(-1, { ...by, id: "e8" })];
  bench.hear(bench.limit(500_000, { ...by, id: "e7", seq: 6 }));
  const stranger = newKey("grid-1");
  const bad = [
    (index: number) => ({ topic: own(`event/x${index}`), payload: bench.limit(0, { key: stranger, id: `x${index}` }).payload }),
    () => ({ topic: own("allocation"), payload: '{"limitW":0}' }),
    () => ({ topic: own("emergency"), payload: "" }),
    () => ({ topic: own("event/e1"), payload: old.payload.slice(0, -9) }),
    // Genuine, captured and said again without the retain flag: older than what stands, or refused before.
    () => replayed,
    () => unfit,
    (index: number) => ({ topic: own(`event/${index}`), payload: "[".repeat(20_000) }),
    () => ({ topic: own("heartbeat"), payload: bench.heartbeat({}, { key: stranger }).payload }),
  ];
  const messages = Array.from({ length: 600 }, (_, index) => bad[index % bad.length]?.(index) ?? { topic: "", payload: "" });
  let rack = startState(bench.tick().uptime);
  const cost = { longestMs: 0, commits: 0, events: 0, acks: 0 };
  let heap = 0;
  const before = bench.effects.length;
  for (let second = 0; second < seconds; second += 1) {
    const begun = performance.now();
    for (let index = 0; index < perSecond; index += 1) bench.hear(messages[index % messages.length] ?? { topic: "", payload: "" });
    bench.wait(1_000);
    const tick = bench.tick();
    ({ rack } = decide(rack, input({ ...snapshot(machines, metered(700_000)), tick }, { heard: bench.signal.heard(), now: bench.signal.now(tick) })));
    cost.longestMs = Math.max(cost.longestMs, performance.now() - begun);
    if (second === Math.floor(seconds / 4)) heap = settledHeap();
  }
  for (const { kind } of bench.effects.slice(before)) {
    if (kind === "commit") cost.commits += 1;
    if (kind === "event") cost.events += 1;
    if (kind === "ack") cost.acks += 1;
  }
  const refused = Object.values(bench.signal.summary(bench.tick()).refused).reduce((sum, { count }) => sum + count, 0);
  return { ...cost, refused, heapGrowth: settledHeap() - heap };
}

/** Without --expose-gc it is what it is, rubbish included: the caller allows for that. */
function settledHeap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
