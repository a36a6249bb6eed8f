/**
 * Decides, come what may: where a bug of ours is met by what the grid has said, none of it counts but its emergencies, and
 * the failsafe limit joins. Without this the daemon would end, and end again after every start, above a limit it no longer hears.
 */
import type { DecideInput, Decision } from "./core/decide.ts";
import { decide } from "./core/decide.ts";
import type { Heard } from "./core/grid.ts";
import type { Statement } from "./core/limit.ts";
import type { RackState } from "./core/state.ts";
import { watts } from "./core/units.ts";
import { SILENCE } from "./core/voices.ts";
import { messageOf } from "./runtime/errors.ts";

export interface Made {
  readonly rack: RackState;
  readonly decision: Decision;
  /** What it was made from. */
  readonly heard: Heard;
}

interface Question {
  /** What any grid says now. May throw. */
  readonly hear: () => Heard;
  readonly input: Omit<DecideInput, "heard">;
}

type Tell = (name: "decision.failed" | "decision.recovered", fields: Readonly<Record<string, unknown>>, error: unknown) => void;

export class Decider {
  readonly #tell: Tell;
  #latched = false;
  #failing = false;

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  /** Throws what the decision without the grid throws. */
  decide(rack: RackState, { hear, input }: Question): Made {
    try {
      const heard = hear();
      this.#latched = heard.latches.length > 0;
      const { now, synchronised, local, snapshot, policy, u } = input;
      const made = decide(rack, { heard, now, synchronised, local, snapshot, policy, u });
      if (this.#failing) this.#tell("decision.recovered", {}, null);
      this.#failing = false;
      return { rack: made.rack, decision: made.decision, heard };
    } catch (error) {
      if (!this.#failing) this.#tell("decision.failed", { reason: messageOf(error) }, error);
      this.#failing = true;
      return { ...decide(rack, { ...input, heard: SILENCE, local: [...input.local, this.#instead(input)] }), heard: SILENCE };
    }
  }

  /** Who was last heard to stop the rack has not released it by our bug. */
  #instead({ policy }: Pick<DecideInput, "policy">): Statement {
    return { source: this.#latched ? "emergency" : "failsafe", power: this.#latched ? watts(0) : policy.failsafe, ref: null, until: null };
  }
}
