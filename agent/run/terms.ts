/** The rules core decides by, as the configuration says them. */
import { heatOf, loadModel } from "../../drivers/models.ts";
import { circuitsOf } from "../config/circuits.ts";
import type { Config } from "../config/schema.ts";
import type { MachineRule, Policy } from "../core/policy.ts";
import { breakEven, DEFAULT_POLICY, pinned } from "../core/policy.ts";
import { bandAround } from "../core/supply.ts";
import { celsius, seconds, watts } from "../core/units.ts";

/** What of a configuration a running daemon can take; config/live.ts names the keys. */
export const liveTerms = (config: Config) => ({ policy: policyOf(config), breakerW: config.node.breakerW, onStop: config.policy.onStop });

function policyOf(config: Config): Policy {
  const { node, grid, policy } = config;
  return {
    ...DEFAULT_POLICY,
    nominal: watts(node.nominalW),
    failsafe: watts(grid.failsafeLimitW),
    restart: { minOff: seconds(0), random: seconds(policy.restartRandomS), rampPercentPerMinute: policy.rampPctPerMin },
    raisesPerCycle: policy.maxChangesPerCycle,
    turns: { minOff: seconds(policy.minSleepS), minOn: seconds(policy.minRunS) },
    wakes: { atOnce: policy.wakesAtOnce, spacing: seconds(policy.wakeSpacingS) },
    circuits: circuitsOf(config),
    outlets: { grace: seconds(policy.pduGraceS), perStep: policy.outletsAtOnce, spacing: seconds(policy.outletSpacingS) },
    heat: heatLimits(config),
    keepWarm: policy.keepWarm === null ? null : celsius(Math.max(policy.keepWarm.belowC, (policy.keepWarm.dewPointC ?? -Infinity) + ABOVE_DEW_C)),
    supply: node.supply === null ? null : bandAround(node.supply),
    least: policy.revenue === null ? 0 : breakEven(policy.revenue),
    rules: rulesOf(config),
    wear: { between: seconds(policy.changesApartS), rotation: policy.rotateAfterH === 0 ? Infinity : seconds(policy.rotateAfterH * 3600) },
  };
}

/** Only those that are not like the others. */
const rulesOf = ({ miners }: Config): ReadonlyMap<string, MachineRule> =>
  new Map(miners.flatMap(({ id, priority, pin }) => (priority === 0 && pin === null ? [] : [[id, { priority, pin: pin === null ? null : pinned(pin) }] as const])));

/** Boards as warm as this above the dew point stay dry. */
const ABOVE_DEW_C = 3;

/** By model, and what the owner says otherwise. */
function heatLimits({ miners, policy: { heat } }: Config): Policy["heat"] {
  return new Map(miners.map(({ id, model, limits }) => {
    const own = heatOf(loadModel(model));
    return [id, {
      ...own, board: celsius(limits?.boardMaxC ?? own.board), chip: celsius(limits?.chipMaxC ?? own.chip), inlet: celsius(heat.inletMaxC ?? own.inlet),
      cool: heat.coolInletC === null ? null : celsius(heat.coolInletC),
    }];
  }));
}
