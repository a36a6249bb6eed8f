/** Which reports an event asks for, when they are due, and what stands in them. */
import type { Now } from "../../core/time.ts";
import { instant, type Instant, type Millis } from "../../core/units.ts";
import { endOf, FOREVER, inMs, BEGINNING } from "./duration.ts";
import type { OadrEvent, ReportWish } from "./reading.ts";
import { spansOf, type Placed } from "./spans.ts";
import { Tally, type Look } from "./tally.ts";

/** What this rack can report. */
const kinds = ["USAGE", "DEMAND", "BASELINE", "OPERATING_STATE", "LOAD_SHED_DELTA_AVAILABLE"] as const;
type Kind = (typeof kinds)[number];
const isKind = (type: string): type is Kind => kinds.some((kind) => kind === type);

/** Without intervals of its own an event is reported on by quarter hours. */
const QUARTER = 900_000;
const mostTallies = 2_000;
const mostIntervals = 500;

/** A report as it is posted to the VTN, and what is to be remembered of it. */
export interface Report {
  readonly mark: string;
  /** How many of its wish are done with this one. */
  readonly done: number;
  readonly body: object;
}

export interface Reporting {
  readonly clientName: string;
  readonly resourceName: string;
  readonly u: (id: string) => number;
}

export class Reports {
  readonly #reporting: Reporting;
  readonly #tallies = new Map<string, Tally>();
  /** By event and wish: how many reports are done. */
  #done = new Map<string, number>();

  constructor(reporting: Reporting) {
    this.#reporting = reporting;
  }

  restore(done: Readonly<Record<string, number>>): void {
    this.#done = new Map(Object.entries(done));
  }

  get done(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#done);
  }

