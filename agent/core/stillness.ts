/** A meter that shows the same to the last digit while its machines say that they draw otherwise does not measure. */
import type { Millis } from "./units.ts";
import { seconds } from "./units.ts";

export interface Still {
  /** All its figures together, and since when they have not changed. */
  readonly figures: string;
  readonly since: Millis;
  /** What the machines behind it said then. */
  readonly said: number;
  readonly stalled: boolean;
}

export interface Shown {
  readonly figures: string;
  /** What the machines behind it say together now; null: one of them says nothing. */
  readonly said: number | null;
  /** Its smallest step, W. */
  readonly resolution: number;
}

const STILL = { fraction: 0.02, watts: 100, steps: 3, after: seconds(10) } as const;

export function nextStill(before: Still | null, { figures, said, resolution }: Shown, uptime: Millis): Still | null {
  if (said === null) return before;
  if (before === null || before.figures !== figures) return { figures, since: uptime, said, stalled: false };
  const moved = Math.abs(said - before.said) > Math.max(STILL.watts, STILL.fraction * before.said, STILL.steps * resolution);
  return { ...before, stalled: before.stalled || (moved && uptime - before.since >= STILL.after) };
}
