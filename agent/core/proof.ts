/**
 * A proof test: the rack is led down step by step under limits of its own and back up, and what it does is measured: how
 * long each machine takes, what it draws asleep, how far the meter follows behind, what the machines' words leave out.
 * Pure: every decision takes the test one look further, and the limit it asks for stands in it.
 */
import type { Decision } from "./decide.ts";
import { entryOf } from "./curve.ts";
import type { Way } from "./settle.ts";
import { assumedTime, wayOf } from "./settle.ts";
import type { Millis, Watts } from "./units.ts";
import { millis, seconds, watts } from "./units.ts";
import type { View } from "./view.ts";
import { isAt } from "./view.ts";

export interface Course {
  readonly kind: "prove" | "drill";
  /** Limits in their order, each lower than the one before. */
  readonly limits: readonly Watts[];
  /** How long the rack stays under a limit once it is within; a proof goes on when it has settled. */
  readonly hold: Millis;
}

/** What came of one limit. Times count from when it was set. */
export interface ProofStep {
  readonly limit: Watts;
  readonly from: Watts;
  /** Until the meter was within the limit and its tolerance; null: it never was. */
  readonly within: Millis | null;
  readonly settled: Millis | null;
  /** Over it again, after it had been within. */
  readonly again: Millis;
  readonly highest: Watts | null;
  readonly lowest: Watts | null;
  /** Settled: what the meter shows beyond the sum of what the machines say; null: one says nothing. */
  readonly offset: Watts | null;
}

export interface Took {
  /** From the order until its reading says so and its own meter stands still. */
  readonly took: Millis;
  /** What was assumed of it. */
  readonly assumed: Millis;
}

export interface ProvenMachine {
  readonly ways: Readonly<Partial<Record<Way, Took>>>;
  /** By its own outlet, asleep and settled; null: not measured. */
  readonly sleepPower: Watts | null;
}

interface Pending extends Pick<Took, "assumed"> {
  readonly way: Way;
  readonly to: number;
  readonly at: Millis;
  readonly arrived: Millis | null;
}

export interface Proof {
  readonly course: Course;
  readonly state: "running" | "restoring" | "done" | "stopped";
  /** Why it was stopped; null: it was not. */
  readonly why: string | null;
  readonly before: Watts;
  readonly steps: readonly ProofStep[];
  /** From lifting the last limit until all was as before; null: not yet, or never. */
  readonly restored: Millis | null;
  readonly machines: ReadonlyMap<string, ProvenMachine>;
  readonly lag: Millis;
  /** When the present step, or the way back, began. */
  readonly since: Millis;
  readonly lookedAt: Millis;
  readonly pending: ReadonlyMap<string, Pending>;
}

/** A step that has not settled by then is written down as it is. */
const STEP_AT_MOST = seconds(300);
const RESTORE_AT_MOST = seconds(900);
/** Not settled before the orders of a step can have gone out. */
const STEP_AT_LEAST = seconds(5);
/** Back where it was, but for what weather and gains move. */
const RESTORED = 0.97;

export function beginProof(course: Course, { draw, uptime }: Pick<Decision, "draw" | "uptime">): Proof {
  const before = middle(draw);
  return { course, state: "running", why: null, before, steps: [stepAt(course, 0, before)], restored: null, machines: new Map(), lag: millis(0), since: uptime, lookedAt: uptime, pending: new Map() };
}

/** The limit it asks for now; null: none. Whatever ends it also lifts it. */
export const limitOf = ({ state, steps }: Proof): Watts | null => (state === "running" ? (steps.at(-1)?.limit ?? null) : null);

export const endProof = (proof: Proof, why: string): Proof => (proof.state === "done" || proof.state === "stopped" ? proof : { ...proof, state: "stopped", why });

export function nextProof(proof: Proof, decision: Decision): Proof {
  if (proof.state === "done" || proof.state === "stopped") return proof;
  const { uptime } = decision;
  const measured = measure(proof, decision);
  const lasted = uptime - proof.since;
  if (proof.state === "restoring") {
    const back = middle(decision.draw) >= RESTORED * proof.before && decision.settled;
    return back || lasted >= RESTORE_AT_MOST ? { ...measured, state: "done", restored: back ? millis(lasted) : null } : measured;
  }
  const step = judged(measured, decision);
  const kept = { ...measured, steps: [...proof.steps.slice(0, -1), step] };
  const held = step.within !== null && lasted - step.within >= proof.course.hold && (proof.course.kind === "drill" || step.settled !== null);
  if (!held && lasted < Math.max(STEP_AT_MOST, 2 * proof.course.hold)) return kept;
  if (proof.steps.length === proof.course.limits.length) return { ...kept, state: "restoring", since: uptime };
  return { ...kept, steps: [...kept.steps, stepAt(proof.course, proof.steps.length, middle(decision.draw))], since: uptime };
}

