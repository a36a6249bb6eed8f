/** The metered curve against the limit, as SVG. Each pixel column shows the least and the most of its seconds: no peak is hidden. */
import type { CurveFacts, CurveRow } from "./facts.ts";

export interface Mark {
  readonly at: number;
  readonly label: string;
}

const WIDTH = 1000;
const HEIGHT = 360;
const LEFT = 62;
const RIGHT = 12;
const TOP = 26;
const BOTTOM = 34;
const ACROSS = WIDTH - LEFT - RIGHT;
const DOWN = HEIGHT - TOP - BOTTOM;

export interface Drawing {
  readonly marks: readonly Mark[];
  readonly bound: { readonly from: number; readonly to: number } | null;
  /** What is drawn, for who cannot see it; and what stands at the axis. */
  readonly what: string;
  readonly axis: (value: number) => string;
}

export function curveSvg(curve: CurveFacts, { marks, bound, what, axis }: Drawing): string {
  const pixels = byPixels(curve.rows);
  const most = Math.max(1, ...pixels.flatMap(({ mostW, limitW }) => [mostW ?? 0, limitW ?? 0]));
  const scale = niceStep(most / 4);
  const top = Math.ceil(most / scale) * scale;
  const from = Date.parse(curve.from);
  const length = curve.rows.length * curve.stepS * 1000;
  const x = (at: number): number => LEFT + Math.min(1, Math.max(0, (at - from) / Math.max(1, length))) * ACROSS;
  const y = (power: number): number => TOP + (1 - power / top) * DOWN;
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${what}">`,
    bound === null ? "" : `<rect class="bound" x="${px(x(bound.from))}" y="${TOP}" width="${px(x(bound.to) - x(bound.from))}" height="${DOWN}"/>`,
    ...valueAxis(top, scale, { y, axis }),
    ...timeAxis(from, length, x),
    `<path class="envelope" d="${envelope(pixels, y)}"/>`,
    `<path class="limit" d="${limitLine(pixels, y)}"/>`,
    ...marks.map(({ at, label }) => `<line class="mark" x1="${px(x(at))}" x2="${px(x(at))}" y1="${TOP}" y2="${TOP + DOWN}"/>${markLabel(x(at), label)}`),
    "</svg>",
  ].join("\n");
}

/** Written to the side where there is room. */
function markLabel(x: number, label: string): string {
  const left = x > WIDTH - 160;
  return `<text class="mark" text-anchor="${left ? "end" : "start"}" x="${px(left ? x - 3 : x + 3)}" y="${TOP - 8}">${escapeHtml(label)}</text>`;
}

interface Pixel {
  readonly x: number;
  readonly leastW: number | null;
  readonly mostW: number | null;
  readonly limitW: number | null;
}

/** Columns of the curve into columns of pixels: never fewer seconds, only fewer columns. */
function byPixels(rows: readonly CurveRow[]): Pixel[] {
  const count = Math.min(rows.length, ACROSS);
  return Array.from({ length: count }, (_, pixel) => {
    const part = rows.slice(Math.floor((pixel * rows.length) / count), Math.max(Math.floor(((pixel + 1) * rows.length) / count), Math.floor((pixel * rows.length) / count) + 1));
    const least = part.flatMap(([leastW]) => (leastW === null ? [] : [leastW]));
    const most = part.flatMap(([, , mostW]) => (mostW === null ? [] : [mostW]));
    const limits = part.flatMap(([, , , limitW]) => (limitW === null ? [] : [limitW]));
    return {
      x: LEFT + ((pixel + 0.5) * ACROSS) / count,
      leastW: least.length === 0 ? null : Math.min(...least), mostW: most.length === 0 ? null : Math.max(...most), limitW: limits.length === 0 ? null : Math.min(...limits),
    };
  });
}

/** One closed shape for each stretch that was measured; never thinner than a line can be seen. */
function envelope(pixels: readonly Pixel[], y: (power: number) => number): string {
  const shapes: string[] = [];
  let stretch: Pixel[] = [];
  const close = (): void => {
    if (stretch.length === 0) return;
    const above = stretch.map(({ x, mostW }) => `${px(x)} ${px(y(mostW ?? 0) - 0.9)}`);
    const below = stretch.toReversed().map(({ x, leastW }) => `${px(x)} ${px(y(leastW ?? 0) + 0.9)}`);
    shapes.push(`M${[...above, ...below].join("L")}Z`);
    stretch = [];
  };
  for (const pixel of pixels) {
    if (pixel.mostW === null) close();
    else stretch.push(pixel);
  }
  close();
  return shapes.join("");
}

function limitLine(pixels: readonly Pixel[], y: (power: number) => number): string {
  let path = "";
  let before: number | null = null;
  for (const { x, limitW } of pixels) {
    if (limitW === null) {
      before = null;
      continue;
    }
    path += before === null ? `M${px(x)} ${px(y(limitW))}` : limitW === before ? "" : `L${px(x)} ${px(y(before))}L${px(x)} ${px(y(limitW))}`;
    before = limitW;
  }
  const last = pixels.findLast(({ limitW }) => limitW !== null);
  return last?.limitW == null ? path : `${path}L${px(last.x)} ${px(y(last.limitW))}`;
}

function valueAxis(top: number, scale: number, { y, axis }: Pick<Drawing, "axis"> & { readonly y: (value: number) => number }): string[] {
  const lines: string[] = [];
  for (let value = 0; value <= top; value += scale) {
    lines.push(`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${px(y(value))}" y2="${px(y(value))}"/><text class="axis" text-anchor="end" x="${LEFT - 6}" y="${px(y(value) + 4)}">${escapeHtml(axis(value))}</text>`);
  }
  return lines;
}

const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200];

function timeAxis(from: number, length: number, x: (at: number) => number): string[] {
  const step = (TIME_STEPS.find((seconds) => length / 1000 / seconds <= 10) ?? 86_400) * 1000;
  const lines: string[] = [];
  for (let at = Math.ceil(from / step) * step; at <= from + length; at += step) {
    const label = new Date(at).toISOString().slice(11, step < 60_000 ? 19 : 16);
    lines.push(`<line class="tick" x1="${px(x(at))}" x2="${px(x(at))}" y1="${TOP + DOWN}" y2="${TOP + DOWN + 5}"/><text class="axis" text-anchor="${x(at) > WIDTH - 40 ? "end" : "middle"}" x="${px(x(at))}" y="${HEIGHT - 12}">${label}</text>`);
  }
  return lines;
}

function niceStep(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= value) ?? 10);
}

export const kilowatts = (power: number): string => (power === 0 ? "0" : `${(power / 1000).toLocaleString("en-US", { maximumFractionDigits: 2 })} kW`);
const px = (value: number): string => value.toFixed(1);

export const escapeHtml = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
