/** Breakers and phases as core counts them: amperes a watt of each machine is on each phase. */
import type { Circuit, Phases } from "../core/circuits.ts";
import type { Config } from "./schema.ts";

type Phase = NonNullable<Config["miners"][number]["phase"]>;

/** Between two phases lies the square root of 3 times the voltage to neutral, and both carry the whole current. */
const SHARES: Readonly<Record<Phase, Phases>> = {
  L1: [1, 0, 0], L2: [0, 1, 0], L3: [0, 0, 1],
  "L1-L2": [1 / Math.sqrt(3), 1 / Math.sqrt(3), 0], "L2-L3": [0, 1 / Math.sqrt(3), 1 / Math.sqrt(3)], "L3-L1": [1 / Math.sqrt(3), 0, 1 / Math.sqrt(3)],
  "L1-L2-L3": [1 / 3, 1 / 3, 1 / 3],
};

export function circuitsOf({ node, miners, meters }: Config): Circuit[] {
  if (node.phases === null) return [];
  const { voltageV, breakerA, imbalancePct } = node.phases;
  const amps = (phase: Phase): Phases => [SHARES[phase][0] / voltageV, SHARES[phase][1] / voltageV, SHARES[phase][2] / voltageV];
  const members = (of: Config["miners"]): Circuit["members"] => new Map(of.flatMap(({ id, phase }) => (phase === null ? [] : [[id, amps(phase)] as const])));
  const feed: Circuit = { name: "the rack's feed", amps: breakerA, imbalance: imbalancePct === null ? null : imbalancePct / 100, members: members(miners) };
  const pdus = meters.flatMap((meter): Circuit[] =>
    meter.breakerA === null ? [] : [{ name: meter.id, amps: meter.breakerA, imbalance: null, members: members(miners.filter(({ outlet }) => outlet?.meter === meter.id)) }]);
  return [feed, ...pdus];
}