const middle = ({ low, high }: Decision["draw"]): Watts => watts((low + high) / 2);

const stepAt = (course: Course, index: number, from: Watts): ProofStep => ({
  limit: course.limits[index] ?? watts(0), from, within: null, settled: null, again: millis(0), highest: null, lowest: null, offset: null,
});

function judged(proof: Proof, decision: Decision): ProofStep {
  const step = proof.steps.at(-1) ?? stepAt(proof.course, 0, proof.before);
  const { uptime, draw, tolerance, floor, settled } = decision;
  const lasted = millis(uptime - proof.since);
  // A limit below what all draw asleep is kept when all sleep.
  const over = draw.low > Math.max(step.limit, floor) + tolerance;
  const within = step.within ?? (over || lasted < 1 ? null : lasted);
  if (within === null) return step;
  const power = middle(draw);
  return {
    ...step, within,
    again: millis(step.again + (over ? uptime - proof.lookedAt : 0)),
    highest: watts(Math.max(step.highest ?? power, power)), lowest: watts(Math.min(step.lowest ?? power, power)),
    settled: step.settled ?? (settled && lasted >= STEP_AT_LEAST ? lasted : null),
    offset: settled ? offsetOf(decision) : step.offset,
  };
}

function offsetOf({ draw, views }: Decision): Watts | null {
  let said = 0;
  for (const { device } of views) {
    const own = device.outlet?.power ?? (device.reading.kind === "known" ? device.reading.telemetry.power : null);
    if (own === null) return null;
    said += own;
  }
  return watts(middle(draw) - said);
}

/** One look at every machine on its way. */
function measure(proof: Proof, decision: Decision): Proof {
  const { uptime, views, orders, settled, lag } = decision;
  const byId = new Map(views.map((view) => [view.device.id, view]));
  const pending = new Map(proof.pending);
  for (const [id, one] of proof.pending) {
    const view = byId.get(id);
    if (one.arrived === null && view !== undefined && hasArrived(view, one)) pending.set(id, { ...one, arrived: uptime });
  }
  const machines = new Map(proof.machines);
  const done = (id: string): void => {
    const [view, one] = [byId.get(id), pending.get(id)];
    if (view !== undefined && one !== undefined && one.arrived !== null) machines.set(id, proven(machines.get(id) ?? { ways: {}, sleepPower: null }, view, one));
    pending.delete(id);
  };
  for (const { device, setpoint, issuedAt } of orders) {
    const view = byId.get(device);
    const to = view === undefined ? -1 : entryOf(view.curve, setpoint);
    // What had arrived counts as it was; its meter had no time to say more. What wakes goes on waking.
    const wakes = pending.get(device)?.way === "wake" && pending.get(device)?.arrived === null && to > 0;
    if (wakes) continue;
    done(device);
    if (view !== undefined && view.known && to >= 0 && to !== view.actual) pending.set(device, { way: wayOf(view, to), to, at: issuedAt, assumed: assumedOf(view, to), arrived: null });
  }
  if (settled && orders.length === 0) for (const [id, one] of [...pending]) if (one.arrived !== null) done(id);
  return { ...proof, lag: millis(Math.max(proof.lag, lag)), lookedAt: uptime, machines, pending };
}

/** Back up a machine is retuned as the ramp allows: it has woken when it hashes, at whatever point. */
function hasArrived(view: View, { way, to }: Pending): boolean {
  if (way !== "wake") return isAt(view, view.curve.setpoints[to] ?? null) && !view.climbing;
  const state = view.device.reading.kind === "known" ? view.device.reading.telemetry.state : null;
  return view.known && (state === "hashing" || state === "ramping");
}

function assumedOf(view: View, to: number): Millis {
  return wayOf(view, to) === "wake" ? (view.curve.sleep?.up.fixed ?? millis(0)) : millis(assumedTime(view, to));
}

function proven(known: ProvenMachine, { state, device, actual }: View, { way, at, arrived, assumed }: Pending): ProvenMachine {
  const shown = way !== "wake" && state.motion !== null && state.motion.movedAt > at ? state.motion.movedAt : at;
  const took = millis(Math.max(arrived ?? at, shown) - at);
  const before = known.ways[way];
  const ways = before === undefined || took > before.took ? { ...known.ways, [way]: { took, assumed } } : known.ways;
  return { ways, sleepPower: actual === 0 ? (device.outlet?.power ?? known.sleepPower) : known.sleepPower };
}
