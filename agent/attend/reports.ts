/** Writes reports: of one order of the grid, or of a stretch of time. Reads the journal where it lies, in pieces, beside the loop. */
import { sign, type KeyObject } from "node:crypto";
import { tolerance } from "../core/assess.ts";
import type { Decision } from "../core/decide.ts";
import { millis, seconds, watts, type Millis } from "../core/units.ts";
import { headText } from "../record/chain.ts";
import { excerpt, findLast, type JournalLine } from "../record/excerpt.ts";
import type { Journal } from "../record/journal.ts";
import type { ReportQuery } from "../report/bundle/build.ts";
import { forTheOperator, type ReportFacts } from "../report/bundle/facts.ts";
import { MOST_SECONDS } from "../report/bundle/seconds.ts";
import type { ReportFormat } from "../report/bundle/signed.ts";
import type { IntervalRecord } from "../report/energy/record.ts";
import type { Change } from "../report/changes.ts";
import type { AgentEvent } from "../report/events.ts";
import { Bell } from "../runtime/bell.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Disk } from "../runtime/disk.ts";
import type { Attendant, Desk } from "./attendant.ts";
import type { Forward } from "./energy.ts";

export interface ReportsOptions {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly journal: Journal;
  readonly identity: ReportQuery["identity"];
  readonly seal: (payload: string) => string;
  readonly publicKey: KeyObject | null;
  /** Signs energy records in OCMF; null: there is no key for it. */
  readonly energyKey: KeyObject | null;
  /** By their beginning, ms. */
  readonly intervals: (from: number, to: number) => Promise<readonly IntervalRecord[]>;
  /** Between two wall times, as far as it is remembered. */
  readonly hashrate: (from: number, to: number) => ReportFacts["hashrate"];
  /** What was seen and not yet written down. */
  readonly flush: () => void;
  readonly toGrid: Forward;
}

interface Untold {
  readonly id: string;
  readonly from: Millis;
}

/** What outlives the daemon. */
interface Kept {
  readonly untold: readonly string[];
}

export type Asked = { readonly id: string } | { readonly from: number; readonly to: number };

export interface Written {
  readonly name: string;
  readonly text: string;
}

/** Meter before and meter after. */
const AROUND_MS = 900_000;
/** Of the curve the operator is told, so that a report stays within a document's size. */
const TOLD_COLUMNS = 600;
/** Limits that change faster than they can be told are told no more than this. */
const MOST_TO_TELL = 20;
/** A report reads the day's journal, and where one order ends another may begin: a thousand machines to be told come first. */
const RACK_FIRST = seconds(15);
/** Nothing happens then; a timer needs a length. */
const IDLE = seconds(86_400);
const HISTORY_MS = 62 * 86_400_000;

export class Reports implements Attendant {
  readonly name = "reports";
  readonly #options: ReportsOptions;
  #desk: Desk | null = null;
  #outlets = 0;
  /** The document that limits the rack. */
  #binding: string | null = null;
  /** Orders that have ended, in their order, and since when each may be told of. */
  #untold: readonly Untold[] = [];
  readonly #bell = new Bell();

  constructor(options: ReportsOptions) {
    this.#options = options;
  }

  attach(kept: unknown, desk: Desk): void {
    this.#desk = desk;
    const from = this.#afterTheRack();
    this.#untold = (kept as Kept | null)?.untold.map((id) => ({ id, from })) ?? [];
  }

  decided({ views }: Decision): readonly Change[] {
    this.#outlets = views.filter(({ device }) => device.outlet !== null).length;
    return [];
  }

  /** An order that has ended is reported to the operator by itself. */
  happened({ name, ...fields }: AgentEvent): void {
    if (name !== "limit.changed") return;
    const ended = this.#binding;
    this.#binding = typeof fields["doc"] === "string" ? fields["doc"] : null;
    if (ended === null || ended === this.#binding || this.#untold.length >= MOST_TO_TELL) return;
    this.#keep([...this.#untold, { id: ended, from: this.#afterTheRack() }]);
    this.#bell.ring();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      const [next] = this.#untold;
      const left = next === undefined ? IDLE : millis(next.from - clock.now().uptime);
      if (next === undefined || left > 0) {
        await this.#bell.wait(clock, left, signal).catch(() => undefined);
        continue;
      }
      // What cannot be read now will not be read later.
      await this.#tell(next.id).catch(() => undefined);
      this.#keep(this.#untold.filter((one) => one !== next));
    }
  }

