/** The dashboard's panels as one page of SVG, in Grafana's arrangement: what stands where, its curves, its words. */
import type { Panel, placed } from "../docs/dashboard.ts";
import type { Range, Series } from "./prometheus.ts";

export interface Drawn {
  readonly panel: ReturnType<typeof placed>[number];
  readonly series: readonly Series[];
}

const COLUMN = 56;
const ROW = 36;
const GAP = 8;
const COLOURS = ["#73bf69", "#f2cc0c", "#5794f2", "#ff9830", "#b877d9", "#f2495c", "#8ab8ff", "#96d98d", "#ffb357", "#ca95e5", "#ff7383", "#56a64b", "#e0b400", "#3274d9"];
const AXIS = { left: 62, right: 12, top: 34, bottom: 40 } as const;

/** Of the whole page, in pixels. */
export const sizeOf = (drawn: readonly Drawn[]): readonly [number, number] => [24 * COLUMN + 24, Math.max(...drawn.map(({ panel }) => (panel.y + panel.height) * ROW)) + 56];

export function pageOf(drawn: readonly Drawn[], range: Range): string {
  const [width, height] = sizeOf(drawn);
  const panels = drawn.map((one) => panelSvg(one, range)).join("\n");
  return `<!doctype html><meta charset="utf-8"><style>body{margin:0;background:#111217}text{font:12px Inter,"DejaVu Sans",system-ui,sans-serif;fill:#ccccdc}.title{font-size:13px;font-weight:600}.soft{fill:#8e8e9c;font-size:11px}.big{font-size:27px;font-weight:600;text-anchor:middle}</style>
<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><text class="title" x="16" y="26" style="font-size:16px">curtaild: a rack</text><text class="soft" x="180" y="26">twelve simulated miners, real daemon, real Prometheus: ${clock(range.from)} to ${clock(range.to)} UTC</text>
${panels}</svg>`;
}

function panelSvg({ panel, series }: Drawn, range: Range): string {
  const [x, y, width, height] = [12 + panel.x * COLUMN, 44 + panel.y * ROW, panel.width * COLUMN - GAP, panel.height * ROW - GAP];
  const body = panel.kind === "stat" ? statSvg(panel, series, { width, height }) : curvesSvg(panel, series, { width, height, range });
  return `<g transform="translate(${x},${y})"><rect width="${width}" height="${height}" rx="3" fill="#181b1f" stroke="#2a2d33"/><text class="title" x="10" y="20">${escaped(panel.title)}</text>${body}</g>`;
}

interface Box {
  readonly width: number;
  readonly height: number;
}

function statSvg({ unit, words }: Panel, series: readonly Series[], { width, height }: Box): string {
  const last = series[0]?.points.at(-1)?.[1];
  const text = last === undefined || Number.isNaN(last) ? "unknown" : last === Number.POSITIVE_INFINITY ? "none" : (words?.[last] ?? said(last, unit));
  return `<text class="big" x="${width / 2}" y="${height / 2 + 18}" style="fill:${text === "VIOLATING" ? "#f2495c" : text === "unknown" ? "#8e8e9c" : "#73bf69"}">${escaped(text)}</text>`;
}

function curvesSvg({ unit }: Panel, series: readonly Series[], { width, height, range }: Box & { readonly range: Range }): string {
  if (unit === "none") return statesSvg(series, { width, height, range });
  const finite = series.flatMap(({ points }) => points.map(([, value]) => value)).filter((value) => Number.isFinite(value));
  const step = niceStep(Math.max(...finite, 0) / 4);
  const top = step * Math.max(1, Math.ceil(Math.max(...finite, 0) / step + 0.05));
  const [across, down] = [width - AXIS.left - AXIS.right, height - AXIS.top - AXIS.bottom];
  const [px, py] = [(at: number): number => AXIS.left + ((at - range.from) / (range.to - range.from)) * across, (value: number): number => AXIS.top + down - (value / top) * down];
  const grid = Array.from({ length: Math.round(top / step) + 1 }, (_, line) => `<line x1="${AXIS.left}" x2="${width - AXIS.right}" y1="${py(line * step)}" y2="${py(line * step)}" stroke="#2a2d33"/><text class="soft" text-anchor="end" x="${AXIS.left - 6}" y="${py(line * step) + 4}">${said(line * step, unit)}</text>`);
  const lines = series.map(({ points }, index) => `<path d="${pathOf(points, px, py)}" fill="none" stroke="${colour(index)}" stroke-width="1.6"/>`);
  return [...grid, ...timeAxis({ width, height, range }, px), ...lines, legendSvg(series, { width, height })].join("");
}

