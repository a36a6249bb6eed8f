/** What a rack of 1,000 ASICs takes of the farm link, at rest and while it moves: simulators with their noise, the real daemon, a broker, and somebody who counts. */
import { setTimeout as pause } from "node:timers/promises";
import { mqttLink } from "../../agent/link/mqtt-link.ts";
import type { Link } from "../../agent/runtime/link.ts";
import { silentLog } from "../../agent/runtime/log.ts";
import { stopwatch } from "../../agent/runtime/system-clock.ts";
import type { Bench } from "./bench.ts";
import { rounded, type Measured } from "./figures.ts";
import { until } from "./waiting.ts";
import { FARM_PREFIX, Rack } from "./rack.ts";

const ASICS = 1_000;
const WINDOW_S = 10;
/** Everything is told once after the start, as far as the budget goes. */
const BEGIN_S = 60;
const REST_S = 60;
const MOVING_S = 60;
/** The daemon's clock is set so that a quarter hour ends when all machines have just begun to move: its record is the largest thing told, and then there is least room. */
const QUARTER_MS = 900_000;
const QUARTER_AFTER_S = 5;
/** From the start of the rack to the end of the quarter hour: starting and the first reading take half a minute, a minute on a busy machine. */
const START_S = 60;
/** Fixed header of a PUBLISH and the length of its topic. */
const HEADER = 5;

export async function measureFarm(bench: Bench): Promise<Measured> {
  const length = bench.quick ? 0.5 : 1;
  const quarterAt = Date.now() + (START_S + (BEGIN_S + REST_S) * length + QUARTER_AFTER_S) * 1000;
  const aheadMs = QUARTER_MS - (quarterAt % QUARTER_MS);
  await using rack = await Rack.open({ asics: ASICS, name: "farm1000", farm: true, aheadMs }, bench);
  await rack.steady();
  const bySecond: number[] = [];
  await using counter = count(rack.broker, bySecond);
  await until(async () => counter.link.connected || "nobody counts", { everyMs: 50, withinMs: 10_000 });
  const during = async (seconds: number): Promise<readonly number[]> => {
    const from = bySecond.length;
    for (let second = 0; second < seconds; second += 1) {
      bySecond.push(0);
      await pause(1_000);
    }
    return bySecond.slice(from);
  };
  const begin = await during(BEGIN_S * length);
  const rest = await during(Math.floor((quarterAt - Date.now()) / 1000) - QUARTER_AFTER_S);
  if (rest.length < REST_S * length) throw new Error(`the rack was ready too late for a quarter hour's end: ${rest.length} s of rest instead of ${REST_S * length}`);
  rack.operator.allocate(Math.round(0.4 * rack.rig.nominalW));
  const down = await during((MOVING_S / 2) * length);
  rack.operator.allocate(rack.rig.nominalW);
  const up = await during((MOVING_S / 2) * length);
  if (counter.quarters.size !== 1) throw new Error(`${counter.quarters.size} quarter hours were told of`);
  const figures = { farm1000RestKBps: rounded(mean(rest) / 1000), farm1000MostKBps: rounded(Math.max(...[begin, rest, [...down, ...up]].map(mostOf)) / 1000) };
  bench.say(`farm1000: at rest ${figures.farm1000RestKBps} kB/s, at the most ${figures.farm1000MostKBps} kB/s over ${WINDOW_S} s`);
  return figures;
}

function count(broker: string, bySecond: number[]): AsyncDisposable & { readonly link: Link; readonly quarters: ReadonlySet<string> } {
  const quarters = new Set<string>();
  const end = new AbortController();
  const link = mqttLink({ urls: [broker], clientId: `bench-farm-${process.pid}`, subscriptions: [{ topic: `${FARM_PREFIX}/#`, qos: 0 }], clock: stopwatch(), log: silentLog, random: Math.random });
  const hear = ({ topic, payload }: { readonly topic: string; readonly payload: Uint8Array }): void => {
    if (topic.endsWith("/machines")) quarters.add((JSON.parse(Buffer.from(payload).toString()) as { readonly from: string }).from);
    const last = bySecond.length - 1;
    if (last >= 0) bySecond[last] = (bySecond[last] ?? 0) + HEADER + Buffer.byteLength(topic) + payload.length;
  };
  const running = link.run({ message: hear, connected: () => undefined, disconnected: () => undefined }, end.signal);
  return {
    link,
    quarters,
    async [Symbol.asyncDispose]() {
      end.abort();
      await running;
    },
  };
}

const mean = (seconds: readonly number[]): number => seconds.reduce((sum, bytes) => sum + bytes, 0) / Math.max(1, seconds.length);
const mostOf = (seconds: readonly number[]): number => Math.max(0, ...seconds.slice(0, Math.max(1, seconds.length - WINDOW_S + 1)).map((_, from) => mean(seconds.slice(from, from + WINDOW_S))));
