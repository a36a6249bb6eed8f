/**
 * What each cause grants: so many watts above the limit for so long. A table, so that whoever doubts a verdict reads one
 * page; a cause without a row is an error of the simulation and ends it.
 */
export interface Grant {
  /** Watts: nothing; what has to be shed because of it; the machine's nameplate; a share of the whole rack's. */
  readonly height: "none" | "shed" | "machine" | { readonly ofRack: number };
  readonly forS: number;
  /** Share of height x time that may be used up by energy over the limit. */
  readonly fill: number;
}

export interface Row {
  readonly begins: Grant;
  /** When it ends; the same happens once where it has no length. */
  readonly ends: Grant | null;
  /** The machine it befalls takes no orders meanwhile: what it draws cannot be shed. */
  readonly deaf?: true;
  /** Only an order shows it: its grant opens again with each step of the limit. */
  readonly onSteps?: true;
  /** The meter shows something else than what is drawn: the limit is kept as the meter shows it. */
  readonly bends?: true;
  /** How long after its end the use of the limit is not judged (a quarantine is 300 s). */
  readonly recoversS: number;
  /** What it is measured by. */
  readonly because: string;
}

const NOTHING: Grant = { height: "none", forS: 0, fill: 0 };
const machine = (forS: number, fill = 1): Grant => ({ height: "machine", forS, fill });
const rack = (ofRack: number, forS: number, fill = 1): Grant => ({ height: { ofRack }, forS, fill });

/** A wire fault of a machine: it may have missed its last order, the meter shows it and the others make room; back again the same. */
const unheard = (because: string): Row => ({ begins: machine(45), ends: machine(45), deaf: true, recoversS: 150, because });
/** Nothing the grid's side does wrong lifts the rack by a watt. */
const harmless = (because: string): Row => ({ begins: NOTHING, ends: NOTHING, recoversS: 150, because });

export const CAUSES = {
  "limit step": { begins: { height: "shed", forS: 20, fill: 0.75 }, ends: null, recoversS: 0, because: "15 s of the contract, one reading, and what a tune of its own takes" },
  "process start": { begins: rack(1, 22, 1), ends: null, recoversS: 150, because: "5 s to the decision, then a step as any other" },
  "controller down": { begins: rack(1, 60, 1), ends: NOTHING, recoversS: 150, because: "nobody is there: 20 s at the most and the way up" },
  "clean stop": { begins: NOTHING, ends: NOTHING, recoversS: 150, because: "the rack is parked under the failsafe limit first" },

  silent: unheard("a silent machine keeps its setting"),
  slow: unheard("a machine that takes seconds for each word is late with every order"),
  refuse: unheard("a machine that resets connections keeps its setting"),
  garbage: unheard("it obeys and cannot say so: it counts as unknown"),
  truncate: unheard("it obeys and cannot say so: it counts as unknown"),
  "half-close": unheard("a machine that hangs up keeps its setting"),
  drip: unheard("a machine that never ends its answer keeps its setting"),
  endless: unheard("a machine that never ends its answer keeps its setting"),
  reboot: { begins: machine(75), ends: null, recoversS: 150, because: "30 s restart, then its default point until it is read and told: 20 s ramp, 10 s" },
  stuck: { begins: machine(60), ends: machine(45), deaf: true, onSteps: true, recoversS: 420, because: "found after its settle time and 12 s, then the others make room" },
  "dead outlet": { begins: NOTHING, ends: machine(75), deaf: true, recoversS: 420, because: "back as after a reboot" },
  "outlet opened": { begins: NOTHING, ends: null, recoversS: 420, because: "the machine on it is without power" },
  "outlet closed": { begins: NOTHING, ends: null, recoversS: 420, because: "it is closed when the nameplate fits: nothing to grant" },
  "limit step while it boots": { begins: machine(60), ends: null, recoversS: 0, because: "it hears nothing for up to 30 s and comes up at its default point; then a step as any other, and one reading" },
  "asic leaves": { begins: NOTHING, ends: machine(75), deaf: true, recoversS: 420, because: "plugged in again it boots to its default point" },

  "meter silent": { begins: rack(0.1, 30), ends: rack(0.1, 30), recoversS: 150, because: "planned without it from ten seconds on; what it showed before holds until then" },
  "meter slow": { begins: rack(0.1, 30), ends: rack(0.1, 30), recoversS: 150, because: "a meter that misses its deadline is a silent one" },
  "meter frozen": { begins: rack(1, 60), ends: rack(0.1, 30), recoversS: 150, because: "found out with the next orders that should move it; until then it is believed" },
  "meter offset": { begins: NOTHING, ends: rack(0.1, 30), bends: true, recoversS: 150, because: "nobody can see an error of a few watts in a hundred" },
  "meter error": { begins: NOTHING, ends: rack(0.1, 30), bends: true, recoversS: 150, because: "within 5 % machines and meter do not contradict each other" },
  "meter lies": { begins: NOTHING, ends: rack(0.1, 180), bends: true, recoversS: 420, because: "called out within 120 s; what it has taught of each machine is unlearnt when that machine next runs and settles" },

  "heat wave": { begins: rack(0.09, 120), ends: rack(0.05, 60), recoversS: 1_500, because: "0.3 % a degree, with the minute a board takes to warm; what the guard held down comes back by steps of a minute, from sleep after a rest" },
  "fans stand": { begins: NOTHING, ends: NOTHING, recoversS: 1_500, because: "what a board draws more because it warms is less than the machine gives up with the next reading; it comes back by steps of a minute, from sleep after a rest" },
  "mains outage": { begins: NOTHING, ends: rack(1, 90), recoversS: 420, because: "all machines boot to their default points while the controller boots too" },

  "broker down": harmless("what is held stays in force, and then the failsafe limit joins"),
  "duplicate documents": harmless("a redelivery is applied again as a level"),
  "reordered documents": harmless("the older of two is no news"),
  "late documents": harmless("it begins to bind when it arrives"),
  "heartbeat lost": harmless("the failsafe limit joins: a limit step"),
  "heartbeat late": harmless("it counts by its age"),
  "clock step": harmless("a wrong clock can lower, never raise"),
  "no clock": harmless("a wrong clock can lower, never raise"),
  "disk full": harmless("a drop acts at once, a raise is refused"),
  "disk slow": harmless("a drop acts at once, a raise waits"),
  "torn write": harmless("what was reported as failed may stand after a restart"),
} as const satisfies Record<string, Row>;

