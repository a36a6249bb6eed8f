/**
 * The judge. It knows what the operator issued and what reached the rack, the true power of every machine, and what the agent
 * said aloud; it shares no code with the agent. Each cause opens one grant of watts and time; beyond all grants the rules hold.
 */
import { Excess, TruePower, Words } from "./clause-a.ts";
import { Promptness, PublishedLimit, Raises } from "./clause-bcd.ts";
import { Use } from "./clause-e.ts";
import { Causes, Envelope, type Order } from "./clause-fg.ts";
import { Heat } from "./clause-h.ts";
import { Wear } from "./clause-i.ts";
import { Grants, rowOf, type Row } from "./grants.ts";
import { Inputs } from "./inputs.ts";
import { Law } from "./law.ts";
import { toleranceOf, type Moment } from "./moment.ts";
import type { Clause, Entry, Issued, Kept, MachineSight, Sight, Verdicts, Violation } from "./sight.ts";

export interface OracleOptions {
  readonly failsafeW: number;
  /** Of all machines together. */
  readonly rackW: number;
  readonly kept: Kept;
}

/** What befell whom. */
export interface Befallen {
  readonly cause: string;
  /** The machine, where it is one; else the part. */
  readonly subject: string;
  /** Nameplate of the machine. */
  readonly machineW?: number;
  /** What the meter shows: so much of what is drawn, and so much besides. */
  readonly bent?: { readonly shown: number; readonly offsetW: number };
}

/** A verdict repeated every second says nothing more. */
const SAY_AGAIN_MS = 60_000;
const MOST = 20;
/** A change of plan that follows from it, and its trim. */
const READMITTED_MS = 120_000;

export class Oracle implements Verdicts {
  readonly violations: Violation[] = [];
  readonly judgedTimes = new Map<Clause, number>();
  readonly #rackW: number;
  readonly #law: Law;
  readonly #grants = new Grants();
  readonly #power = new TruePower(this.#grants);
  readonly #words = new Words();
  readonly #excess = new Excess();
  readonly #published = new PublishedLimit();
  readonly #raises = new Raises();
  readonly #prompt = new Promptness();
  readonly #use = new Use();
  readonly #envelope = new Envelope();
  readonly #causes = new Causes();
  readonly #heat = new Heat();
  readonly #wear = new Wear();
  readonly #inputs = new Inputs();
  readonly #open = new Map<string, { readonly row: Row; readonly befallen: Befallen }>();
  #nowMs = 0;
  #steadyFromMs = 0;
  #recoveredMs = 0;
  /** Until when machines may be believed to draw what a meter that was off has shown of them. */
  #taughtWrongMs = 0;
  #bootedMs = 0;
  #heard = 0;
  #before: { readonly limitW: number; readonly powerW: number; readonly heard: number } | null = null;
  #limitSinceMs = 0;
  #steps = 0;
  #rampPctPerMin = 60;
  #saidMs = new Map<string, number>();

  constructor({ failsafeW, rackW, kept }: OracleOptions) {
    this.#rackW = rackW;
    this.#law = new Law(failsafeW, kept);
  }

  begins(befallen: Befallen, nowMs: number): void {
    this.#nowMs = nowMs;
    const row = rowOf(befallen.cause);
    const key = `${befallen.cause} ${befallen.subject}`;
    this.#grant(key, row.begins, befallen.machineW);
    if (row.ends === null) this.#recoveredMs = Math.max(this.#recoveredMs, nowMs + row.recoversS * 1000);
    else this.#open.set(key, { row, befallen });
    if (row.begins.height !== "none") this.#prompt.disturbed();
  }

  ends({ cause, subject }: Befallen, nowMs: number): void {
    this.#nowMs = nowMs;
    const key = `${cause} ${subject}`;
    const open = this.#open.get(key);
    if (open === undefined) return;
    this.#open.delete(key);
    if (open.row.ends !== null) this.#grant(`${key} ends`, open.row.ends, open.befallen.machineW);
    this.#recoveredMs = Math.max(this.#recoveredMs, nowMs + open.row.recoversS * 1000);
    // What it was told while it was stuck it has swallowed.
    if (cause === "stuck") this.#raises.forget(subject);
    if (open.row.bends === true) this.#taughtWrongMs = nowMs + open.row.recoversS * 1000;
    if (open.row.ends !== null && open.row.ends.height !== "none") this.#prompt.disturbed();
  }

  booted({ nowMs, wallMs }: { readonly nowMs: number; readonly wallMs: number }): void {
    this.#bootedMs = nowMs;
    this.#law.booted(wallMs);
    this.#words.booted();
    this.#raises.booted();
    this.#envelope.booted();
    this.#wear.booted();
    this.begins({ cause: "process start", subject: String(nowMs) }, nowMs);
    this.#prompt.begins(nowMs);
  }

  /** A genuine document, in the moment before a living agent hears it. */
  delivered(document: Issued, at: { readonly nowMs: number; readonly wallMs: number }): void {
    this.#nowMs = at.nowMs;
    this.#heard += 1;
    this.#inputs.delivered(document.id);
    this.#law.delivered(document, at.wallMs);
    if (document.type !== "ALLOCATION") return;
    const restart = document.payload["restart"] as { readonly rampPctPerMin: number };
    this.#rampPctPerMin = restart.rampPctPerMin;
  }

  entry(entry: Entry, nowMs: number): void {
    this.#nowMs = nowMs;
    this.#words.entry(entry);
    this.#causes.entry(entry);
    this.#inputs.entry(entry, this);
    // Who is taken up again after its quarantine gets its part from the others.
    if (entry.name === "device.readmitted") this.#steadyFromMs = nowMs + READMITTED_MS;
    if (entry.name === "setpoint.failed") this.#raises.forget(String(entry["device"]));
  }

