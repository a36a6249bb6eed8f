/** Room for one that has waited: a restart-type machine passes through full power on its way up, and would never wake under a tight limit. */
import { allocate, FREE } from "./allocate.ts";
import { entryOf } from "./curve.ts";
import type { PowerLimit, Setpoint } from "./model.ts";
import type { Order, Starving } from "./state.ts";
import type { Millis } from "./units.ts";
import { settleTime } from "./settle.ts";
import { seconds } from "./units.ts";
import type { View } from "./view.ts";
import { lowestOf } from "./view.ts";

/** A raise that has found no room for so long gets it, until a wake has surely ended, if it earns this share of the whole. */
const AFTER = seconds(60);
const UNTIL = seconds(360);
const WORTH = 0.02;
/** And has paid for itself by then, if the limit lasts. */
const PAYS_WITHIN = seconds(1800);

export interface Room {
  readonly view: View;
  /** Where it goes; null: its outlet closes first. */
  readonly setpoint: Setpoint | null;
  /** The most it may draw on its way. */
  readonly peak: number;
}

interface RoomContext {
  readonly budget: PowerLimit;
  readonly uptime: Millis;
  /** Who is in a plan that has just been made: what moved for it would move again. Whom the others make room for is not in it. */
  readonly dwelling: readonly string[];
  /** What the standing plan earns. */
  readonly hashrate: number;
  readonly doubt: number;
  /** Their outlets are open and may be closed again. */
  readonly dark: readonly View[];
  readonly least: number;
  /** How long the limit lasts, as far as is known. */
  readonly horizon: Millis;
  /** Watts to share out among these, the others counted at what they may draw. */
  readonly spare: (planned: readonly View[]) => number;
}

/** The machine the others make room for; null: none. */
export const roomFor = (starving: Starving | null, obeying: readonly View[], context: RoomContext): Room | null =>
  context.budget.kind === "unlimited" ? null : (roomToBoot(obeying, context) ?? roomToRise(starving, obeying, context));

/** One whose outlet may be closed again boots through all it can draw before it hears anything: where that does not fit, it stays open. */
function roomToBoot(obeying: readonly View[], { dark, doubt, least, spare }: RoomContext): Room | null {
  if (dark.length === 0) return null;
  const view = dark.find((one) => hasPlace({ view: one, setpoint: null, peak: one.device.nameplate.highest }, obeying, spare));
  if (view === undefined) return null;
  const earns = (among: readonly View[]): number => allocate(among.map(({ curve, state }) => ({ curve, ...FREE, gain: state.gain * doubt })), spare(obeying), least).earns;
  return earns([...obeying, view]) > earns(obeying) * (1 + WORTH) ? { view, setpoint: null, peak: view.device.nameplate.highest } : null;
}

/** One whose raise has found none for a while, is worth it, and would fit if they slept. */
function roomToRise(starving: Starving | null, obeying: readonly View[], context: RoomContext): Room | null {
  const { uptime } = context;
  if (starving === null || context.dwelling.includes(starving.device)) return null;
  const waited = uptime - starving.since;
  if (waited < AFTER || waited > UNTIL) return null;
  const view = obeying.find(({ device }) => device.id === starving.device);
  if (view === undefined) return null;
  const room = { view, setpoint: starving.setpoint, peak: starving.peak };
  if (promised(room) - hashrateOf(view) < WORTH * context.hashrate && view.known) return null;
  return hasPlace(room, obeying, context.spare) && pays(room, obeying, context) ? room : null;
}

/** It fits, were all others asleep, beside what is not planned with: another that boots counts in full, and only one of two may fit. */
function hasPlace({ view, peak }: Room, obeying: readonly View[], spare: RoomContext["spare"]): boolean {
  const others = obeying.filter((other) => other !== view);
  return peak - view.reserve + lowestOf(others) <= spare(others);
}

/**
 * Those who run and the one that waits have to earn more than now, and soon make good what the others do not earn while it comes up:
 * otherwise one only takes the place of another, and wants it back a minute later.
 */
function pays({ view, setpoint, peak }: Room, obeying: readonly View[], { doubt, least, spare, horizon }: RoomContext): boolean {
  const earns = (among: readonly View[], available: number): number =>
    allocate(among.map((one) => ({ curve: one.curve, ...FREE, to: one.actual === 0 && one !== view ? 0 : one.most, gain: one.state.gain * doubt })), available, least).hashrate;
  const others = obeying.filter((other) => other !== view);
  const [now, after] = [obeying.reduce((sum, one) => sum + hashrateOf(one), 0), earns(obeying, spare(obeying))];
  const comesUp = settleTime(view, Math.max(1, entryOf(view.curve, setpoint)));
  const meanwhile = earns(others, spare(others) - Math.max(0, peak - view.reserve));
  const lasts = Math.min(horizon, PAYS_WITHIN);
  return after > now * (1 + WORTH) && meanwhile * comesUp + after * (lasts - comesUp) > now * lasts;
}

const promised = ({ view: { curve }, setpoint }: Room): number => curve.hashrate[entryOf(curve, setpoint)] ?? 0;
const hashrateOf = ({ curve, actual }: View): number => curve.hashrate[Math.max(0, actual)] as number;

/** The same machine starves on until its raise has gone out and arrived; another begins its own wait. `found`: who lacks room now, the first first. */
export function nextStarving(before: Starving | null, now: { readonly found: readonly (Omit<Starving, "since"> | null)[]; readonly orders: readonly Order[]; readonly views: readonly View[]; readonly uptime: Millis }): Starving | null {
  const { orders, views, uptime } = now;
  const found = now.found.filter((one) => one !== null);
  const same = before === null ? undefined : found.find(({ device }) => device === before.device);
  if (before !== null && same !== undefined) return { ...before, ...same };
  if (before !== null && (orders.some(({ device }) => device === before.device) || views.some(({ device, underway }) => device.id === before.device && underway))) return before;
  return found[0] === undefined ? null : { ...found[0], since: uptime };
}
