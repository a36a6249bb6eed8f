/** The daemon's own input to core as it would be at another time, or with something stated besides. Nothing here acts. */
import type { DecideInput } from "./core/decide.ts";
import type { Heard } from "./core/grid.ts";
import type { Statement } from "./core/limit.ts";
import { failsafePower } from "./core/limit.ts";
import type { Ahead } from "./core/outlook.ts";
import { outlook } from "./core/outlook.ts";
import type { Stated } from "./core/rehearse.ts";
import type { Snapshot } from "./core/snapshot.ts";
import type { RackState } from "./core/state.ts";
import type { Now, Tick } from "./core/time.ts";
import type { Instant, Millis } from "./core/units.ts";
import { instant, millis } from "./core/units.ts";
import type { DaemonParts } from "./parts.ts";
import type { TechnicianLimit } from "./technician-limit.ts";

/** As it is in this moment. */
export interface Present {
  readonly parts: DaemonParts;
  readonly rack: RackState;
  readonly u: number;
  /** What the grid has said, in whatever tongue. */
  readonly heard: Heard;
  readonly technician: TechnicianLimit | null;
  readonly snapshot: (tick: Tick) => Snapshot;
  /** What the farm itself states at a time that is not now. */
  readonly local: (now: Now, tick: Tick) => Statement[];
}

export class Foresight {
  readonly #present: () => Present;

  constructor(present: () => Present) {
    this.#present = present;
  }

  /** What core would be given with so much stated besides, now or with the wall clock elsewhere; the rack is as it is. */
  input(more: readonly Statement[], at: Instant | null): { readonly rack: RackState; readonly input: DecideInput; readonly stated: Stated } {
    const { parts: { clock, signal, policy }, rack, u, heard, snapshot, local } = this.#present();
    const tick = clock.now();
    const today = signal.now(tick);
    const begin: Now = at === null ? today : { ...today, earliest: at, latest: at };
    const stated: Stated = (elapsed) => {
      const later = (moment: Instant): Instant => instant(moment + elapsed);
      const now: Now = { uptime: millis(today.uptime + elapsed), earliest: later(begin.earliest), latest: begin.latest === null ? null : later(begin.latest) };
      // Who is heard now is taken to be heard on.
      const { bornAt } = heard.heartbeat;
      return { now, heard: { ...heard, heartbeat: { ...heard.heartbeat, bornAt: bornAt === null ? null : millis(bornAt + elapsed) } }, local: [...more, ...local(now, tick)] };
    };
    return { rack, stated, input: { ...stated(millis(0)), synchronised: tick.error !== null, snapshot: snapshot(tick), policy, u } };
  }

  /** The limits that follow within `length`, as far as anybody has said them. */
  ahead(length: Millis): Ahead[] {
    const { parts: { clock, policy, attendants }, rack: { mode }, heard, technician, local } = this.#present();
    const tick = clock.now();
    const until = instant(tick.at + length);
    const ends = technician?.until == null ? [] : [instant(technician.until)];
    const moments = [...ends, ...attendants.flatMap((attendant) => attendant.moments?.(tick.at, until) ?? [])];
    const failsafe = failsafePower(policy.failsafe, heard.allocations);
    return outlook({ mode, heard, synchronised: tick.error !== null, uptime: tick.uptime, failsafe, moments, local: (now) => local(now, tick) }, tick.at, until);
  }
}
