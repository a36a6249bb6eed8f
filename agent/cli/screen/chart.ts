/** Limit and metered power over time, in braille. */
import { BITS, BLANK, DOTS_ACROSS, DOTS_DOWN } from "./braille.ts";
import type { Line, Span } from "./line.ts";

export interface ChartSample {
  readonly atS: number;
  readonly limitW: number | null;
  readonly meteredW: number | null;
}

export interface ChartFrame {
  readonly columns: number;
  readonly rows: number;
  /** The stretch of time across the whole width. */
  readonly fromS: number;
  readonly lengthS: number;
  /** Power at the upper edge. */
  readonly topW: number;
}

/** Dot heights of one column of dots; null: nothing known. */
interface Column {
  readonly metered: number | null;
  readonly limit: number | null;
}

/** The area is what the meter shows, the line is the limit; what stands above the line is in the style of an excess. */
export function chart(samples: readonly ChartSample[], frame: ChartFrame): Line[] {
  const columns = columnsOf(samples, frame);
  return Array.from({ length: frame.rows }, (_, row): Line => {
    const spans: Span[] = [];
    for (let cell = 0; cell < frame.columns; cell++) spans.push(cellAt(columns, { cell, row, rows: frame.rows }));
    return spans;
  });
}

function columnsOf(samples: readonly ChartSample[], { columns, rows, fromS, lengthS, topW }: ChartFrame): Column[] {
  const across = columns * DOTS_ACROSS;
  const height = (power: number): number => Math.min(rows * DOTS_DOWN - 1, Math.round((power / topW) * rows * DOTS_DOWN));
  const drawn: Column[] = [];
  let next = 0;
  let latest: ChartSample | null = null;
  for (let x = 0; x < across; x++) {
    const until = fromS + ((x + 1) / across) * lengthS;
    // The most that was metered in this column: a short excess is not averaged away.
    let most: number | null = latest?.meteredW ?? null;
    let fresh = false;
    for (let sample = samples[next]; sample !== undefined && sample.atS < until; sample = samples[++next]) {
      most = fresh && most !== null ? Math.max(most, sample.meteredW ?? 0) : sample.meteredW;
      fresh = true;
      latest = sample;
    }
    const over = next >= samples.length && !fresh;
    drawn.push(over || latest === null ? { metered: null, limit: null } : { metered: most === null ? null : height(most), limit: latest.limitW === null ? null : height(latest.limitW) });
  }
  return drawn;
}

function cellAt(columns: readonly Column[], { cell, row, rows }: { readonly cell: number; readonly row: number; readonly rows: number }): Span {
  const x = cell * DOTS_ACROSS;
  // The area has every second column of dots only: under a full one the line would be lost where there are no colours.
  const area = highest(columns[x], columns[x + 1]);
  let bits = 0;
  let line = false;
  let excess = false;
  for (let dot = 0; dot < DOTS_DOWN; dot++) {
    const height = (rows - row) * DOTS_DOWN - 1 - dot;
    if (area.metered !== null && height < area.metered) {
      bits |= BITS[dot]?.[0] ?? 0;
      excess ||= area.limit !== null && height > area.limit;
    }
    for (let side = 0; side < DOTS_ACROSS; side++) {
      if (!isOnLine(columns[x + side - 1], columns[x + side], height)) continue;
      bits |= BITS[dot]?.[side] ?? 0;
      line = true;
    }
  }
  return { text: String.fromCharCode(BLANK + bits), style: line ? "limit" : excess ? "bad" : "power" };
}

const nothing: Column = { metered: null, limit: null };

const highest = (left: Column = nothing, right: Column = nothing): Column => ((right.metered ?? -1) > (left.metered ?? -1) ? right : left);

/** A change of the limit is drawn as an upright line. */
function isOnLine(before: Column = nothing, { limit }: Column = nothing, height: number): boolean {
  if (limit === null) return false;
  const from = before.limit ?? limit;
  return height >= Math.min(from, limit) && height <= Math.max(from, limit);
}
