/** h: the agent acts on heat before the firmware has to. */
import type { Moment } from "./moment.ts";
import type { MachineSight, Verdicts } from "./sight.ts";

/** What boards may have, of all models of the simulated rack; and the noise of a reading around it. */
const BOARD_C = 80;
const NOISE_C = 1;
/** So long a board may stay over it: steps of 15 s down to the lowest point, each followed by a minute of its inertia. */
const OVER_MS = 300_000;
/** An order, its answer, a tune, and what the board does meanwhile. */
const TOLD_MS = 45_000;

const HEATS = ["heat wave", "fans stand"] as const;

interface Watched {
  readonly trips: number;
  /** Since when it is within reach of a running agent. */
  readonly reachedMs: number | null;
  readonly overSinceMs: number | null;
}

export class Heat {
  readonly #watched = new Map<string, Watched>();

  look({ sight, bootedMs, whole, quiet }: Moment, open: readonly string[], verdicts: Verdicts): void {
    // Warm air and fans that stand are what is judged here; whatever else is wrong is an excuse.
    const orderly = sight.alive && (whole || open.every((key) => HEATS.some((cause) => key.startsWith(cause)))) && (quiet || open.length > 0);
    for (const machine of sight.machines()) this.#judge(machine, { nowMs: sight.nowMs, orderly: orderly && sight.nowMs - bootedMs > TOLD_MS, verdicts });
  }

  #judge({ id, obeys, boardC, trips }: MachineSight, { nowMs, orderly, verdicts }: { readonly nowMs: number; readonly orderly: boolean; readonly verdicts: Verdicts }): void {
    const before = this.#watched.get(id) ?? { trips, reachedMs: null, overSinceMs: null };
    const reachedMs = orderly && obeys ? (before.reachedMs ?? nowMs) : null;
    const over = boardC !== null && boardC > BOARD_C + NOISE_C && reachedMs !== null;
    const overSinceMs = over ? (before.overSinceMs ?? nowMs) : null;
    this.#watched.set(id, { trips, reachedMs, overSinceMs });
    const reached = before.reachedMs !== null && nowMs - before.reachedMs >= TOLD_MS;
    if (over) verdicts.judged("h");
    if (trips > before.trips && reached) verdicts.broken("h", `the firmware of ${id} has ended mining because of heat, and the agent could have`);
    if (overSinceMs !== null && nowMs - overSinceMs > OVER_MS) verdicts.broken("h", `a board of ${id} has been at ${Math.round(boardC ?? 0)} °C and more than ${BOARD_C} °C for ${Math.round((nowMs - overSinceMs) / 1000)} s`);
  }
}
