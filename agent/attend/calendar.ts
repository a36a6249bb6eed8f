/** Does the chores of all attendants by the calendar. */
import { Chores } from "../host/chores.ts";
import type { NextTimes } from "../host/calendar.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { Attendant } from "./attendant.ts";

export class Calendar implements Attendant {
  readonly name = "calendar";
  readonly #chores: Chores;

  constructor(attendants: readonly Attendant[], surroundings: { readonly clock: Clock; readonly log: Log; readonly nextTimes: NextTimes }) {
    this.#chores = new Chores(attendants.flatMap(({ chores }) => chores ?? []), surroundings);
  }

  due(): ReturnType<Chores["due"]> {
    return this.#chores.due();
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#chores.run(signal);
  }
}
