/** From the journal's lines to a report: the order as it came, what was done and when, and the curve that shows it. */
import type { IntervalRecord } from "../energy/record.ts";
import { spoken } from "../runbook/runbook.ts";
import type { OrderFacts, ReportFacts, TimelineEntry } from "./facts.ts";
import { judge, weigh, type Bound } from "./judge.ts";
import { Seconds, type CurveLine } from "./seconds.ts";

/** A line of the journal. */
export interface Line {
  readonly n: number;
  readonly at: string;
  readonly kind: string;
  readonly [field: string]: unknown;
}

export interface ReportQuery {
  /** The order reported on; null: a stretch of time. */
  readonly order: Line | null;
  /** ms since 1970. */
  readonly from: number;
  readonly to: number;
  readonly at: number;
  readonly identity: { readonly operator: string; readonly node: string; readonly software: string };
  readonly head: string;
  readonly toleranceOf: (limitW: number) => number;
  readonly intervals: readonly IntervalRecord[];
  readonly history: readonly IntervalRecord[];
  readonly hashrate: ReportFacts["hashrate"];
}

const MOST_TIMELINE = 400;
/** Told by the orders' and the documents' own lines, or by nobody's interest. */
const UNTOLD = /^(setpoint|link|device\.(found|readmitted)|meter\.found|journal|summaries)/;

export class ReportBuilder {
  readonly #query: ReportQuery;
  readonly #seconds: Seconds;
  readonly #timeline: TimelineEntry[] = [];
  readonly #sent: number[] = [];
  readonly #acknowledged: number[] = [];
  readonly #binding: { readonly at: number; readonly doc: string | null; readonly toW: number | null }[] = [];
  #lines: [number, number] | null = null;

  constructor(query: ReportQuery) {
    this.#query = query;
    this.#seconds = new Seconds(query.from, query.to);
  }

  add(line: Line): void {
    this.#lines = [Math.min(this.#lines?.[0] ?? line.n, line.n), Math.max(this.#lines?.[1] ?? line.n, line.n)];
    switch (line.kind) {
      case "curve":
        return this.#seconds.add(line as unknown as CurveLine);
      case "orders":
        return this.#orders(line);
      case "results":
        return void this.#acknowledged.push(Date.parse(line.at));
      case "document":
        return this.#say(line, `${text(line["type"])} ${text(line["id"])} received${line["signer"] === null ? ", unsigned" : `, signed by ${text(line["signer"])}`}`);
      case "started":
        return this.#say(line, `the daemon started (${text(line["software"])})`);
      case "event":
        return this.#event(line);
    }
  }

  /** `columns`: at most so many in its curve. */
  facts(columns?: number): ReportFacts {
    const { order: line, from, to, at, identity, head, intervals, history, hashrate } = this.#query;
    const order = line === null ? null : orderOf(line);
    const bound = order === null ? null : this.#bound(order);
    const orders = { sent: this.#sent, acknowledged: this.#acknowledged };
    return {
      v: 1,
      type: "REPORT",
      about: order?.id ?? `${iso(from)} to ${iso(to)}`,
      ...identity,
      at: iso(at),
      from: iso(from),
      to: iso(to),
      journal: { firstLine: this.#lines?.[0] ?? null, lastLine: this.#lines?.[1] ?? null, head },
      order,
      result: bound === null ? null : judge(this.#seconds, bound, orders),
      energy: weigh(this.#seconds, bound, { intervals, history }),
      timeline: this.#timeline,
      curve: this.#seconds.columns(columns),
      hashrate,
      intervals,
    };
  }

  #orders(line: Line): void {
    const orders = Object.entries((line["orders"] ?? {}) as Readonly<Record<string, readonly unknown[]>>);
    this.#sent.push(...orders.flatMap(([, list]) => list.map(() => Date.parse(line.at))));
    for (const [cause, list] of orders) this.#say(line, `${list.length} ${list.length === 1 ? "machine" : "machines"} told, because of ${cause}`);
  }

  #event(line: Line): void {
    const name = text(line["name"]);
    if (name === "limit.changed") this.#binding.push({ at: Date.parse(line.at), doc: (line["doc"] as string | null) ?? null, toW: (line["toW"] as number | null) ?? null });
    if (UNTOLD.test(name)) return;
    const { n: _n, at: _at, kind: _kind, name: _name, prev: _prev, up: _up, ...fields } = line;
    const said = Object.entries(fields).filter(([, value]) => value !== null).map(([key, value]) => `${key} ${text(value)}`);
    this.#say(line, `${spoken(name, fields).text}${said.length === 0 ? "" : ` (${said.join(", ")})`}`);
  }

  #say({ at, n }: Line, what: string): void {
    if (this.#timeline.length < MOST_TIMELINE) this.#timeline.push({ at, line: n, what: what.slice(0, 300) });
  }

  /** From when the document was what limits to when it was not any more; null: it never was. */
  #bound({ id, receivedAt }: OrderFacts): Bound | null {
    const begun = this.#binding.findIndex(({ doc }) => doc === id);
    const first = this.#binding[begun];
    if (first === undefined) return null;
    const ended = this.#binding.slice(begun).find(({ doc }) => doc !== id);
    const limitW = first.toW;
    const received = Date.parse(receivedAt);
    // One that binds within two seconds of its arrival had begun when it came.
    const begins = first.at - received < 2_000 ? received : first.at;
    return { from: first.at, to: Math.min(ended?.at ?? this.#query.to, this.#query.at), begins, limitW, toleranceW: limitW === null ? 0 : this.#query.toleranceOf(limitW) };
  }
}

function orderOf(line: Line): OrderFacts {
  const message = typeof line["message"] === "string" ? line["message"] : null;
  return {
    id: text(line["id"]), type: text(line["type"]), topic: text(line["topic"]), signer: (line["signer"] as string | null) ?? null,
    sha256: text(line["sha256"]), receivedAt: line.at, line: line.n, message, content: message === null ? null : contentOf(message),
  };
}

function contentOf(message: string): Readonly<Record<string, unknown>> | null {
  try {
    const value = JSON.parse(message) as Readonly<Record<string, unknown>>;
    const { payload } = value;
    return typeof payload === "string" ? (JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as Readonly<Record<string, unknown>>) : value;
  } catch {
    return null;
  }
}

const iso = (at: number): string => new Date(at).toISOString();
const text = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));