/** Words over time: a bar where the word is so. */
function statesSvg(series: readonly Series[], { width, height, range }: Box & { readonly range: Range }): string {
  const shown = series.filter(({ points }) => points.length > 0);
  const left = 92;
  const px = (at: number): number => left + ((at - range.from) / (range.to - range.from)) * (width - left - AXIS.right);
  const each = (height - AXIS.top - 24) / Math.max(1, shown.length);
  const bars = shown.map(({ legend, points }, index) => {
    const y = AXIS.top + index * each;
    const blocks = points.map(([at]) => `<rect x="${px(at).toFixed(1)}" y="${y + 4}" width="${(px(range.from + range.stepS) - px(range.from) + 0.6).toFixed(1)}" height="${each - 8}" fill="${/violating|emergency/.test(legend) ? "#f2495c" : /failsafe|unverified|settling|init|at-floor/.test(legend) ? "#ff9830" : "#37872d"}"/>`);
    return `<text class="soft" text-anchor="end" x="${left - 8}" y="${y + each / 2 + 4}">${escaped(legend)}</text>${blocks.join("")}`;
  });
  return [...bars, ...timeAxis({ width, height: height + 16, range }, px)].join("");
}

function legendSvg(series: readonly Series[], { width, height }: Box): string {
  let x = 10;
  return series.map(({ legend }, index) => {
    const at = x;
    x += 26 + legend.length * 6.4;
    return x > width ? "" : `<rect x="${at}" y="${height - 14}" width="12" height="4" rx="2" fill="${colour(index)}"/><text class="soft" x="${at + 16}" y="${height - 8}">${escaped(legend)}</text>`;
  }).join("");
}

function timeAxis({ height, range }: Box & { readonly range: Range }, px: (at: number) => number): string[] {
  const labels: string[] = [];
  for (let at = Math.ceil(range.from / 60) * 60; at < range.to; at += 60) labels.push(`<text class="soft" text-anchor="middle" x="${px(at).toFixed(1)}" y="${height - AXIS.bottom + 16}">${clock(at).slice(0, 5)}</text>`);
  return labels;
}

/** What is unknown leaves a gap, and so does no limit. */
function pathOf(points: Series["points"], px: (at: number) => number, py: (value: number) => number): string {
  let pen = "M";
  let path = "";
  for (const [at, value] of points) {
    if (Number.isFinite(value)) path += `${pen}${px(at).toFixed(1)} ${py(value).toFixed(1)}`;
    pen = Number.isFinite(value) ? "L" : "M";
  }
  return path;
}

const SCALES = [[1e15, "P"], [1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]] as const;
const UNITS: Readonly<Record<Panel["unit"], string>> = { watt: "W", "H/s": "H/s", celsius: "°C", s: "s", short: "", bytes: "B", percentunit: "%", none: "", J: "J" };

function said(value: number, unit: Panel["unit"]): string {
  if (unit === "s" && value >= 3_600) return `${+(value / 3_600).toFixed(1)} h`;
  if (unit === "percentunit") return `${+(value * 100).toFixed(1)} %`;
  const [by, sign] = SCALES.find(([size]) => Math.abs(value) >= size && unit !== "celsius" && unit !== "s") ?? [1, ""];
  return `${+(value / by).toFixed(value / by >= 100 ? 0 : 2)} ${sign}${UNITS[unit]}`.trim();
}

function niceStep(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1e-9, value)));
  return power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= value) ?? 10);
}

const colour = (index: number): string => COLOURS[index % COLOURS.length] ?? "#ccc";
const clock = (at: number): string => new Date(at * 1000).toISOString().slice(11, 19);
const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
