/** One life: a plan carried out second by second on a virtual clock, and judged at every step. No sockets, no wall time. */
import { millis } from "../../agent/core/units.ts";
import { CATALOGUE } from "./catalogue.ts";
import type { Violation } from "./oracle/sight.ts";
import type { Plan } from "./plan.ts";
import type { Sabotage } from "./sabotage.ts";
import { World } from "./world.ts";

export interface LifeOptions {
  readonly trace?: (atS: number, line: string) => void;
  readonly sabotage?: Sabotage;
}

export interface LifeReport {
  readonly violations: readonly Violation[];
  /** Of everything the agent wrote into its journal: the same plan twice gives the same. */
  readonly logHash: string;
  /** Of every order with its time. */
  readonly ordersHash: string;
  readonly orders: number;
  /** How often each happening, and each clause that had something to judge. */
  readonly happened: Readonly<Record<string, number>>;
  readonly judged: Readonly<Record<string, number>>;
}

export async function live(plan: Plan, { trace, sabotage = {} }: LifeOptions = {}): Promise<LifeReport> {
  const world = new World(plan, { trace: trace ?? null, sabotage });
  world.operator.keys();
  world.allocate(1, [0, 0.5, 0.99]);
  world.start();
  let next = 0;
  let nextBeatS = 2;
  for (let s = 1; s <= plan.minutes * 60; s++) {
    world.pass();
    if (world.beating && s >= nextBeatS) {
      world.operator.heartbeat(world.beatEveryS);
      nextBeatS = s + world.beatEveryS;
    }
    for (let happening = plan.happenings[next]; happening !== undefined && happening.atS <= s; happening = plan.happenings[(next += 1)]) {
      world.say(`== ${happening.kind}${happening.lastsS > 0 ? ` for ${happening.lastsS} s` : ""}`);
      world.count(happening.kind);
      const end = CATALOGUE[happening.kind]?.begin(world, happening);
      if (typeof end === "function") world.after(happening.lastsS, end);
    }
    await world.clock.runUntil(millis(s * 1000));
    world.look();
  }
  const hashes = world.hashes();
  await world.finish();
  return {
    violations: world.oracle.violations, logHash: hashes.log, ordersHash: hashes.orders, orders: world.orders,
    happened: Object.fromEntries(world.counts), judged: Object.fromEntries(world.oracle.judgedTimes),
  };
}
