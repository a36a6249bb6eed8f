/**
 * The last resort. An outlet is opened only as its own rule allows, after the machine was told to sleep and the grace has
 * passed, and in steps that wait until the meter has shown the one before. It is closed again, one at a time, when there is
 * room for all the machine may draw when it boots, and not before its minimum-off time.
 */
import { wasClosed } from "./fed.ts";
import type { PowerLimit } from "./model.ts";
import type { Policy } from "./policy.ts";
import type { DeviceSnapshot, Feed } from "./snapshot.ts";
import type { DeviceState, Order } from "./state.ts";
import { stateWith } from "./state.ts";
import type { Millis } from "./units.ts";
import { millis, seconds } from "./units.ts";
import type { View } from "./view.ts";

/** What we want of an outlet that we have opened; it is ours until it is closed again. */
export interface OutletState {
  readonly on: boolean;
  /** Of what made it necessary. */
  readonly cause: string;
  readonly orderedAt: Millis;
  readonly tries: number;
}

/** What the rack remembers of its outlets. */
export interface Outlets {
  /** Uptime since when there is a reason to open any; null: there is none. */
  readonly neededSince: Millis | null;
  readonly openedAt: Millis | null;
  readonly closedAt: Millis | null;
}

export const startOutlets: Outlets = { neededSince: null, openedAt: null, closedAt: null };

export interface OutletContext {
  readonly emergency: boolean;
  /** What the meter shows over the limit and its tolerance; 0: nothing, or nobody measures. */
  readonly excess: number;
  readonly limit: PowerLimit;
  /** Power that nothing has reserved; null: unlimited. */
  readonly headroom: number | null;
  readonly mayRaise: boolean;
  /** Why the limit is what it is. */
  readonly cause: string;
  /** How long after its end a change is surely seen. */
  readonly seen: Millis;
  readonly uptime: Millis;
  readonly policy: Policy;
  readonly nextOrder: number;
}

interface Switched {
  readonly orders: readonly Order[];
  readonly states: ReadonlyMap<string, DeviceState>;
  readonly outlets: Outlets;
  readonly nextOrder: number;
}

/** From an order until the PDU has read it back. */
const SETTLE = seconds(5);
/** A machine that has not been heard of for so long after its outlet was closed does not come. */
const BOOT = seconds(180);
const BACK_OFF = { first: seconds(5), most: seconds(60) } as const;

type Fed = View & { readonly device: { readonly feed: Feed } };

export function switchOutlets(views: readonly View[], states: ReadonlyMap<string, DeviceState>, before: Outlets, context: OutletContext): Switched {
  const fed = views.filter((view): view is Fed => view.device.feed !== null);
  if (fed.length === 0) return { orders: [], states, outlets: before, nextOrder: context.nextOrder };
  const { uptime, emergency, excess, policy } = context;
  const neededSince = emergency || excess > 0 ? (before.neededSince ?? uptime) : null;
  const wanted = new Map<string, OutletState | null>(fed.map((view) => [view.device.id, settled(states.get(view.device.id)?.outlet ?? null, view, uptime)]));

  let { openedAt, closedAt } = before;
  const seenLast = !isUnseen(before, context);
  if (neededSince !== null && uptime - neededSince >= policy.outlets.grace && seenLast && !fed.some(({ device }) => inFlight(device.feed))) {
    const step = toOpen(fed.filter(({ device }) => wanted.get(device.id) == null), states, context);
    for (const { device, cause } of step) wanted.set(device.id, { on: false, cause, orderedAt: millis(-BACK_OFF.most), tries: 0 });
    if (step.length > 0) openedAt = uptime;
  }
  const closing = neededSince === null ? toClose(fed, wanted, closedAt, context) : null;
  if (closing !== null) {
    const { tries = 0, orderedAt = uptime } = wanted.get(closing.device.id) ?? {};
    wanted.set(closing.device.id, { on: true, cause: "restore", orderedAt, tries });
    closedAt = uptime;
  }
  const { orders, states: after, nextOrder } = issue(fed, wanted, states, context);
  return { orders, states: after, outlets: { neededSince, openedAt, closedAt }, nextOrder };
}

/** The last step may not be on the meter yet. */
export const isUnseen = ({ openedAt }: Outlets, { uptime, seen }: { readonly uptime: Millis; readonly seen: Millis }): boolean => openedAt !== null && uptime - openedAt < SETTLE + seen;

/**
 * Closed again, read so, and its machine heard of: no longer ours. One that was to close and is read open needs time and room
 * anew: what was free when it was ordered may not be now. Where the PDU says that it has closed it and reads it open, nobody
 * knows: the machine has the time of a boot to be heard of, and keeps its room.
 */
function settled(state: OutletState | null, view: Fed, uptime: Millis): OutletState | null {
  if (state?.on !== true) return state;
  const { feed } = view.device;
  if (feed.on === true) return view.known || uptime - state.orderedAt >= BOOT ? null : state;
  return feed.on === false && isDue(state, feed, uptime) ? { ...state, on: false } : state;
}

