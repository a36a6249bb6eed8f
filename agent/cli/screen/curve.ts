/** How many joules a terahash costs at each draw, as a line of braille dots, with the present and the planned draw marked. */
import { BITS, BLANK, DOTS_ACROSS, DOTS_DOWN } from "./braille.ts";
import { span, type Line } from "./line.ts";

export interface CurvePoint {
  readonly powerW: number;
  readonly jPerTh: number;
}

export interface Mark {
  readonly powerW: number;
  readonly sign: string;
}

export interface CurveFrame {
  readonly columns: number;
  readonly rows: number;
  readonly label: (powerW: number) => string;
}

const AXIS = 8;
/** Near the floor a joule buys next to nothing: what lies above this many times the best is cut off. */
const STEEPEST = 1.6;

/** `curve`: by rising power, at least two points. */
export function curvePicture(curve: readonly CurvePoint[], marks: readonly Mark[], { columns, rows, label }: CurveFrame): Line[] {
  const [first, last] = [curve[0], curve.at(-1)];
  const across = columns - AXIS;
  if (first === undefined || last === undefined || last.powerW <= first.powerW || across < 10) return [];
  const best = Math.min(...curve.map(({ jPerTh }) => jPerTh));
  const worst = Math.min(best * STEEPEST, Math.max(...curve.map(({ jPerTh }) => jPerTh)));
  const length = last.powerW - first.powerW;
  const [width, height] = [across * DOTS_ACROSS, rows * DOTS_DOWN];
  const bits = Array.from({ length: rows }, () => new Uint8Array(across));
  let before: number | null = null;
  for (let x = 0; x < width; x++) {
    const cost = costAt(curve, first.powerW + (length * x) / (width - 1));
    const y = worst === best ? 0 : Math.round(((cost - best) / (worst - best)) * (height - 1));
    // What lies between two columns is drawn upright.
    for (let dot = Math.min(y, before ?? y); dot <= Math.max(y, before ?? y); dot++) {
      if (dot >= height) continue;
      const row = bits[rows - 1 - Math.floor(dot / DOTS_DOWN)];
      const cell = Math.floor(x / DOTS_ACROSS);
      if (row !== undefined) row[cell] = (row[cell] ?? 0) | (BITS[DOTS_DOWN - 1 - (dot % DOTS_DOWN)]?.[x % DOTS_ACROSS] ?? 0);
    }
    before = y;
  }
  const axis = (row: number): string => (row === 0 ? worst.toFixed(1) : row === rows - 1 ? best.toFixed(1) : row === Math.floor(rows / 2) ? ((worst + best) / 2).toFixed(1) : "").padStart(AXIS - 1);
  return [
    [span("J/TH".padStart(AXIS - 1), "dim")],
    ...bits.map((row, index): Line => [span(`${axis(index)}│`, "dim"), span([...row].map((cell) => String.fromCharCode(BLANK + cell)).join(""), "power")]),
    [span(`${" ".repeat(AXIS - 1)}└`, "dim"), ...ruler(marks, { across, from: first.powerW, length })],
    [span(`${" ".repeat(AXIS)}${label(first.powerW)}${label(last.powerW).padStart(across - label(first.powerW).length)}`, "dim")],
  ];
}

function ruler(marks: readonly Mark[], { across, from, length }: { readonly across: number; readonly from: number; readonly length: number }): Line {
  const cells = Array.from({ length: across }, () => span("─", "dim"));
  for (const { powerW, sign } of marks) cells[Math.min(across - 1, Math.max(0, Math.round(((powerW - from) / length) * (across - 1))))] = span(sign, "limit");
  return cells;
}

function costAt(curve: readonly CurvePoint[], powerW: number): number {
  const above = curve.findIndex((point) => point.powerW >= powerW);
  const [low, high] = [curve[Math.max(0, above - 1)], curve[above < 0 ? curve.length - 1 : above]];
  if (low === undefined || high === undefined) return 0;
  const part = high.powerW === low.powerW ? 0 : (powerW - low.powerW) / (high.powerW - low.powerW);
  return low.jPerTh + Math.min(1, Math.max(0, part)) * (high.jPerTh - low.jPerTh);
}
