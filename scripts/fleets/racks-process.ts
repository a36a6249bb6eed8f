/** Many racks in one process, asked over the IPC channel. Ends with the measurement, however that ends. */
import { setMaxListeners } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { wallMs } from "../bench/statistics.ts";
import { startRack, type FleetRack } from "./rack.ts";

export type Question = { readonly ask: "start"; readonly indices: readonly number[] } | { readonly ask: "look"; readonly event: string | null };

export interface Look {
  readonly racks: number;
  readonly connected: number;
  /** By state of their daemons. */
  readonly states: Readonly<Record<string, number>>;
  /** Wall time at which the event asked for arrived, of every rack it has. */
  readonly arrivals: readonly number[];
  /** Age of the heartbeats since the last look, ms. */
  readonly heartbeatMs: readonly number[];
  readonly cpuMs: number;
  readonly residentMb: number;
}

const [broker = ""] = process.argv.slice(2);
const stop = new AbortController();
setMaxListeners(0, stop.signal);
const racks: FleetRack[] = [];
const arrivals = new Map<string, number[]>();
let heartbeatMs: number[] = [];
/** A storm of connections is another measurement. */
const AT_ONCE = 20;
const BETWEEN_MS = 40;

function arrived({ topic, payload }: { readonly topic: string; readonly payload: Uint8Array }): void {
  const at = wallMs();
  if (topic.endsWith("/heartbeat")) {
    const { payload: body } = JSON.parse(Buffer.from(payload).toString("utf8")) as { readonly payload: string };
    heartbeatMs.push(at - Date.parse((JSON.parse(Buffer.from(body, "base64url").toString("utf8")) as { readonly iat: string }).iat));
    return;
  }
  const event = topic.split("/event/")[1];
  if (event === undefined) return;
  const of = arrivals.get(event) ?? [];
  arrivals.set(event, of);
  of.push(at);
}

function look(event: string | null): Look {
  const states: Record<string, number> = {};
  for (const { daemon } of racks) {
    const state = daemon.status?.state ?? "starting";
    states[state] = (states[state] ?? 0) + 1;
  }
  const { user, system } = process.cpuUsage();
  const told = heartbeatMs;
  heartbeatMs = [];
  return { racks: racks.length, connected: racks.filter(({ connected }) => connected).length, states, arrivals: event === null ? [] : (arrivals.get(event) ?? []), heartbeatMs: told, cpuMs: (user + system) / 1000, residentMb: process.memoryUsage.rss() / 1e6 };
}

process.on("message", (question: Question) => {
  void (async () => {
    if (question.ask === "start") {
      for (const [count, index] of question.indices.entries()) {
        racks.push(startRack(index, { broker, arrived, signal: stop.signal }));
        if (count % AT_ONCE === AT_ONCE - 1) await pause(BETWEEN_MS);
      }
    }
    process.send?.(look(question.ask === "look" ? question.event : null));
  })();
});
process.once("disconnect", () => process.exit(0));
process.send?.({ ready: true });