export function rowOf(cause: string): Row {
  const row: Row | undefined = (CAUSES as Readonly<Record<string, Row>>)[cause];
  if (row === undefined) throw new Error(`"${cause}" has no row in the table of grants: add one to test/dst/oracle/grants.ts`);
  return row;
}

export interface Figures {
  readonly shedW: number;
  readonly machineW: number;
  readonly rackW: number;
}

interface Open {
  readonly key: string;
  readonly heightW: number;
  readonly untilMs: number;
}

/** Watt-milliseconds with the time they were granted or used at. */
interface Energy {
  readonly atMs: number;
  readonly wms: number;
}

const HOUR_MS = 3_600_000;
/** Grants this old may still have been open when the hour began. */
const LONGEST_MS = 180_000;

/** The grants that are open, and how much energy over the limit they hold. */
export class Grants {
  #open: Open[] = [];
  readonly #granted = new LastHour(HOUR_MS + LONGEST_MS);
  readonly #used = new LastHour(HOUR_MS);

  /** `key`: which cause of its kind. One that recurs while its grant is open extends nothing. */
  open(key: string, { height, forS, fill }: Grant, at: { readonly nowMs: number; readonly figures: Figures }): void {
    const heightW = wattsOf(height, at.figures);
    if (heightW <= 0 || this.#open.some((open) => open.key === key && open.untilMs >= at.nowMs)) return;
    this.#open.push({ key, heightW, untilMs: at.nowMs + forS * 1000 });
    this.#granted.add({ atMs: at.nowMs, wms: heightW * forS * 1000 * fill });
  }

  heightAt(nowMs: number): number {
    if (this.#open.length === 0) return 0;
    this.#open = this.#open.filter(({ untilMs }) => untilMs >= nowMs);
    return this.#open.reduce((sum, { heightW }) => sum + heightW, 0);
  }

  /** Is a grant open whose key does not begin with one of these? */
  besides(keys: readonly string[], nowMs: number): boolean {
    return this.#open.some(({ key, untilMs }) => untilMs >= nowMs && !keys.some((start) => key.startsWith(start)));
  }

  /** Energy over the limit beyond what the last hour's grants hold, Wh. Negative: so much is left. */
  overdrawn(nowMs: number, { overW, stepMs }: { readonly overW: number; readonly stepMs: number }): number {
    if (overW > 0) this.#used.add({ atMs: nowMs, wms: overW * stepMs });
    return (this.#used.at(nowMs) - this.#granted.at(nowMs)) / HOUR_MS;
  }
}

/** A sum over a window that slides. */
class LastHour {
  readonly #windowMs: number;
  readonly #entries: Energy[] = [];
  #sum = 0;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  add(energy: Energy): void {
    this.#entries.push(energy);
    this.#sum += energy.wms;
  }

  at(nowMs: number): number {
    for (let first = this.#entries[0]; first !== undefined && first.atMs <= nowMs - this.#windowMs; first = this.#entries[0]) {
      this.#sum -= first.wms;
      this.#entries.shift();
    }
    return this.#sum;
  }
}

function wattsOf(height: Grant["height"], figures: Figures): number {
  switch (height) {
    case "none":
      return 0;
    case "shed":
      return figures.shedW;
    case "machine":
      return figures.machineW;
    default:
      return height.ofRack * figures.rackW;
  }
}
