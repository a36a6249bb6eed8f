/**
 * What a VTN has said, as a reducer: whole answers, clock readings and the fate of writes go in, what is heard comes out.
 * An answer not yet on disk stands beside the one it replaces and the smaller binds: a drop acts at once, a raise waits.
 */
import type { Allocation, Heard } from "../../core/grid.ts";
import type { Now } from "../../core/time.ts";
import { instant, type Instant, type Millis } from "../../core/units.ts";
import { asLimit, withoutForce } from "../../core/voices.ts";
import { accept, refuse, type Result } from "../result.ts";
import { BEGINNING } from "./duration.ts";
import { readEvent, readProgram, type OadrEvent, type Program } from "./reading.ts";
import { spansOf } from "./spans.ts";
import { stated, TONGUE, type Stated, type Terms } from "./stated.ts";

/** Everything the VTN shows us, read in one go. */
export interface Answer {
  readonly programs: readonly unknown[];
  readonly events: readonly unknown[];
  /** Uptime at which it was asked for: what it says is no younger. */
  readonly askedAt: Millis;
  /** The VTN's own clock, from its answer; null: not told. */
  readonly date: Instant | null;
}

export interface Concern {
  /** Names of the programs this rack takes part in; empty: all that are shown. */
  readonly programs: readonly string[];
  /** What events may be addressed to, besides to everybody. */
  readonly targets: readonly string[];
}

/** What one answer brought, for people. */
export interface News {
  readonly begun: readonly OadrEvent[];
  readonly gone: readonly OadrEvent[];
}

/** As kept under its name over restarts. */
export interface KeptBook {
  readonly programs: readonly unknown[];
  readonly events: readonly unknown[];
  /** Alerts that have stopped the rack and that the VTN has not ended yet: event id, action. */
  readonly latched: Readonly<Record<string, "STOP" | "BLACK_START_HOLD">>;
  readonly date: number | null;
}

const most = { events: 500, intervals: 5_000 } as const;
/** A VTN of several machines may have several clocks. */
const CLOCK_SKEW = 60_000;

/** Those of an answer that concern this rack, and the programs they belong to, as they came. */
interface Page {
  readonly events: readonly OadrEvent[];
  readonly programs: readonly unknown[];
}

const EMPTY: Page = { events: [], programs: [] };

export class Book {
  readonly #terms: Terms;
  readonly #concern: Concern;
  /** On disk. */
  #held: Page = EMPTY;
  /** Not yet, or its write failed. */
  #coming: Page | null = null;
  #latched = new Map<string, Stated["alerts"][number]>();
  /** Alerts that the newest answer no longer states: they end when that is on disk. */
  #ending = new Set<string>();
  #bornAt: Millis | null = null;
  #confirmedAt: Millis | null = null;
  /** The VTN's clock at the last answer, and the farthest it was ahead of our uptime. */
  #date: Instant | null = null;
  #ahead: number | null = null;
  #written = "";

  constructor(terms: Terms, concern: Concern) {
    this.#terms = terms;
    this.#concern = concern;
  }

