/**
 * A virtual end node: asks its VTN over and over what is in force, and once more whenever a change is told. Only whole,
 * authorised answers are believed; what they raise waits for the disk. Reports what is asked for.
 */
import type { Decision } from "../../core/decide.ts";
import { flexibilityOf } from "../../core/flexibility.ts";
import type { Heard, Latch } from "../../core/grid.ts";
import type { Now, Tick } from "../../core/time.ts";
import { millis, seconds, type Millis, type Watts } from "../../core/units.ts";
import { measuredW } from "../../report/status.ts";
import type { Change } from "../../report/changes.ts";
import { Bell } from "../../runtime/bell.ts";
import type { Clock } from "../../runtime/clock.ts";
import { messageOf, stackOf } from "../../runtime/errors.ts";
import type { Log } from "../../runtime/log.ts";
import { Book, type Concern, type KeptBook, type News } from "../../signal/openadr/book.ts";
import { refuse, type Result } from "../../signal/result.ts";
import type { OadrEvent } from "../../signal/openadr/reading.ts";
import { Reports, type Report } from "../../signal/openadr/reports.ts";
import { refOf, TONGUE, type Terms } from "../../signal/openadr/stated.ts";
import type { Look } from "../../signal/openadr/tally.ts";
import type { Attendant, Desk, Tongue } from "../attendant.ts";
import { followNotices, type NoticeDoor } from "./notices.ts";
import { VtnError, type Vtn } from "./vtn.ts";

export interface VenOptions {
  readonly vtn: Vtn;
  readonly terms: Terms;
  readonly concern: Concern;
  readonly poll: Millis;
  /** A link to the VTN's broker; null: changes are found by asking only. */
  readonly door: NoticeDoor | null;
  readonly clientName: string;
  readonly resourceName: string;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly log: Log;
}

interface Kept {
  readonly book?: KeptBook;
  readonly reported?: Readonly<Record<string, number>>;
}

/** All questions of one round. */
const ROUND = seconds(60);
/** A flood of notices is no flood of questions. */
const BETWEEN_ROUNDS = seconds(1);
const FIRST_RETRY = seconds(2);
/** Five minutes: what a rack can shed in an ordinary event. */
const SHED_WITHIN = seconds(300);

export class Ven implements Attendant {
  readonly name = "openadr";
  readonly #options: VenOptions;
  readonly #book: Book;
  readonly #reports: Reports;
  readonly #bell = new Bell();
  #desk: Desk | null = null;
  #now: Now | null = null;
  /** As last said; null: nothing said yet. */
  #heard: boolean | null = null;
  /** Why the last round gave nothing; null: it gave an answer. */
  #trouble: string | null = null;
  #latched: readonly Latch[] = [];
  #look: Look | null = null;
  #lookedAt: Millis | null = null;
  #writing: Promise<void> | null = null;

  constructor(options: VenOptions) {
    this.#options = options;
    this.#book = new Book(options.terms, options.concern);
    this.#reports = new Reports({ clientName: options.clientName, resourceName: options.resourceName, u: options.terms.u });
  }

  tongue(uptime: Millis): Tongue {
    const { bornAt, events } = this.#book;
    const age = bornAt === null ? null : uptime - bornAt;
    return {
      by: TONGUE,
      heard: age !== null && age <= this.#options.terms.lostAfter,
      ageS: age === null ? null : Math.round(age / 1_000),
      lostAfterS: this.#options.terms.lostAfter / 1_000,
      trouble: this.#trouble,
      events: events.map((event) => ({ id: event.id, name: event.eventName, program: event.program, priority: event.priority, says: [...new Set(event.intervals.flatMap(({ says }) => says.map(({ kind }) => kind)))] })),
    };
  }

  attach(kept: unknown, desk: Desk): void {
    this.#desk = desk;
    const { book, reported } = (kept ?? {}) as Kept;
    this.#reports.restore(reported ?? {});
    const restored = this.#read(() => this.#book.restore(book, this.#wall()));
    if (!restored.ok) desk.event("signal.refused", { topic: this.name, code: restored.code, reason: `what was kept: ${restored.reason}`, count: 1, alarm: restored.code === "INTERNAL" });
  }

