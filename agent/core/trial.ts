/**
 * Does the rack's meter still measure? Two signs say it does not: orders that should have moved it did not (one machine
 * that ignores its order is no trial), or it shows the very same figure while the machines report another draw. Such a
 * meter teaches nothing and allows nothing until it moves again.
 */
import type { Snapshot } from "./snapshot.ts";
import { boots } from "./outlets.ts";
import type { Order, RackState } from "./state.ts";
import type { View } from "./view.ts";
import { expectedNow } from "./view.ts";
import type { Teaches } from "./learn.ts";
import type { Watch } from "./settle.ts";
import type { Millis, Watts } from "./units.ts";

/** What the meter showed when the rack was last at rest, and what each that was ordered since should have drawn then. */
export interface Trial {
  readonly before: Watts;
  readonly drew: ReadonlyMap<string, number>;
}

/** The same figure to the watt, what the machines said together when it came, and since when they say something else. */
export interface Stillness {
  readonly power: Watts;
  readonly said: number;
  readonly contradictedSince: Millis | null;
}

/** The figure a meter that is not believed stands at, and since when the machines' words are the same. */
export interface Frozen {
  readonly power: Watts;
  readonly agreesSince: Millis | null;
}

/** Smaller changes drown in drift: a fraction of nominal power. */
const WORTH_A_TRIAL = 0.05;
/** Less than this share of the expected change is no movement. */
const MOVED = 0.2;
/** A frozen meter that shows this much else measures again. */
const ALIVE = 0.01;

/** Machines and meter saying the same is as good. */
const AGREES = { fraction: 0.05, watts: 30, atLeast: 60_000 } as const;
/** The machines' words have to change by this much, a fraction or watts, while the meter shows the same; and by twice what its noise and resolution may hide. */
const STILL = { fraction: 0.01, watts: 30, hidden: 2 } as const;

/** An order shows so much later than expected at the most: until then a meter that has not moved is late, not frozen. */
const PATIENCE = 10_000;

/** `awaited`: it has yet to show what was ordered, and nothing is settled before. */
export type MeterTrust = Pick<RackState, "trial" | "frozen" | "still"> & { readonly awaited: boolean };

interface TrustContext {
  readonly snapshot: Snapshot;
  readonly nominal: Watts;
  readonly watch: Watch;
  /** How long after its end a change is surely seen. */
  readonly seen: Millis;
}

/** To be asked before anything is learnt from the meter. */
export function judgeMeter(rack: RackState, views: readonly View[], { snapshot, nominal, watch, seen }: TrustContext): MeterTrust {
  const { uptime } = snapshot.tick;
  const power = snapshot.rack?.power ?? null;
  const { trial, frozen } = rack;
  if (power === null) return { trial: null, frozen, still: null, awaited: false };
  const said = ownWords(views);
  if (frozen !== null) return { trial: null, frozen: thawed(frozen, { power, agrees: agrees(views, power, said), nominal, uptime }), still: null, awaited: false };
  const still = stillness(rack.still, { power, said, uptime, uncertainty: snapshot.rack?.uncertainty ?? 0 });
  const stands = { trial: null, frozen: { power, agreesSince: null }, still: null, awaited: false };
  // Some machine may be ordered at any time: the figure itself says that it stands still, not the rack.
  if (still.contradictedSince !== null && uptime - still.contradictedSince >= seen + PATIENCE) return stands;
  if (!watch.settled) return { trial, frozen: null, still, awaited: false };
  const change = trial === null ? 0 : changeOf(trial, views);
  const unmoved = trial !== null && trial.drew.size > 1 && Math.abs(change) > WORTH_A_TRIAL * nominal && (power - trial.before) / change < MOVED;
  if (!unmoved && still.contradictedSince === null) return { trial: null, frozen: null, still, awaited: false };
  return unmoved && uptime - watch.quietAt >= seen + PATIENCE ? stands : { trial, frozen: null, still, awaited: true };
}

/** Who has no power says nothing and draws nothing. */
const agrees = (views: readonly View[], power: Watts, said: number): boolean =>
  views.every(({ device, state }) => device.reading.kind === "known" || (device.feed?.on === false && !boots(device, state))) && Math.abs(said - power) <= AGREES.fraction * power + AGREES.watts;

/** It measures again when it moves. Machines may pass by the very figure it stands at, so agreeing counts when it shows another besides, or lasts. */
function thawed(frozen: Frozen, now: { readonly power: Watts; readonly agrees: boolean; readonly nominal: Watts; readonly uptime: Millis }): Frozen | null {
  const { power, nominal, uptime } = now;
  if (Math.abs(power - frozen.power) > ALIVE * nominal) return null;
  if (!now.agrees) return frozen.agreesSince === null ? frozen : { ...frozen, agreesSince: null };
  const agreesSince = frozen.agreesSince ?? uptime;
  return power !== frozen.power || uptime - agreesSince >= AGREES.atLeast ? null : { ...frozen, agreesSince };
}