  #afterTheRack(): Millis {
    return millis(this.#options.clock.now().uptime + RACK_FIRST);
  }

  /** A daemon that ends before it has told leaves it to the next. What could not be kept has been said by the notebook. */
  #keep(untold: readonly Untold[]): void {
    this.#untold = untold;
    const kept: Kept | null = untold.length === 0 ? null : { untold: untold.map(({ id }) => id) };
    this.#desk?.keep(kept).catch(() => undefined);
  }

  async #tell(id: string): Promise<void> {
    const facts = await this.#facts({ id }, TOLD_COLUMNS);
    if (facts !== null) this.#options.toGrid(`report/${id}`, forTheOperator(facts));
  }

  /** null: the journal knows of no document of this id. Rejects when there is no key for what was asked. */
  async write(asked: Asked, format: ReportFormat): Promise<Written | null> {
    const { seal, publicKey, energyKey } = this.#options;
    if (format === "ocmf" && energyKey === null) throw new Error("there is no key for OCMF: the state directory cannot be written, as the log says");
    const facts = await this.#facts(asked);
    if (facts === null) return null;
    // Loaded when the first is asked for: most controllers never write one, and have little memory.
    const { renderReport } = await import("../report/bundle/render.ts");
    const text = renderReport(facts, format, {
      seal,
      publicKey: publicKey?.export({ format: "jwk" }) ?? null,
      ocmf: (payload) => (energyKey === null ? "" : sign("sha256", Buffer.from(payload), energyKey).toString("hex")),
    });
    const about = facts.order === null ? facts.from.slice(0, 10) : facts.about;
    return { name: `report-${about.replaceAll(/[^\w.-]/g, "_")}.${format}`, text };
  }

  async #facts(asked: Asked, columns?: number): Promise<ReportFacts | null> {
    const { journal, flush, disk } = this.#options;
    flush();
    await journal.settled();
    const query = "id" in asked ? await this.#ofOrder(asked.id) : await this.#ofTime(asked);
    if (query === null) return null;
    const { ReportBuilder } = await import("../report/bundle/build.ts");
    const builder = new ReportBuilder(query);
    if (query.to - query.from <= MOST_SECONDS * 1000) for await (const line of excerpt(disk, query.from, query.to)) builder.add(line);
    return builder.facts(columns);
  }

  /** The document itself, and the time around its hold on the rack. */
  async #ofOrder(id: string): Promise<ReportQuery | null> {
    const { disk, intervals, clock } = this.#options;
    const order = await findLast(disk, "document", `"id":${JSON.stringify(id)}`);
    if (order === null) return null;
    const now = clock.now().at;
    const received = Date.parse(order.at);
    const hold = await this.#hold(id, received);
    const [begun, ended] = hold ?? [received, now];
    const [from, to] = [Math.min(received, begun) - AROUND_MS, Math.min(now, ended + AROUND_MS)];
    const short = Math.max(from, to - MOST_SECONDS * 1000);
    return this.#query({ order, from: short, to, intervals: await intervals(short, to), history: await intervals(begun - HISTORY_MS, begun) });
  }

  async #ofTime({ from, to }: { readonly from: number; readonly to: number }): Promise<ReportQuery> {
    return this.#query({ order: null, from, to: Math.min(to, this.#options.clock.now().at), intervals: await this.#options.intervals(from, to), history: [] });
  }

  /** When it was what limits the rack, ms. */
  async #hold(id: string, received: number): Promise<readonly [number, number] | null> {
    const { disk, clock } = this.#options;
    let begun: number | null = null;
    for await (const { at, kind, name, doc } of excerpt(disk, received - 1_000, clock.now().at)) {
      if (kind !== "event" || name !== "limit.changed") continue;
      if (doc === id) begun ??= Date.parse(at);
      else if (begun !== null) return [begun, Date.parse(at)];
    }
    return begun === null ? null : [begun, clock.now().at];
  }

  #query(parts: Pick<ReportQuery, "from" | "to" | "intervals" | "history"> & { readonly order: JournalLine | null }): ReportQuery {
    const { identity, journal, clock, hashrate } = this.#options;
    const classes = (this.#desk?.plant.meters ?? []).filter(({ role }) => role === "rack").map(({ meter }) => meter.accuracy.fraction);
    return {
      ...parts, identity, hashrate: hashrate(parts.from, parts.to), at: clock.now().at, head: headText(journal.head),
      toleranceOf: (limitW) => tolerance(watts(limitW), { class: Math.max(0, ...classes), power: watts(limitW), outlets: this.#outlets }),
    };
  }
}
