/** Which writes bring the boards to a point, and in which order. */
import type { OperatingPoint } from "../../agent/core/model.ts";
import type { Megahertz, Millivolts } from "../../agent/core/units.ts";
import { frequencyIs, voltageIs } from "./boards.ts";

export type Write =
  | { readonly kind: "frequency"; readonly board: number; readonly frequency: Megahertz }
  | { readonly kind: "voltage"; readonly board: number; readonly voltage: Millivolts };

/** What is known of a board; null: unknown. */
export interface KnownBoard {
  readonly index: number;
  readonly frequency: Megahertz | null;
  readonly voltage: Millivolts | null;
  /** The last reading says so and nothing was written since. What is merely expected orders the writes and saves none. */
  readonly confirmed: boolean;
}

/**
 * A voltage rises before and falls after the frequencies, over all boards, as they share one power supply; and what lowers
 * power comes first. An unknown value counts as going down: less power comes sooner, and a ramp up takes longer than the
 * voltage that follows it.
 */
export function writesTo(point: OperatingPoint, boards: readonly KnownBoard[]): readonly Write[] {
  const lower: Write[] = [];
  const feed: Write[] = [];
  const raise: Write[] = [];
  const starve: Write[] = [];
  for (const board of boards) {
    const { frequency, voltage } = point;
    if (frequency !== null && !(board.confirmed && frequencyIs(board, frequency))) {
      const up = board.frequency !== null && frequency > board.frequency;
      (up ? raise : lower).push({ kind: "frequency", board: board.index, frequency });
    }
    if (voltage !== null && !(board.confirmed && voltageIs(board, voltage))) {
      const up = board.voltage !== null && voltage > board.voltage;
      (up ? feed : starve).push({ kind: "voltage", board: board.index, voltage });
    }
  }
  return [...lower, ...feed, ...raise, ...starve];
}