/** Its outlet has been closed and it has not been heard since: it boots, and may come up with all it can draw. */
export const boots = ({ feed }: DeviceSnapshot, { outlet }: DeviceState): boolean => outlet?.on === true && (feed?.on !== false || wasClosed(feed));

const inFlight = ({ order }: Feed): boolean => order !== null && (order.state === "waiting" || order.state === "sending");

/** Nothing is on its way to it, it has been given the time to answer the last, and where that is in doubt the time of a boot. */
const isDue = (state: OutletState, feed: Feed, uptime: Millis): boolean => !inFlight(feed) && uptime - state.orderedAt >= pause(state.tries) && !isDoubtful(state, feed, uptime);
const isDoubtful = ({ on, orderedAt }: OutletState, feed: Feed, uptime: Millis): boolean => on && feed.on === false && wasClosed(feed) && uptime - orderedAt < BOOT;

/** Those that refuse, lie or do not answer first, the largest before the smaller, as many as the excess needs and a step may have. */
function toOpen(free: readonly Fed[], states: ReadonlyMap<string, DeviceState>, context: OutletContext): { readonly device: Fed["device"]; readonly cause: string }[] {
  const { emergency, excess, limit, policy, cause } = context;
  const allowed = free.filter(({ device: { feed } }) => feed.on !== false && (feed.outlet.opens === "shortfall" || (emergency && feed.outlet.opens === "emergency")));
  const disobeys = (view: Fed): boolean => !view.known || view.state.quarantine !== null || view.state.deviatesSince !== null || (states.get(view.device.id)?.misses ?? 0) > 0;
  const asleep = (view: Fed): boolean => view.known && view.actual === 0;
  // One that still obeys is on its way to sleep: only what has come down, or will not, is switched.
  const ready = allowed.filter((view) => disobeys(view) || asleep(view));
  const ranked = ready.toSorted((a, b) => Number(disobeys(b)) - Number(disobeys(a)) || b.draw.high - a.draw.high);
  let left = emergency && (limit.kind === "limited" && limit.power === 0) ? Infinity : excess;
  return ranked.slice(0, policy.outlets.perStep).flatMap((view) => {
    if (left <= 0) return [];
    left -= view.draw.high;
    return [{ device: view.device, cause: emergency ? "emergency" : disobeys(view) ? "deviation" : `shortfall ${cause}` }];
  });
}

/** The next that may come back, in time and in room; null: none. */
function toClose(fed: readonly Fed[], wanted: ReadonlyMap<string, OutletState | null>, closedAt: Millis | null, context: OutletContext): Fed | null {
  const { uptime, policy, mayRaise } = context;
  if (!mayRaise || (closedAt !== null && uptime - closedAt < policy.outlets.spacing) || fed.some(({ device }) => inFlight(device.feed))) return null;
  const headroom = context.headroom ?? Infinity;
  return fed.find((view) => isRested(view, wanted.get(view.device.id) ?? null, uptime) && view.device.nameplate.highest <= headroom) ?? null;
}

function isRested({ device }: View, outlet: OutletState | null, uptime: Millis): boolean {
  const { feed } = device;
  if (feed === null || outlet === null || outlet.on || feed.on !== false || !isDue(outlet, feed, uptime)) return false;
  return uptime - (feed.offSince ?? outlet.orderedAt) >= feed.outlet.minOffTime;
}

/** Those that may be switched on again, as far as time goes. */
export const rested = (views: readonly View[], uptime: Millis): View[] => views.filter((view) => isRested(view, view.state.outlet, uptime));

/** Level, not edge: whatever is not read as wanted is ordered, again after a while. */
function issue(fed: readonly Fed[], wanted: ReadonlyMap<string, OutletState | null>, before: ReadonlyMap<string, DeviceState>, context: OutletContext): Omit<Switched, "outlets"> {
  const { uptime } = context;
  const states = new Map(before);
  const orders: Order[] = [];
  let { nextOrder } = context;
  for (const { device } of fed) {
    const state = states.get(device.id);
    let outlet = wanted.get(device.id) ?? null;
    if (state === undefined) continue;
    if (outlet !== null && device.feed.on !== outlet.on && isDue(outlet, device.feed, uptime)) {
      const { on, cause } = outlet;
      orders.push({ id: nextOrder++, device: device.id, setpoint: { kind: "outlet", on }, cause, lowers: !on, issuedAt: uptime, settle: SETTLE });
      outlet = { ...outlet, orderedAt: uptime, tries: outlet.tries + 1 };
    }
    if (outlet !== state.outlet) states.set(device.id, stateWith(state, { outlet }));
  }
  return { orders, states, nextOrder };
}

const pause = (tries: number): number => (tries === 0 ? 0 : Math.min(BACK_OFF.most, BACK_OFF.first * 2 ** (tries - 1)));
