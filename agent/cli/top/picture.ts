/** `top` as lines: what binds and what is drawn, the curves, the machines, the keys. Pure, so that a test can look at it. */
import type { DeviceRow, StatusDocument } from "../answers.ts";
import { chart, type ChartSample } from "../screen/chart.ts";
import { span, type Line, type Style } from "../screen/line.ts";
import { ageText, hashrateText, powerText, secondsText, sourceText } from "../words.ts";
import { columns, stateWord } from "./columns.ts";
import { shownRows, type TopView } from "./view.ts";

export interface Shown {
  readonly status: StatusDocument | null;
  readonly devices: readonly DeviceRow[];
  readonly samples: readonly ChartSample[];
  /** Lines of the machine opened; null: the table is shown. */
  readonly detail: readonly string[] | null;
  /** Why there is nothing new; null: there is. */
  readonly trouble: string | null;
}

export interface Frame {
  readonly columns: number;
  readonly rows: number;
}

const AXIS = 8;
const HEAD_ROOM = 1.15;
/** Head, figures, heads of the columns, keys. */
const FIXED_ROWS = 4;

/** How much of the past the curves show: a second is a dot at first, half an hour fits at last. */
export const WINDOW_S = 600;

export function topPicture(shown: Shown, view: TopView, frame: Frame): Line[] {
  const free = frame.rows - FIXED_ROWS;
  // What the machines leave, but readable, and not so high that it is all one sees.
  const chartRows = Math.max(3, Math.min(10, Math.max(Math.floor(free / 4), free - shown.devices.length)));
  const below = Math.max(1, free - chartRows);
  const body = shown.detail === null ? table(shown.devices, view, below) : detail(shown.detail, below + 1);
  const lines = [headLine(shown, view), figuresLine(shown), ...curves(shown, { columns: frame.columns, rows: chartRows }), ...body];
  while (lines.length < frame.rows - 1) lines.push([]);
  return [...lines.slice(0, frame.rows - 1), keysLine(view)];
}

const stateStyle: Readonly<Record<string, Style>> = { controlled: "good", limited: "good", emergency: "bad", compliant: "good", "not-limited": "good", violating: "bad" };

function headLine({ status, trouble }: Shown, { paused }: TopView): Line {
  if (trouble !== null) return [span(" curtaild ", "bold"), span(trouble, "bad")];
  if (status === null) return [span(" curtaild ", "bold"), span("asking", "dim")];
  const { state, compliance, effectiveLimitW, limitSource, remainingS, measuredW } = status;
  return [
    span(" curtaild ", "bold"),
    span(state, stateStyle[state] ?? "fair"),
    span(paused ? " (paused)" : "", "fair"),
    span("  ⠒⠒ ", "limit"),
    span(effectiveLimitW === null ? "no limit" : `${powerText(effectiveLimitW)}${remainingS === null ? "" : `, ${secondsText(remainingS)} left`}`),
    span("  ⡇⡇ ", "power"),
    span(`${powerText(measuredW)} `),
    span(compliance, stateStyle[compliance] ?? "fair"),
    span(limitSource === null ? "" : `  ${sourceText(limitSource)}`, "dim"),
  ];
}

function figuresLine({ status }: Shown): Line {
  if (status === null) return [];
  const { hashrateThs, devices, heartbeatAgeS, clock, storage } = status;
  const silent = devices.total - devices.answering;
  return [
    span(` ${hashrateText(hashrateThs)}  ${devices.total} ASICs, ${devices.asleep} asleep`),
    span(silent === 0 ? "" : `, ${silent} silent`, "bad"),
    span(devices.quarantined === 0 ? "" : `, ${devices.quarantined} quarantined`, "bad"),
    span(heartbeatAgeS === null ? "  no heartbeat yet" : `  heartbeat ${ageText(heartbeatAgeS)}`, heartbeatAgeS === null ? "fair" : "dim"),
    span(clock === "unsynced" ? "  clock unsynced" : "", "fair"),
    span(storage === "failed" ? "  storage failed" : "", "bad"),
  ];
}

function curves({ samples }: Shown, { columns: across, rows }: Frame): Line[] {
  const last = samples.at(-1)?.atS ?? 0;
  const first = samples[0]?.atS ?? 0;
  const lengthS = Math.min(WINDOW_S, Math.max(60, last - first + 1));
  const topW = HEAD_ROOM * Math.max(1_000, ...samples.map(({ meteredW, limitW }) => Math.max(meteredW ?? 0, Math.min(limitW ?? 0, 2 * (meteredW ?? 0)))));
  const drawn = chart(samples, { columns: Math.max(1, across - AXIS), rows, fromS: last - lengthS + 1, lengthS, topW });
  const label = (row: number): string => (row === 0 ? powerText(topW) : row === rows - 1 ? `-${Math.max(1, Math.round(lengthS / 60))} min` : "");
  return drawn.map((line, row): Line => [span(`${label(row).padStart(AXIS - 1)}│`, "dim"), ...line]);
}

function table(devices: readonly DeviceRow[], view: TopView, rows: number): Line[] {
  const shown = shownRows(view, devices);
  const selected = Math.min(view.selected, shown.length - 1);
  const first = Math.max(0, Math.min(selected - Math.floor(rows / 2), shown.length - rows));
  const heads = columns.map(({ head, width, side }, index) => cell(index === view.sortedBy ? `${head}${view.reversed ? "▲" : "▼"}` : head, width, side));
  const lines = shown.slice(first, first + rows).map((row, index) => machine(row, first + index === selected));
  return [[span(` ${heads.join(" ")}`, "bold")], ...(lines.length === 0 ? [[span(view.filter === "" ? " no ASICs yet" : ` nothing matches "${view.filter}"`, "dim")]] : lines)];
}

function machine(row: DeviceRow, selected: boolean): Line {
  const word = stateWord(row);
  return [
    span(selected ? "›" : " ", "bold"),
    ...columns.flatMap(({ head, width, side, text }): Line => [
      span(cell(text(row), width, side), head === "state" ? wordStyle(word) : selected ? "bold" : row.state === "asleep" ? "dim" : "plain"),
      span(" "),
    ]),
  ];
}

function wordStyle(word: string): Style {
  if (word === "hashing") return "good";
  if (word === "asleep") return "dim";
  return word === "ramping" || word === "starting" || word === "unknown" ? "fair" : "bad";
}

const detail = (lines: readonly string[], rows: number): Line[] => lines.slice(0, rows).map((line): Line => [span(` ${line}`)]);

/** Cut or filled to its width. */
function cell(text: string, width: number, side: "left" | "right"): string {
  const cut = text.length > width ? `${text.slice(0, width - 1)}…` : text;
  return side === "left" ? cut.padEnd(width) : cut.padStart(width);
}

function keysLine({ typing, filter, opened, paused }: TopView): Line {
  if (typing) return [span(` filter: ${filter}▏`, "bold"), span("  Enter keeps it, Esc drops it", "dim")];
  const kept = filter === "" ? "" : `filter "${filter}" (Esc drops it)  `;
  return [span(` ${kept}${opened === null ? "↑↓ choose  Enter open  ←→ sort  r reverse  / filter" : "Esc back"}  p ${paused ? "go on" : "pause"}  q quit`, "dim")];
}
