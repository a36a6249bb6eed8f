/**
 * Phases and breakers as limits like any other: what every phase of a circuit carries, and how uneven they may be. A plan
 * keeps to them by giving those on a full phase less and the others what they leave; a raise waits for room on its phases.
 */
import type { Candidate } from "./allocate.ts";
import { allocate } from "./allocate.ts";
import type { View } from "./view.ts";
import { expectedAt } from "./view.ts";

/** Three phases in amperes, or amperes a watt. */
export type Phases = readonly [number, number, number];

export interface Circuit {
  /** A feed or a PDU, in words. */
  readonly name: string;
  /** What one of its phases carries without end. */
  readonly amps: number;
  /** The most a phase may carry over the mean of the three: a fraction; null: as it comes. */
  readonly imbalance: number | null;
  /** Whom it feeds, and how many amperes a watt of theirs is on each phase. */
  readonly members: ReadonlyMap<string, Phases>;
}

const PHASES = [0, 1, 2] as const;
/** Below this share of the breaker an uneven load harms nobody: the first machine that wakes is always alone on its phase. */
const UNEVEN_FROM = 0.25;
/** A trimmed phase frees power that the others may spend, and that may fill another: so often at the most. */
const ROUNDS = 4;

export function loadOf(circuit: Circuit, views: readonly View[], powerOf: (view: View, index: number) => number): Phases {
  const load: [number, number, number] = [0, 0, 0];
  for (const [i, view] of views.entries()) {
    const share = circuit.members.get(view.device.id);
    if (share !== undefined) for (const phase of PHASES) load[phase] += share[phase] * powerOf(view, i);
  }
  return load;
}

/** What a phase may carry beside the others. */
export function allowed({ amps, imbalance }: Circuit, load: Phases): number {
  const mean = (load[0] + load[1] + load[2]) / 3;
  return imbalance === null ? amps : Math.min(amps, Math.max(UNEVEN_FROM * amps, mean * (1 + imbalance)));
}

/** Do the machines as they are planned fit every circuit, and what is counted beside the plan with them? */
export const fits = (circuits: readonly Circuit[], views: readonly View[], powerOf: (view: View, index: number) => number): boolean =>
  circuits.every((circuit) => {
    const load = loadOf(circuit, views, powerOf);
    return Math.max(...load) <= allowed(circuit, load) * (1 + 1e-9);
  });

export interface Planned {
  readonly views: readonly View[];
  readonly candidates: readonly Candidate[];
  /** Counted at what they may draw. */
  readonly beside: readonly View[];
  /** Watts for the planned together. */
  readonly available: number;
  /** What each has to earn. */
  readonly least: number;
}

/** The same plan, lower where a phase is full; what that frees goes to the others. */
export function keptWithin(circuits: readonly Circuit[], entries: Int32Array, planned: Planned): Int32Array {
  let kept = entries;
  const capped = new Map<number, number>();
  for (let round = 0; round < ROUNDS && circuits.length > 0; round++) {
    let full = false;
    for (const circuit of circuits) {
      for (const phase of PHASES) {
        const trimmed = trim(circuit, phase, { ...planned, entries: kept });
        if (trimmed === null) continue;
        full = true;
        for (const [index, entry] of trimmed) capped.set(index, entry);
        kept = kept.map((entry, index) => trimmed.get(index) ?? entry);
      }
    }
    if (!full) return kept;
    kept = spent(kept, capped, planned);
  }
  // What the last round handed out is taken back.
  return entries.map((entry, index) => Math.min(entry, capped.get(index) ?? entry));
}

/** Lower entries for those on a phase that carries too much; null: it does not. */
function trim(circuit: Circuit, phase: (typeof PHASES)[number], plan: Planned & { readonly entries: Int32Array }): Map<number, number> | null {
  const { views, candidates, beside, entries } = plan;
  const load = loadOf(circuit, views, (view, i) => expectedAt(view, entries[i] as number));
  const other = loadOf(circuit, beside, ({ reserve }) => reserve);
  const total: Phases = [load[0] + other[0], load[1] + other[1], load[2] + other[2]];
  const most = allowed(circuit, total);
  if (total[phase] <= most * (1 + 1e-9)) return null;
  const on = views.flatMap((view, i) => ((circuit.members.get(view.device.id)?.[phase] ?? 0) > 0 ? [i] : []));
  const share = Math.max(...on.map((i) => circuit.members.get((views[i] as View).device.id)?.[phase] ?? 0), 0);
  if (share === 0) return null;
  const lower = allocate(on.map((i) => candidates[i] as Candidate), (most - other[phase]) / share, plan.least).entries;
  return new Map(on.map((i, at) => [i, Math.min(entries[i] as number, lower[at] as number)]));
}

/** Shares out what the capped ones leave among those that are not. */
function spent(entries: Int32Array, capped: ReadonlyMap<number, number>, { views, candidates, available, least }: Planned): Int32Array {
  const free = views.map((_, i) => i).filter((i) => !capped.has(i));
  if (free.length === 0) return entries;
  const used = [...capped].reduce((sum, [i, entry]) => sum + expectedAt(views[i] as View, entry), 0);
  const better = allocate(free.map((i) => candidates[i] as Candidate), available - used, least).entries;
  const next = Int32Array.from(entries);
  for (const [at, i] of free.entries()) next[i] = better[at] as number;
  return next;
}

/** What the phases have left for raises, everything under way counted at its larger end. */
export class PhaseRoom {
  readonly #circuits: readonly { readonly circuit: Circuit; readonly load: [number, number, number] }[];

  constructor(circuits: readonly Circuit[], views: readonly View[]) {
    this.#circuits = circuits.map((circuit) => ({ circuit, load: [...loadOf(circuit, views, ({ reserve }) => reserve)] }));
  }

  has(view: View, watts: number): boolean {
    return this.#circuits.every(({ circuit, load }) => {
      const share = circuit.members.get(view.device.id);
      return share === undefined || PHASES.every((phase) => share[phase] === 0 || load[phase] + share[phase] * Math.max(0, watts) <= circuit.amps);
    });
  }

  take(view: View, watts: number): void {
    for (const { circuit, load } of this.#circuits) {
      const share = circuit.members.get(view.device.id);
      if (share !== undefined) for (const phase of PHASES) load[phase] += share[phase] * Math.max(0, watts);
    }
  }
}