  get events(): readonly OadrEvent[] {
    return (this.#coming ?? this.#held).events;
  }

  /** Uptime of the question whose answer is the last whole one; null: none yet. */
  get bornAt(): Millis | null {
    return this.#bornAt;
  }

  /** What was kept binds beside the failsafe limit until the VTN is heard. What cannot be read any more is said and left out: until then nothing above the failsafe limit is allowed anyway. */
  restore(kept: unknown, now: Now): Result<null> {
    const { programs = [], events = [], latched = {}, date = null } = (kept ?? {}) as Partial<KeptBook>;
    for (const [id, action] of Object.entries(latched)) this.#latched.set(id, { ref: { id, topic: "openadr", epoch: 0, seq: 0, by: TONGUE }, action });
    this.#date = date === null ? null : instant(date);
    const page = this.#read({ programs, events }, now);
    if (!page.ok) return page;
    this.#held = page.value;
    this.#written = this.#text();
    return accept(null);
  }

  /** A whole answer. What has to be written down after it is `due`. */
  answered(answer: Answer, now: Now): Result<News> {
    const stale = this.#stale(answer, now);
    if (stale !== null) return refuse("REPLAY", stale);
    const page = this.#read(answer, now);
    if (!page.ok) return page;
    const older = page.value.events.find((event) => this.events.some(({ id, modificationDateTime: held }) => id === event.id && isOlder(event.modificationDateTime, held)));
    if (older !== undefined) return refuse("REPLAY", `event ${older.id} is older than the one held`);
    // Worked out before anything is changed: what throws leaves what was.
    const alerting = new Set(stated(page.value.events, now, this.#terms).alerts.map(({ ref }) => ref.id));
    const news = newsBetween(this.events, page.value.events);
    this.#coming = page.value;
    this.#bornAt = answer.askedAt;
    this.#date = answer.date ?? this.#date;
    this.#ending = new Set([...this.#latched.keys()].filter((id) => !alerting.has(id)));
    if (this.due() === null) this.#settle(answer.askedAt);
    return accept(news);
  }

  /** `written` is on disk. Until what came last is, old and new stand together. */
  kept({ date: _date, ...written }: KeptBook, uptime: Millis): void {
    this.#written = JSON.stringify(written);
    if (this.#written === this.#text()) this.#settle(uptime);
  }

  #settle(uptime: Millis): void {
    if (this.#coming !== null) {
      this.#held = this.#coming;
      this.#confirmedAt = uptime;
    }
    this.#coming = null;
    for (const id of this.#ending) this.#latched.delete(id);
    this.#ending.clear();
  }

  /** What is to be written down; null: what is on disk already. */
  due(): KeptBook | null {
    return this.#text() === this.#written ? null : this.snapshot();
  }

  snapshot(): KeptBook {
    return { ...this.#toKeep(), date: this.#date };
  }

  heard(now: Now): Heard {
    const held = stated(this.#held.events, now, this.#terms);
    const coming = this.#coming === null ? null : stated(this.#coming.events, now, this.#terms);
    for (const alert of [...held.alerts, ...(coming?.alerts ?? [])]) if (!this.#latched.has(alert.ref.id)) this.#latched.set(alert.ref.id, alert);
    const both = coming === null ? held : beside(held, coming);
    return { ...both, latches: [...this.#latched.values()], heartbeat: { bornAt: this.#bornAt, confirmedAt: this.#confirmedAt, gapSince: null } };
  }

  /** The date moves with every answer: it is written down when something else is. */
  #text(): string {
    return JSON.stringify(this.#toKeep());
  }

  #toKeep(): Omit<KeptBook, "date"> {
    const { programs, events } = this.#coming ?? this.#held;
    const latched = [...this.#latched].filter(([id]) => !this.#ending.has(id)).map(([id, { action }]) => [id, action] as const);
    return { programs, events: events.map(({ source }) => source), latched: Object.fromEntries(latched) };
  }

  /** The VTN's clock has to go on as ours does: what a cache repeats stands still. One that was set right is believed where our own clock agrees. */
  #stale({ date, askedAt }: Answer, now: Now): string | null {
    if (date === null) return null;
    const ahead = date - askedAt;
    const behind = Math.max(this.#date === null ? 0 : this.#date - date, this.#ahead === null ? 0 : this.#ahead - ahead);
    const fresh = now.latest !== null && date >= now.earliest - CLOCK_SKEW;
    if (behind > CLOCK_SKEW && !fresh) return `the answer is of ${new Date(date).toISOString()}, ${Math.round(behind / 1_000)} s too old`;
    this.#ahead = behind > CLOCK_SKEW || this.#ahead === null ? ahead : Math.max(this.#ahead, ahead);
    return null;
  }

  #read({ programs, events }: Pick<Answer, "programs" | "events">, now: Now): Result<Page> {
    const known = new Map<string, Program>();
    const sources = new Map<string, unknown>();
    for (const one of programs) {
      const program = readProgram(one);
      if (!program.ok) return program;
      known.set(program.value.id, program.value);
      sources.set(program.value.id, one);
    }
    const ours: OadrEvent[] = [];
    const seen = new Set<string>();
    let intervals = 0;
    for (const one of events) {
      const event = readEvent(one, known);
      if (!event.ok) return event;
      const { id } = event.value;
      if (seen.has(id)) return refuse("SCHEMA", `event ${id} stands twice`);
      seen.add(id);
      if (!this.#concerns(event.value) || this.#isOver(event.value, now)) continue;
      ours.push(event.value);
      intervals += event.value.intervals.length;
      if (ours.length > most.events || intervals > most.intervals) return refuse("TOO_LARGE", `more than ${most.events} events or ${most.intervals} intervals`);
    }
    const used = new Set(ours.map(({ programID }) => programID));
    return accept({ events: ours, programs: [...sources].flatMap(([id, source]) => (used.has(id) ? [source] : [])) });
  }

  #concerns({ program, targets, intervals, reportDescriptors }: OadrEvent): boolean {
    if (this.#concern.programs.length > 0 && !this.#concern.programs.includes(program)) return false;
    if (targets.length > 0 && !targets.some((target) => this.#concern.targets.includes(target))) return false;
    return reportDescriptors.length > 0 || intervals.some(({ says }) => says.length > 0);
  }

  /** A day after its end nobody asks for it any more. */
  #isOver(event: OadrEvent, now: Now): boolean {
    if (event.intervals.length === 0) return false;
    return spansOf(event, now, this.#terms.u).every(({ span }) => span.end !== null && span.end < now.earliest - DAY);
  }
}

const DAY = 86_400_000;

const isOlder = (one: OadrEvent["modificationDateTime"], other: OadrEvent["modificationDateTime"]): boolean => one !== null && other !== null && one !== BEGINNING && other !== BEGINNING && one < other;

function newsBetween(before: readonly OadrEvent[], after: readonly OadrEvent[]): News {
  const text = ({ source }: OadrEvent): string => JSON.stringify(source);
  const [had, has] = [new Map(before.map((event) => [event.id, text(event)])), new Set(after.map(({ id }) => id))];
  return { begun: after.filter((event) => had.get(event.id) !== text(event)), gone: before.filter(({ id }) => !has.has(id)) };
}

/** Two states of one VTN: all that either limits limits, and only what both allocate is allocated. */
function beside(held: Stated, coming: Stated): Stated {
  const allocations = held.allocations.flatMap((one) => coming.allocations.flatMap((other) => shared(one, other)));
  const all = [...held.allocations, ...coming.allocations];
  return {
    allocations: [...allocations, ...all.map(withoutForce)],
    limits: [...held.limits, ...coming.limits, ...all.map(asLimit)],
    levels: [...held.levels, ...coming.levels],
    // Whichever goes first when both are kept: until then the smallest.
    setpoints: [...held.setpoints, ...coming.setpoints].map((event) => ({ ...event, priority: 0 })),
    alerts: [...held.alerts, ...coming.alerts],
  };
}

function shared(one: Allocation, other: Allocation): Allocation[] {
  const start = instant(Math.max(one.valid.start ?? -MAX, other.valid.start ?? -MAX));
  const end = instant(Math.min(one.valid.end ?? MAX, other.valid.end ?? MAX));
  return start >= end ? [] : [{ ...one, valid: { start: start === -MAX ? null : start, end: end === MAX ? null : end } }];
}

const MAX = Number.MAX_SAFE_INTEGER;