  speaks(now: Now): Heard {
    this.#now = now;
    const heard = this.#book.heard(now);
    const changed = heard.latches.length !== this.#latched.length || heard.latches.some(({ ref }, at) => ref.id !== this.#latched[at]?.ref.id);
    for (const { ref, action } of heard.latches) if (!this.#latched.some((one) => one.ref.id === ref.id)) this.#desk?.event("emergency.latched", { id: ref.id, topic: ref.topic, action, by: TONGUE });
    for (const { ref } of this.#latched) if (!heard.latches.some((one) => one.ref.id === ref.id)) this.#desk?.event("emergency.released", { id: ref.id, topic: ref.topic, by: TONGUE });
    this.#latched = heard.latches;
    // A latch is kept from the moment it falls.
    if (changed) void this.#write();
    return heard;
  }

  decided(decision: Decision, { tick }: { readonly tick: Tick }): readonly Change[] {
    const { events } = this.#book;
    const length = millis(this.#lookedAt === null ? 0 : tick.uptime - this.#lookedAt);
    this.#lookedAt = tick.uptime;
    this.#look = events.some(({ reportDescriptors }) => reportDescriptors.length > 0) ? lookAt(decision, this.#options.terms.nominal) : null;
    if (this.#look !== null && this.#now !== null) this.#reports.look(events, { look: this.#look, length, now: this.#now });
    const { heard } = this.tongue(tick.uptime);
    if (heard === this.#heard || (!heard && tick.uptime < this.#options.terms.lostAfter)) return [];
    this.#heard = heard;
    return [heard ? { name: "vtn.answered", fields: { events: events.length } } : { name: "vtn.lost", fields: { reason: this.#trouble ?? "no whole answer in time" } }];
  }

  async run(signal: AbortSignal): Promise<void> {
    const { door, vtn, clock, log } = this.#options;
    const notices = door === null ? null : followNotices({ door, vtn, clock, log, told: () => this.#bell.ring() }, signal);
    await Promise.all([this.#poll(signal), notices]);
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const { clock, poll, random } = this.#options;
    let retry: number = FIRST_RETRY;
    while (!signal.aborted) {
      const ok = await this.#round(signal);
      retry = ok ? FIRST_RETRY : Math.min(poll, retry * 2);
      // A farm does not ask in step.
      const wait = millis((ok ? poll : retry) * (0.9 + 0.2 * random()));
      await clock.sleep(BETWEEN_ROUNDS, signal).catch(() => undefined);
      await this.#bell.wait(clock, wait, signal).catch(() => undefined);
    }
  }

  /** true: a whole answer came and was taken. */
  async #round(signal: AbortSignal): Promise<boolean> {
    const { vtn, clock } = this.#options;
    const end = new AbortController();
    const cancel = clock.after(ROUND, () => end.abort(new Error("no whole answer within a minute")));
    const both = AbortSignal.any([signal, end.signal]);
    try {
      const answer = await vtn.read(both);
      const taken = this.#read(() => this.#book.answered(answer, this.#wall()));
      if (!taken.ok) {
        this.#desk?.event("signal.refused", { topic: this.name, code: taken.code, reason: taken.reason, count: 1, alarm: taken.code === "REPLAY" || taken.code === "INTERNAL" });
        throw new VtnError(taken.reason);
      }
      this.#tell(taken.value);
      this.#trouble = null;
      this.#desk?.soon();
      await this.#write();
      await this.#report(both);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      const reason = messageOf(error);
      if (reason !== this.#trouble) this.#options.log.warn({ reason }, "no answer of the VTN that can be taken");
      this.#trouble = reason;
      return false;
    } finally {
      cancel();
    }
  }

  /** The one boundary around what a VTN has said: what throws in here was a bug of ours, and no answer was had. */
  #read<T>(work: () => Result<T>): Result<T> {
    try {
      return work();
    } catch (error) {
      this.#options.log.error({ stack: stackOf(error) }, "a bug of ours: what the VTN says was refused for it");
      return refuse("INTERNAL", messageOf(error));
    }
  }

  /** One write at a time, until all is written. What could not be kept is tried again with the next round. */
  #write(): Promise<void> {
    this.#writing ??= this.#writeAll().finally(() => (this.#writing = null));
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    const desk = this.#desk;
    for (let book = this.#book.due(); book !== null && desk !== null; book = this.#book.due()) {
      const ok = await desk.keep(this.#kept(book)).then(() => true, () => false);
      if (!ok) return;
      this.#book.kept(book, this.#options.clock.now().uptime);
      desk.soon();
    }
  }

  #kept(book: KeptBook): Kept {
    return { book, reported: this.#reports.done };
  }

  async #report(signal: AbortSignal): Promise<void> {
    const { events } = this.#book;
    this.#reports.forget(events);
    const look = this.#look;
    if (look === null) return;
    let sent = 0;
    for (const report of this.#reports.due(events, look, this.#wall())) if (await this.#post(report, signal)) sent += 1;
    if (sent > 0) await this.#desk?.keep(this.#kept(this.#book.snapshot())).catch(() => undefined);
  }

  /** A report that the VTN refuses for what is in it will be refused again: it is done. */
  async #post(report: Report, signal: AbortSignal): Promise<boolean> {
    const { vtn, log } = this.#options;
    try {
      await vtn.post("/reports", report.body, signal);
    } catch (error) {
      const final = error instanceof VtnError && error.status !== null && [400, 404, 409, 422].includes(error.status);
      log.warn({ report: report.mark, reason: messageOf(error) }, final ? "the VTN refuses a report: it is not sent again" : "a report is not sent yet");
      if (!final) return false;
    }
    this.#reports.sent(report);
    return true;
  }

  #tell({ begun, gone }: News): void {
    for (const event of begun) {
      this.#desk?.event("signal.accepted", { ...named(event), type: kindsOf(event), waiting: false });
      for (const { says } of event.intervals) {
        for (const said of says) {
          if (said.kind === "notice") this.#desk?.event("vtn.said", { ...named(event), type: said.type, text: said.text });
          if (said.kind === "unclear") this.#desk?.event("vtn.said", { ...named(event), type: "UNCLEAR", text: said.why });
        }
      }
    }
    for (const event of gone) this.#desk?.event("signal.cancelled", { ...named(event), type: kindsOf(event) });
  }

  /** Between cycles, and before the first. */
  #wall(): Now {
    const { uptime, at, error } = this.#options.clock.now();
    return this.#now ?? { uptime, earliest: at, latest: error === null ? null : at };
  }
}

const named = (event: OadrEvent) => ({ id: event.id, topic: refOf(event).topic, title: event.eventName, by: TONGUE });

const kindsOf = ({ intervals }: OadrEvent): string => [...new Set(intervals.flatMap(({ says }) => says.map(({ kind }) => kind)))].join(" ") || "report";

/** What drawing nothing to speak of is: a twentieth of all that could be drawn. */
const IDLE = 0.05;

/** Without load control the rack would run in full operation, as far as its machines can be told anything. */
function lookAt(decision: Decision, nominal: Watts): Look {
  const flexible = flexibilityOf(decision, millis(0));
  const powerW = measuredW(decision);
  const { limit } = decision.effective;
  const full = Math.min(nominal, flexible.most());
  const curtailed = limit.kind === "limited" && limit.power < full;
  const idle = powerW !== null && powerW < IDLE * full;
  return {
    powerW, measured: decision.quality === "measured",
    baselineW: flexible.machines === 0 ? null : curtailed ? Math.max(full, powerW ?? 0) : (powerW ?? full),
    shedW: flexible.shed(SHED_WITHIN),
    state: flexible.machines === 0 ? "ERROR" : curtailed ? (idle ? "IDLE_CURTAILED" : "RUNNING_CURTAILED") : idle ? "IDLE_NORMAL" : "RUNNING_NORMAL",
  };
}
