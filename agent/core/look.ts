/** What a cycle believes: the snapshot without a meter that does not measure, every device in it, and what is learnt from them. */
import { onBase } from "./curve.ts";
import type { BiasContext } from "./learn.ts";
import { compensateBias, learnBias, learnDevice } from "./learn.ts";
import { nextOutage } from "./outage.ts";
import type { Policy } from "./policy.ts";
import { nextWatch, seenAfter } from "./settle.ts";
import type { Snapshot } from "./snapshot.ts";
import type { RackState } from "./state.ts";
import { startDevice, stateWith } from "./state.ts";
import { blind, judgeMeter } from "./trial.ts";
import { seconds, type Millis, type Watts } from "./units.ts";
import type { View } from "./view.ts";
import { nextWear } from "./wear.ts";
import { fresh, modelOf, viewDevices, viewWith } from "./view.ts";

interface Seen {
  readonly snapshot: Snapshot;
  readonly policy: Policy;
}

/** Not polled is not unreachable: for so long after start the recorded orders stand for readings. */
const FIRST_POLLS = seconds(3);

/** In an emergency the dark is ours, and behind outlets that we have opened. */
export function outageOf(rack: RackState, { snapshot, policy }: Seen): ReturnType<typeof nextOutage> {
  const ours = rack.mode.emergency || [...rack.devices.values()].some(({ outlet }) => outlet !== null);
  if (ours) return { outage: null, back: false };
  const { devices, supply, tick } = snapshot;
  return nextOutage(rack.outage, { devices, states: rack.devices, supply, meter: fresh(snapshot.rack, policy), band: policy.supply, stale: policy.meterStale, uptime: tick.uptime });
}

/** The snapshot as far as it is believed, and every device in it. */
export function look(rack: RackState, { snapshot, policy }: Seen) {
  const { uptime } = snapshot.tick;
  const awaitingPolls = uptime - rack.startedAt < FIRST_POLLS && snapshot.devices.some(({ reading }) => reading.kind === "unknown" && reading.reason === "not-polled");
  const seen = seenAfter(rack.watch, policy);
  const view = (shot: Snapshot): View[] => viewDevices(shot, rack.devices, { policy, start: startDevice, awaiting: awaitingPolls, seen });
  const views = view(snapshot);
  const seenNow = nextWatch(rack.watch, views, { rack: rack.frozen === null ? snapshot.rack : null, policy, uptime });
  const meter = judgeMeter(rack, views, { snapshot, nominal: policy.nominal, watch: seenNow, seen });
  const watch = meter.awaited ? { ...seenNow, settled: false } : seenNow;
  if (meter.frozen === null) return { snapshot, views, meter, watch, seen, awaitingPolls };
  const believed = blind(snapshot);
  return { snapshot: believed, views: view(believed), meter, watch, seen, awaitingPolls };
}

export function learn(rack: RackState, views: readonly View[], context: BiasContext): { views: View[]; bias: Watts; fallingSince: Millis | null } {
  const { snapshot, policy, seen, teaches } = context;
  const { uptime } = snapshot.tick;
  const learnt = views.map((view) => {
    const state = learnDevice(view, { uptime, policy, seen, teaches });
    const curve = state.base === view.state.base ? view.curve : onBase(modelOf(view.device), state.base);
    return viewWith(view, { state: stateWith(state, { wear: nextWear(state.wear, view, uptime) }), curve });
  });
  const { fallingSince, limit, plan } = rack;
  const compensated = { bias: compensateBias(rack.bias, views, learnt, fresh(snapshot.rack, policy)), fallingSince, limit, plan };
  const learned = learnBias(compensated, learnt, context);
  return { views: learnt, bias: learned.bias, fallingSince: learned.fallingSince };
}
