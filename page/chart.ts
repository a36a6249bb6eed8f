/** Power and limit over time. What is unknown is a gap, shaded and named; a time nobody has seen yet is one, too. */
import uPlot from "uplot";
import { emptyCurve, gaps, type Curve } from "./curve.ts";

export interface ChartOptions {
  readonly height: number;
  /** The scale reaches at least so far. */
  readonly most: number;
  /** Said in the middle of a gap. */
  readonly unknown: string;
}

const two = (value: number): string => String(value).padStart(2, "0");
const timeOf = (seconds: number, span: number): string => {
  const time = new Date(seconds * 1000);
  return `${two(time.getHours())}:${two(time.getMinutes())}${span < 240 ? `:${two(time.getSeconds())}` : ""}`;
};
const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

export class Chart {
  readonly #place: HTMLElement;
  readonly #options: ChartOptions;
  #plot: uPlot | null = null;
  #window: readonly [from: number, to: number] = [0, 1];
  #curve: Curve = emptyCurve();

  constructor(place: HTMLElement, options: ChartOptions) {
    this.#place = place;
    this.#options = options;
    new ResizeObserver(() => this.#plot?.setSize({ width: place.clientWidth, height: options.height })).observe(place);
  }

  /** `window` in seconds since 1970. */
  show(curve: Curve, window: readonly [from: number, to: number]): void {
    this.#window = window;
    this.#curve = curve;
    const { at, least, mean, most, limit } = curve;
    const columns: uPlot.AlignedData = [at, most, least, mean, limit];
    if (this.#plot === null) this.#plot = new uPlot(this.#describe(), columns, this.#place);
    else this.#plot.setData(columns);
  }

  /** Light and dark have colours of their own. */
  repaint(): void {
    this.#plot?.destroy();
    this.#plot = null;
    this.show(this.#curve, this.#window);
  }

  #describe(): uPlot.Options {
    const { height, most } = this.#options;
    const [ink, faint, metered, limit] = [colour("ink-soft"), colour("rule"), colour("metered"), colour("limit")];
    const font = "12px system-ui, sans-serif";
    return {
      width: this.#place.clientWidth,
      height,
      padding: [8, 24, 0, 0],
      cursor: { show: false },
      legend: { show: false },
      scales: {
        x: { time: true, range: () => [...this.#window] as [number, number] },
        y: { range: (_, __, top) => [0, Math.max(most, top) * 1.06] },
      },
      axes: [
        { stroke: ink, font, grid: { show: false }, ticks: { stroke: faint, size: 4 }, size: 28, space: 64, values: (_, times) => times.map((time) => timeOf(time, this.#window[1] - this.#window[0])) },
        { stroke: ink, font, grid: { stroke: faint, width: 1 }, ticks: { show: false }, size: 46, space: 36, values: (_, powers) => powers.map((power) => (most >= 2_000 ? `${Number((power / 1000).toFixed(1))} kW` : `${power} W`)) },
      ],
      series: [
        {},
        { stroke: "transparent", points: { show: false } },
        { stroke: "transparent", points: { show: false } },
        { stroke: metered, width: 2, fill: colour("metered-fill"), points: { show: false }, spanGaps: false },
        { stroke: limit, width: 2, dash: [7, 4], points: { show: false }, spanGaps: false, ...(uPlot.paths.stepped !== undefined && { paths: uPlot.paths.stepped({ align: 1 }) }) },
      ],
      bands: [{ series: [1, 2], fill: colour("metered-band") }],
      hooks: { drawAxes: [(plot) => this.#shade(plot)] },
    };
  }

  /** Gaps are told before the curves are drawn over them. */
  #shade(plot: uPlot): void {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    for (const [begin, end] of gaps(this.#curve, this.#window)) {
      const [left, right] = [plot.valToPos(begin, "x", true), plot.valToPos(end, "x", true)];
      hatch(ctx, { left, right, top: bbox.top, bottom: bbox.top + bbox.height });
      ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
      if (right - left < ctx.measureText(this.#options.unknown).width + 12) continue;
      ctx.fillStyle = colour("ink-soft");
      ctx.textAlign = "center";
      ctx.fillText(this.#options.unknown, (left + right) / 2, bbox.top + 18 * devicePixelRatio);
    }
    ctx.restore();
  }
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function hatch(ctx: CanvasRenderingContext2D, { left, right, top, bottom }: Box): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, right - left, bottom - top);
  ctx.clip();
  ctx.strokeStyle = colour("rule");
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  const [step, tall] = [8 * devicePixelRatio, bottom - top];
  for (let x = left - tall; x < right; x += step) {
    ctx.moveTo(x, bottom);
    ctx.lineTo(x + tall, top);
  }
  ctx.stroke();
  ctx.restore();
}
