/** What an energy register that went from one figure to another has counted, by itself and by what the power says. */

export interface Counted {
  readonly wh: number;
  /** `rolled`: past its last digit. `replaced`: another meter, or set back; then `wh` is what the power says. */
  readonly by: "register" | "rolled" | "replaced";
}

/** Where registers end: decimal digits or bits, in watt-hours, tens, hundreds or kilowatt-hours. */
const ENDS = [...[6, 7, 8, 9, 10, 11, 12].map((digits) => 10 ** digits), ...[1, 10, 100, 1000].flatMap((unit) => [2 ** 31 * unit, 2 ** 32 * unit])];
/** A register's last digit may be a kilowatt-hour; power is read once a second. */
const COARSE_WH = 2_000;
const LEAST_PART = 0.5;
const MOST_PART = 1.5;

/** `powerWh`: what the power says was used meanwhile; null: nobody looked, and the register alone says. */
export function counted(from: number, to: number, powerWh: number | null): Counted {
  const plain = to - from;
  if (plain >= 0 && plausible(plain, powerWh)) return { wh: plain, by: "register" };
  if (plain < 0) {
    const rolled = ENDS.map((end) => plain + end).find((wh) => from <= wh - plain && wh >= 0 && powerWh !== null && plausible(wh, powerWh));
    if (rolled !== undefined) return { wh: rolled, by: "rolled" };
  }
  return { wh: powerWh ?? 0, by: "replaced" };
}

function plausible(wh: number, powerWh: number | null): boolean {
  return powerWh === null || (wh >= LEAST_PART * powerWh - COARSE_WH && wh <= MOST_PART * powerWh + COARSE_WH);
}
