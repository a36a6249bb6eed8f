/** A curve in one line of text. What is unknown is a dot: a gap is not a low. */

const BARS = "▁▂▃▄▅▆▇█";
const UNKNOWN = "·";

/** `columns` at the most; of several figures in a column the mean. The scale goes from zero to the most, or from `base`. */
export function sparkline(figures: readonly (number | null)[], columns: number, base = 0): string {
  const across = Math.min(columns, figures.length);
  const cells = Array.from({ length: across }, (_, column) => mean(figures.slice(Math.floor((column * figures.length) / across), Math.floor(((column + 1) * figures.length) / across))));
  const most = Math.max(base, ...cells.map((cell) => cell ?? base));
  return cells.map((cell) => (cell === null ? UNKNOWN : (BARS[most === base ? 0 : Math.round(((Math.max(base, cell) - base) / (most - base)) * (BARS.length - 1))] ?? UNKNOWN))).join("");
}

function mean(figures: readonly (number | null)[]): number | null {
  const known = figures.filter((figure) => figure !== null);
  return known.length === 0 ? null : known.reduce((sum, figure) => sum + figure, 0) / known.length;
}
