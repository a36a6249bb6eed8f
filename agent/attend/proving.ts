/**
 * Proof tests and drills at the real rack. They ask for limits like a technician's, so that everything that keeps a limit
 * keeps theirs, and nothing of them outlives a crash but what was measured. The measurements go to the planner at once.
 */
import type { Decision } from "../core/decide.ts";
import type { Statement } from "../core/limit.ts";
import { beginProof, endProof, limitOf, nextProof, type Course, type Proof, type ProvenMachine } from "../core/proof.ts";
import { factorOf, type Proven } from "../core/proven.ts";
import type { Way } from "../core/settle.ts";
import { middleOf, watts, type Instant } from "../core/units.ts";
import type { ProvenTransition } from "../report/capability.ts";
import { isoTime } from "../report/figures.ts";
import type { Change } from "../report/changes.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Attendant, Desk } from "./attendant.ts";
import { messageOf } from "../runtime/errors.ts";

/** One test, with what is to be known of it besides its figures. */
export interface Trial {
  readonly who: string;
  readonly begunAt: Instant;
  readonly endedAt: Instant | null;
  readonly proof: Proof;
}

/** As it is kept: by machine, dated. */
type Kept = Readonly<Record<string, { readonly at: string; readonly shedMs: number | null; readonly wakeMs: number | null; readonly proven: { readonly factors: Proven["factors"]; readonly sleepPower: number | null } }>>;

const EVENTS = {
  prove: { started: "prove.started", step: "prove.step", ended: "prove.ended" },
  drill: { started: "drill.started", step: "drill.step", ended: "drill.ended" },
} as const;

export class Proving implements Attendant {
  readonly name = "proven";
  readonly #clock: Clock;
  readonly #models: ReadonlyMap<string, string>;
  #desk: Desk | null = null;
  #decision: Decision | null = null;
  #trial: Trial | null = null;
  #kept: Kept = {};

  /** `models`: of each machine, by its id. */
  constructor(clock: Clock, models: ReadonlyMap<string, string>) {
    this.#clock = clock;
    this.#models = models;
  }

  get trial(): Trial | null {
    return this.#trial;
  }

  get running(): boolean {
    return this.#trial !== null && (this.#trial.proof.state === "running" || this.#trial.proof.state === "restoring");
  }

  attach(kept: unknown, desk: Desk): void {
    this.#desk = desk;
    this.#kept = (kept as Kept | null) ?? {};
    this.#hand();
  }

  limits(): readonly Statement[] {
    const limit = this.#trial === null ? null : limitOf(this.#trial.proof);
    return limit === null ? [] : [{ source: "technician", power: limit, ref: null, until: null }];
  }

  decided(decision: Decision): readonly Change[] {
    this.#decision = decision;
    const trial = this.#trial;
    if (trial === null || !this.running) return [];
    const unsafe = decision.state === "emergency" ? "there is an emergency" : decision.meter === "frozen" ? "the meter is not believed" : null;
    const proof = unsafe === null ? nextProof(trial.proof, decision) : endProof(trial.proof, unsafe);
    this.#trial = { ...trial, proof };
    if (limitOf(proof) !== limitOf(trial.proof)) this.#desk?.soon();
    if (proof.state === "done" || proof.state === "stopped") return this.#end({ ...trial, proof });
    return proof.steps.length === trial.proof.steps.length ? [] : [{ name: EVENTS[proof.course.kind].step, fields: { limitW: limitOf(proof), step: proof.steps.length, of: proof.course.limits.length } }];
  }

  /** Begins under limits that are parts of what the rack draws now; false: one is under way, or there is nothing to measure with. */
  start({ kind, parts, hold }: Omit<Course, "limits"> & { readonly parts: readonly number[] }, who: string): boolean {
    const decision = this.#decision;
    if (this.running || decision === null || decision.quality !== "measured") return false;
    const draws = middleOf(decision.draw);
    const course: Course = { kind, hold, limits: parts.map((part) => watts(Math.round(part * draws))) };
    this.#trial = { who, begunAt: this.#clock.now().at, endedAt: null, proof: beginProof(course, decision) };
    this.#desk?.event(EVENTS[kind].started, { who, limitsW: course.limits, powerW: Math.round(draws) });
    this.#desk?.soon();
    return true;
  }

  /** Lifts its limit; core brings the rack back. False: nothing was running. */
  stop(why: string): boolean {
    if (this.#trial === null || !this.running) return false;
    const trial = { ...this.#trial, proof: endProof(this.#trial.proof, why) };
    for (const { name, fields } of this.#end(trial)) this.#desk?.event(name, fields);
    this.#desk?.soon();
    return true;
  }

  /** What is measured of each model, the slowest of its machines. */
  transitions(): ProvenTransition[] {
    const models = new Map<string, ProvenTransition>();
    for (const [id, { at, shedMs, wakeMs, proven }] of Object.entries(this.#kept)) {
      const model = this.#models.get(id);
      if (model === undefined) continue;
      const known = models.get(model);
      models.set(model, {
        model, machines: (known?.machines ?? 0) + 1, measuredAt: known !== undefined && known.measuredAt > at ? known.measuredAt : at,
        shedS: slower(known?.shedS ?? null, shedMs), wakeS: slower(known?.wakeS ?? null, wakeMs),
        sleepW: proven.sleepPower === null ? (known?.sleepW ?? null) : Math.max(known?.sleepW ?? 0, Math.round(proven.sleepPower)),
      });
    }
    return [...models.values()];
  }

  #end(trial: Trial): Change[] {
    this.#trial = { ...trial, endedAt: this.#clock.now().at };
    const { proof } = trial;
    if (proof.course.kind === "prove" && proof.machines.size > 0) this.#learn(proof.machines);
    return [{ name: EVENTS[proof.course.kind].ended, fields: { state: proof.state, ...(proof.why !== null && { why: proof.why }), machines: proof.machines.size, steps: proof.steps.length } }];
  }

  #learn(machines: ReadonlyMap<string, ProvenMachine>): void {
    const at = isoTime(this.#clock.now().at);
    const measured = [...machines].map(([id, { ways, sleepPower }]) => {
      const before = this.#kept[id]?.proven.factors ?? {};
      // What was assumed while it was measured stood on the measurement before.
      const factors = Object.fromEntries(Object.entries(ways).map(([way, { took, assumed }]) => [way, factorOf(took, assumed / (before[way as Way] ?? 1))]));
      return [id, { at, shedMs: ways.sleep?.took ?? ways.down?.took ?? null, wakeMs: ways.wake?.took ?? null, proven: { factors: { ...before, ...factors }, sleepPower } }] as const;
    });
    this.#kept = { ...this.#kept, ...Object.fromEntries(measured) };
    this.#hand();
    this.#desk?.keep(this.#kept).catch((error: unknown) => this.#desk?.event("storage.failed", { reason: messageOf(error) }));
  }

  /** To the planner, by way of what the machines say they can. */
  #hand(): void {
    for (const loop of this.#desk?.plant.devices ?? []) {
      const kept = this.#kept[loop.device.id]?.proven;
      loop.proven = kept === undefined ? null : { factors: kept.factors, sleepPower: kept.sleepPower === null ? null : watts(kept.sleepPower) };
    }
  }
}

const slower = (known: number | null, ms: number | null): number | null => (ms === null ? known : Math.max(known ?? 0, Math.round(ms / 100) / 10));