  ordered(order: Order, machines: readonly MachineSight[], { nowMs, wallMs }: { readonly nowMs: number; readonly wallMs: number }): void {
    this.#nowMs = nowMs;
    this.#envelope.ordered(order, nowMs);
    this.#causes.ordered(order);
    this.#wear.ordered(order, nowMs);
    const { device, watts } = order;
    const limitW = this.#law.limitW(wallMs);
    // A limit that has fallen since the last look is a step, and opens its grant with the next.
    const calm = this.#open.size === 0 && this.#grants.heightAt(nowMs) === 0 && limitW >= (this.#before?.limitW ?? Infinity);
    // A machine whose outlet is switched comes back as it was told to be before: that is what it is seen to be told.
    if (order.setpoint.kind === "outlet") this.#raises.forget(device);
    else if (watts !== null) this.#raises.ordered({ device, watts, limitW, calm }, machines, this);
  }

  switched(outlet: number, on: boolean, { nowMs, leastMs }: { readonly nowMs: number; readonly leastMs: number }): void {
    this.#nowMs = nowMs;
    this.begins({ cause: on ? "outlet closed" : "outlet opened", subject: String(outlet) }, nowMs);
    this.#envelope.switched(outlet, on, { nowMs, leastMs, verdicts: this });
  }

  look(sight: Sight): void {
    this.#nowMs = sight.nowMs;
    const moment = this.#moment(sight);
    this.#power.look(moment, this);
    this.#inputs.look(sight, this);
    this.#raises.look(moment, this);
    this.#envelope.look(moment, this);
    this.#heat.look(moment, [...this.#open.keys()], this);
    this.#causes.look(this);
    if (!sight.alive) return;
    this.#words.look(moment, this);
    this.#excess.look(moment, this);
    this.#published.look(moment, this);
    this.#prompt.look(moment, this);
    this.#use.look(moment, { rampPctPerMin: this.#rampPctPerMin, recoveredMs: this.#recoveredMs }, this);
    this.#wear.look(moment, Math.max(this.#use.judgedFromMs, this.#taughtWrongMs, this.#steadyFromMs), this);
  }

  judged(clause: Clause): void {
    this.judgedTimes.set(clause, (this.judgedTimes.get(clause) ?? 0) + 1);
  }

  broken(clause: Clause, detail: string): void {
    const last = this.#saidMs.get(clause) ?? -Infinity;
    this.#saidMs.set(clause, this.#nowMs);
    if (this.#nowMs - last < SAY_AGAIN_MS || this.violations.length >= MOST) return;
    this.violations.push({ atS: Math.round(this.#nowMs / 100) / 10, clause, detail });
  }

  #moment(sight: Sight): Moment {
    const { nowMs, powerW } = sight;
    const limitW = this.#law.limitW(sight.wallMs);
    const before = this.#before;
    if (before !== null && limitW < before.limitW) {
      const aboveW = Math.max(before.powerW, powerW, Math.min(before.limitW, this.#rackW));
      this.#steps += 1;
      this.#grants.open(`limit step ${this.#steps}`, rowOf("limit step").begins, { nowMs, figures: { shedW: aboveW - limitW, machineW: 0, rackW: this.#rackW } });
      for (const [key, { row, befallen }] of this.#open) if (row.onSteps === true) this.#grant(`${key} at step ${this.#steps}`, row.begins, befallen.machineW);
      for (const { id, boots, highestW } of sight.machines()) if (boots) this.#grant(`limit step while it boots: ${id} at step ${this.#steps}`, rowOf("limit step while it boots").begins, highestW);
      if (before.heard === this.#heard) this.#prompt.begins(nowMs);
      else if (nowMs > this.#bootedMs + 5_000) this.#prompt.disturbed();
    }
    if (limitW !== before?.limitW) this.#limitSinceMs = nowMs;
    this.#before = { limitW, powerW, heard: this.#heard };
    const heightW = this.#grants.heightAt(nowMs);
    return {
      sight, limitW, limitEndsMs: this.#law.endsMs(limitW, sight.wallMs), heightW, shownW: this.#asShown(limitW), toleranceW: toleranceOf(limitW, sight), quiet: heightW === 0, whole: this.#open.size === 0,
      alone: !this.#grants.besides(["limit step", "process start", "controller down"], nowMs) && nowMs >= this.#taughtWrongMs,
      meterTrue: ![...this.#open.keys()].some((key) => key.startsWith("meter")), shownHigh: this.#isShownHigh(), bootedMs: this.#bootedMs, limitSinceMs: this.#limitSinceMs, stepMs: 1000,
    };
  }

  /** The limit as a meter that is off shows it; never less than it is. */
  #asShown(limitW: number): number {
    let asShown = limitW;
    for (const { row, befallen: { bent } } of this.#open.values()) {
      if (row.bends === true && bent !== undefined) asShown = Math.max(asShown, (limitW - bent.offsetW) / bent.shown);
    }
    return asShown;
  }

  #isShownHigh(): boolean {
    return [...this.#open.values()].some(({ befallen: { bent } }) => bent !== undefined && (bent.shown > 1 || bent.offsetW > 0));
  }

  #grant(key: string, grant: Row["begins"], machineW = 0): void {
    this.#grants.open(key, grant, { nowMs: this.#nowMs, figures: { shedW: 0, machineW, rackW: this.#rackW } });
  }
}