  /** A look at the rack counts in every interval that somebody will be told about. */
  look(events: readonly OadrEvent[], { look, length, now }: { readonly look: Look; readonly length: Millis; readonly now: Now }): void {
    const at = middle(now);
    for (const event of events) {
      if (wishes(event).length === 0) continue;
      for (const { index, span } of this.#intervals(event, now)) {
        if (!holds(span, at)) continue;
        const key = `${event.id}#${index}`;
        const tally = this.#tallies.get(key) ?? new Tally();
        tally.add(look, length);
        this.#tallies.set(key, tally);
        // The oldest go: nobody has asked for them.
        for (const old of this.#tallies.keys()) if (this.#tallies.size > mostTallies) this.#tallies.delete(old);
      }
    }
  }

  /** What is due by now. It is due again until `sent`. */
  due(events: readonly OadrEvent[], look: Look, now: Now): Report[] {
    return events.flatMap((event) => {
      const intervals = this.#intervals(event, now);
      return wishes(event).flatMap(({ wish, kind, index }) => {
        const mark = `${event.id}/${index}`;
        const done = this.#done.get(mark) ?? 0;
        const next = nextOf(wish, { intervals, done, now });
        return next === null ? [] : [{ mark, done: next.number + 1, body: this.#body(event, { kind, wish, covers: next.covers, look }) }];
      });
    });
  }

  sent({ mark, done }: Report): void {
    this.#done.set(mark, done);
  }

  /** Of events that are gone nothing is remembered. */
  forget(events: readonly OadrEvent[]): void {
    const ids = new Set(events.map(({ id }) => id));
    for (const mark of this.#done.keys()) if (!ids.has(mark.slice(0, mark.lastIndexOf("/")))) this.#done.delete(mark);
    for (const key of this.#tallies.keys()) if (!ids.has(key.slice(0, key.lastIndexOf("#")))) this.#tallies.delete(key);
  }

  #intervals(event: OadrEvent, now: Now): readonly Placed[] {
    return event.intervals.length > 0 ? spansOf(event, now, this.#reporting.u) : implied(event, now);
  }

  #body(event: OadrEvent, { kind, wish, covers, look }: { readonly kind: Kind; readonly wish: ReportWish; readonly covers: readonly Placed[]; readonly look: Look }): object {
    const { clientName, resourceName } = this.#reporting;
    const intervals = covers.slice(-mostIntervals).map((placed) => {
      const { start, end } = placed.span;
      return {
        id: event.intervals[placed.of]?.id ?? placed.of,
        ...(start !== null && { intervalPeriod: { start: new Date(start).toISOString(), duration: end === null ? "P9999Y" : `PT${Math.round((end - start) / 1_000)}S` } }),
        payloads: payloadsOf(kind, { tally: this.#tallies.get(`${event.id}#${placed.index}`) ?? new Tally(), length: start === null || end === null ? null : end - start, look }),
      };
    });
    return {
      objectType: "REPORT",
      programID: event.programID,
      eventID: event.id,
      clientName,
      reportName: `${kind} of ${resourceName}`,
      payloadDescriptors: [descriptors[kind]],
      resources: [{ resourceName: wish.aggregate === true ? "AGGREGATED_REPORT" : resourceName, intervals }],
    };
  }
}

/** Energy and power are measured at the rack's own meter; a baseline is what the machines would draw, which nobody measures. */
const descriptors: Readonly<Record<Kind, object>> = {
  USAGE: { objectType: "REPORT_PAYLOAD_DESCRIPTOR", payloadType: "USAGE", readingType: "DIRECT_READ", units: "KWH" },
  DEMAND: { objectType: "REPORT_PAYLOAD_DESCRIPTOR", payloadType: "DEMAND", readingType: "MEAN", units: "KW" },
  BASELINE: { objectType: "REPORT_PAYLOAD_DESCRIPTOR", payloadType: "BASELINE", readingType: "ESTIMATED", units: "KW" },
  OPERATING_STATE: { objectType: "REPORT_PAYLOAD_DESCRIPTOR", payloadType: "OPERATING_STATE" },
  LOAD_SHED_DELTA_AVAILABLE: { objectType: "REPORT_PAYLOAD_DESCRIPTOR", payloadType: "LOAD_SHED_DELTA_AVAILABLE", readingType: "FORECAST", units: "KW" },
};

/** What is not known is MISSING, never zero. */
function payloadsOf(kind: Kind, { tally, length, look }: { readonly tally: Tally; readonly length: number | null; readonly look: Look }): object[] {
  const quality = (word: string): object => ({ type: "DATA_QUALITY", values: [word] });
  const figure = ({ kW, quality: how }: { readonly kW: number | null; readonly quality: string }, times = 1): object[] => [...(kW === null ? [] : [{ type: kind, values: [rounded(kW * times)] }]), quality(how)];
  switch (kind) {
    case "USAGE": return length === null ? [quality("MISSING")] : figure(tally.mean(length), length / 3_600_000);
    case "DEMAND": return length === null ? figure({ kW: look.powerW === null ? null : look.powerW / 1_000, quality: look.powerW === null ? "MISSING" : look.measured ? "OK" : "ESTIMATED" }) : figure(tally.mean(length));
    case "BASELINE": return length === null ? figure({ kW: look.baselineW === null ? null : look.baselineW / 1_000, quality: look.baselineW === null ? "MISSING" : "ESTIMATED" }) : figure(tally.baseline(length));
    case "OPERATING_STATE": return [{ type: kind, values: [(tally.last ?? look).state] }, quality("OK")];
    // Less load: a delta below zero.
    case "LOAD_SHED_DELTA_AVAILABLE": return [{ type: kind, values: [rounded(-look.shedW / 1_000)] }, quality("ESTIMATED")];
  }
}

const rounded = (figure: number): number => Math.round(figure * 1_000) / 1_000 || 0;

const wishes = (event: OadrEvent): { readonly wish: ReportWish; readonly kind: Kind; readonly index: number }[] =>
  event.reportDescriptors.flatMap((wish, index) => (isKind(wish.payloadType) ? [{ wish, kind: wish.payloadType, index }] : []));

/**
 * The report that is due: the first not done whose time has come. Past intervals are reported at the end of the one that
 * `startInterval` names, coming ones at its beginning; -1 is the last, or the first to come. null: none is due.
 */
function nextOf(wish: ReportWish, { intervals, done, now }: { readonly intervals: readonly Placed[]; readonly done: number; readonly now: Now }): { readonly number: number; readonly covers: readonly Placed[] } | null {
  if (intervals.length === 0) return null;
  const past = wish.historical ?? true;
  const turn = Math.max(...intervals.map(({ of }) => of)) + 1;
  const count = positive(wish.numIntervals) ?? turn;
  const every = wish.frequency === 0 ? 1 : (positive(wish.frequency) ?? count);
  const start = wish.startInterval ?? -1;
  const first = start >= 0 ? start : past ? turn - 1 : 0;
  const repeat = wish.repeat === null ? 1 : wish.repeat < 0 ? Infinity : wish.repeat;
  const at = middle(now);
  const byIndex = new Map(intervals.map((placed) => [placed.index, placed]));
  const last = Math.max(...byIndex.keys());
  let found: { readonly number: number; readonly covers: readonly Placed[] } | null = null;
  // What was missed is told once: by the newest that is due.
  for (let number = Math.max(done, Math.floor((Math.min(...byIndex.keys()) - first) / every)); number < repeat; number += 1) {
    const index = first + number * every;
    if (index > last) break;
    const placed = byIndex.get(index);
    if (placed === undefined) continue;
    const { start: begins, end } = placed.span;
    const due = past ? end !== null && end <= at : begins === null || begins <= at + LEAD;
    if (!due) break;
    const from = past ? index - count + 1 : index;
    const covers = Array.from({ length: count }, (_, step) => byIndex.get(from + step)).filter((one) => one !== undefined);
    if (covers.length > 0) found = { number, covers };
  }
  return found;
}

/** A forecast is told so long before what it is about. */
const LEAD = 60_000;
const positive = (figure: number | null): number | null => (figure === null || figure <= 0 ? null : figure);

/** An event without intervals: its own period over and over, or quarter hours of the clock, from when it was made. */
function implied(event: OadrEvent, now: Now): readonly Placed[] {
  const period = event.intervalPeriod;
  const length = period?.duration == null || period.duration === FOREVER ? QUARTER : Math.max(60_000, inMs(period.duration));
  const created = event.createdDateTime === null || event.createdDateTime === BEGINNING ? 0 : event.createdDateTime;
  const start = period?.start == null || period.start === BEGINNING ? instant(Math.floor(created / length) * length) : period.start;
  const end = event.duration === null ? null : endOf(start, event.duration);
  const at = middle(now);
  const turn = Math.floor((at - start) / length);
  return Array.from({ length: 50 }, (_, step) => turn - 48 + step).flatMap((k) => {
    const span = { start: instant(start + k * length), end: instant(start + (k + 1) * length) };
    return k < 0 || (end !== null && span.start >= end) ? [] : [{ index: k, of: 0, span }];
  });
}

const holds = (span: Placed["span"], at: number): boolean => (span.start === null || span.start <= at) && (span.end === null || at < span.end);

/** Reports are about the past: here now is its middle. */
const middle = (now: Now): Instant => instant(now.latest === null ? now.earliest : (now.earliest + now.latest) / 2);