function stillness(before: Stillness | null, { power, said, uptime, uncertainty }: { readonly power: Watts; readonly said: number; readonly uptime: Millis; readonly uncertainty: number }): Stillness {
  if (before?.power !== power) return { power, said, contradictedSince: null };
  const contradicts = Math.abs(said - before.said) > Math.max(STILL.fraction * power, STILL.watts, STILL.hidden * uncertainty);
  const contradictedSince = contradicts ? (before.contradictedSince ?? uptime) : null;
  return contradictedSince === before.contradictedSince ? before : { ...before, contradictedSince };
}

/** What the machines that speak of it say they draw. */
function ownWords(views: readonly View[]): number {
  let said = 0;
  // What was said before its outlet opened is no contradiction.
  for (const { device } of views) if (device.reading.kind === "known" && device.feed?.on !== false) said += device.reading.telemetry.power ?? 0;
  return said;
}

/** Takes in whom new orders change. It begins with a rack at rest: what a meter shows while it moves is no level to compare with. */
export function extendTrial(trial: Trial | null, orders: readonly Order[], context: { readonly views: readonly View[]; readonly snapshot: Snapshot; readonly settled: boolean }): Trial | null {
  const power = context.snapshot.rack?.power ?? null;
  if (orders.length === 0 || power === null || (trial === null && !context.settled)) return trial;
  const byId = new Map(context.views.map((view) => [view.device.id, view]));
  const drew = new Map(trial?.drew);
  for (const { device } of orders) {
    const view = byId.get(device);
    if (view?.known === true && !drew.has(device)) drew.set(device, expectedNow(view));
  }
  return { before: trial?.before ?? power, drew };
}

/** By where they say they are; whoever says nothing now has no part in it. */
function changeOf({ drew }: Trial, views: readonly View[]): number {
  return views.reduce((sum, view) => (view.known ? sum + expectedNow(view) - (drew.get(view.device.id) ?? expectedNow(view)) : sum), 0);
}

/** The snapshot without what a meter says that is not believed. */
export const blind = (snapshot: Snapshot): Snapshot => ({
  ...snapshot,
  rack: snapshot.rack === null ? null : { ...snapshot.rack, power: null, age: null },
  devices: snapshot.devices.map((device) => (device.outlet === null ? device : { ...device, outlet: { ...device.outlet, power: null, age: null } })),
});

/** Beyond this, for so long, meter and machines contradict each other and somebody has to look: longer than a late meter takes to follow. */
const DISAGREEMENT = { fraction: 0.05, watts: 100 } as const;
const DISAGREES_FOR = 90_000;
/** Figures that agree for less than this may only pass each other: machines are asked every few seconds. */
const PASSING = 10_000;

/** The meter shows what the machines' own words together leave no room for; and since when they agree again, once it was called out. */
export interface Disagreement {
  readonly since: Millis;
  readonly agreesSince: Millis | null;
}

/** null: none. Orders at work are no excuse: whoever waits for a rack at rest may wait for long. */
export function disagreement(before: Disagreement | null, views: readonly View[], { snapshot, bias }: { readonly snapshot: Snapshot; readonly bias: Watts }): Disagreement | null {
  const power = snapshot.rack?.power ?? null;
  if (power === null) return before;
  const { uptime } = snapshot.tick;
  // Words and meter are never of the same moment: what has begun is not over with the first look that is a little nearer,
  if (contradicts(power, { views, bias, watts: before === null ? DISAGREEMENT.watts : 0 })) return { since: before?.since ?? uptime, agreesSince: null };
  // nor with those that pass each other while the rack moves.
  if (before === null) return null;
  const agreesSince = before.agreesSince ?? uptime;
  return uptime - agreesSince >= (disagreesForLong(before, agreesSince) ? AGREES.atLeast : PASSING) ? null : { ...before, agreesSince };
}

/** One that says nothing draws what its outlet shows, else what the rack's meter leaves open. What the rack draws besides explains a meter that shows more, none that shows less. */
function contradicts(power: Watts, { views, bias, watts: besides }: { readonly views: readonly View[]; readonly bias: Watts; readonly watts: number }): boolean {
  let [low, high] = [0, Math.max(0, bias)];
  for (const { device, draw } of views) {
    const own = device.reading.kind === "known" ? device.reading.telemetry.power : null;
    low += own ?? draw.low;
    high += own ?? draw.high;
  }
  const margin = DISAGREEMENT.fraction * power + besides;
  return power < low - margin || power > high + margin;
}

export const disagreesForLong = (disagrees: Disagreement | null, uptime: Millis): boolean => disagrees !== null && (disagrees.agreesSince ?? uptime) - disagrees.since >= DISAGREES_FOR;

/** What the meter may teach in this cycle. A small rack's is doubted sooner than it is called out. */
export function teachesNow({ still }: Pick<MeterTrust, "still">, views: readonly View[], { snapshot, bias }: { readonly snapshot: Snapshot; readonly bias: Watts }): Teaches {
  if (still !== null && still.contradictedSince !== null) return "nothing";
  const power = snapshot.rack?.power ?? null;
  return power !== null && contradicts(power, { views, bias, watts: 0 }) ? "more" : "all";
}
