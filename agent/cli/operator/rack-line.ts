/** What racks say of themselves, a line each, and their sum. */
import { watts, type Watts } from "../../core/units.ts";
import { formatPower } from "../human.ts";
import { plain } from "../words.ts";
import { celled } from "../sim-table.ts";
import type { Heard, Said } from "./card.ts";

export interface RackLine {
  readonly node: string;
  readonly at: string;
  readonly online: boolean;
  readonly state: string;
  readonly limit: Watts | null;
  readonly measured: Watts | null;
  readonly compliance: string;
  readonly document: string;
  readonly heartbeat: number | null;
  readonly trust: Heard["trust"];
  /** The last acknowledgement. */
  ack: string;
}

/** Who speaks on a topic below the operator's root, and what; null: no rack. Anybody may name a topic: only what a rack can be called is shown. */
export function speakerOf(path: string): { readonly node: string; readonly kind: string } | null {
  const [, node, kind] = /^(site\/[\w.-]{1,64}\/rack\/[\w.-]{1,64})\/(status|ack)(?:\/|$)/.exec(path) ?? [];
  return node === undefined || kind === undefined ? null : { node, kind };
}

export function lineOf(node: string, { said: status, trust }: Heard, ack: string): RackLine {
  const online = status["online"] === true;
  const age = status["heartbeatAgeS"];
  return {
    node, ack, online, trust,
    at: text(status["at"]),
    state: online ? text(status["state"]) : "unreachable",
    limit: power(status["effectiveLimitW"]),
    measured: power(status["measuredW"]),
    compliance: text(status["compliance"]),
    document: `${text(status["bindingDoc"])}${status["drill"] === true ? " (drill)" : ""}`,
    heartbeat: typeof age === "number" && Number.isFinite(age) ? Math.round(age) : null,
  };
}

export const ackText = (said: Said): string => `${text(said["id"])} ${text(said["status"])}${said["drill"] === true ? " (drill)" : ""}`;

const head = ["RACK", "AT", "STATE", "COMPLIANCE", "BY", "LAST ACK", "WORD", "HEARTBEAT", "LIMIT", "DRAWS"];

export function cells({ node, at, state, compliance, document, ack, trust, heartbeat, limit, measured, online }: RackLine): string[] {
  return [node, at.slice(11, 19), state, compliance, document, ack, trust, heartbeat === null ? "-" : `${heartbeat} s`, limit === null ? "none" : formatPower(limit), online ? formatPower(measured) : "unknown"];
}

/** A row a rack, a row a site where there are several, and a row for all. A sum counts what is known and says of how many racks. */
export function table(racks: ReadonlyMap<string, RackLine>): string {
  const lines = sorted(racks);
  const sites = [...new Set(lines.map(({ node }) => siteOf(node)))];
  const rows = sites.flatMap((site) => {
    const its = lines.filter(({ node }) => siteOf(node) === site);
    return sites.length === 1 ? its.map(cells) : [...its.map(cells), sumCells(site, its)];
  });
  return celled([head, ...rows, sumCells("together", lines)], 8);
}

const siteOf = (node: string): string => node.split("/").slice(0, 2).join("/");

function sumCells(name: string, lines: readonly RackLine[]): string[] {
  const { measured, metered, limit } = sumOf(lines);
  const count = (holds: (line: RackLine) => boolean): number => lines.filter(holds).length;
  const racks = `${lines.length} ${lines.length === 1 ? "rack" : "racks"}`;
  return [name, racks, `${count(({ online }) => online)} online`, `${count(({ compliance }) => compliance === "compliant" || compliance === "not-limited")} compliant`, "", "", "", `${metered} metered`, limit === null ? "none" : formatPower(watts(limit)), formatPower(measured)];
}

const columns = ["at", "node", "online", "state", "compliance", "document", "ack", "word", "heartbeatAgeS", "limitW", "measuredW"] as const;
export const csvHead = `${columns.join(",")}\n`;

/** A row a rack and a row for all: what is not known is empty, and the sum is empty where a rack's part of it is not known. */
export function csv(racks: ReadonlyMap<string, RackLine>, at: string): string {
  const lines = sorted(racks);
  const sum = sumOf(lines);
  const whole = (value: number | null): string => (value === null ? "" : String(Math.round(value)));
  const rows = lines.map(({ node, online, state, compliance, document, ack, trust, heartbeat, limit, measured }) =>
    [at, node, String(online), state, compliance, document, ack, trust, whole(heartbeat), whole(limit), online ? whole(measured) : ""]);
  const total = [at, "sum", String(lines.every(({ online }) => online)), "", "", "", "", "", "", whole(sum.limit), sum.metered === lines.length ? whole(sum.measured) : ""];
  return [...rows, total].map((row) => `${row.map(quoted).join(",")}\n`).join("");
}

function sumOf(lines: readonly RackLine[]): { readonly measured: Watts; readonly metered: number; readonly limit: number | null } {
  const known = lines.flatMap(({ online, measured }) => (online && measured !== null ? [measured] : []));
  const limits = lines.flatMap(({ limit }) => (limit === null ? [] : [limit]));
  const add = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return { measured: watts(add(known)), metered: known.length, limit: limits.length === lines.length ? add(limits) : null };
}

const sorted = (racks: ReadonlyMap<string, RackLine>): RackLine[] => [...racks.values()].sort((a, b) => (a.node < b.node ? -1 : 1));

/** RFC 4180; a cell that a spreadsheet would take for a formula gets an apostrophe. */
function quoted(cell: string): string {
  const safe = /^[=+@\t]/.test(cell) ? `'${cell}` : cell;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const power = (value: unknown): Watts | null => (typeof value === "number" && Number.isFinite(value) ? watts(value) : null);
/** What a rack says is shown, never obeyed: no control characters reach the terminal. */
const text = (value: unknown): string => (typeof value === "string" ? plain(value).slice(0, 60) : "-");
