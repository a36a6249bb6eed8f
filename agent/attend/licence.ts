/** Watches the licence this rack mines under. When it has surely expired, policy says what happens; an uncertain clock ends it late, never early. */
import type { Config } from "../config/schema.ts";
import type { Decision } from "../core/decide.ts";
import type { Statement } from "../core/limit.ts";
import type { Now, Tick } from "../core/time.ts";
import { watts, type Watts } from "../core/units.ts";
import type { Change } from "../report/changes.ts";
import type { Attendant } from "./attendant.ts";

type Licence = NonNullable<Config["evidence"]["licence"]>;

const DAY_MS = 86_400_000;
const WARN_DAYS = 30;

export class LicenceWatch implements Attendant {
  readonly name = "licence";
  readonly #licence: Licence;
  readonly #failsafe: Watts;
  /** The first moment it does not hold any more. */
  readonly #end: number;
  /** The day of the last word on it: one a day is enough. */
  #saidOn = 0;

  constructor(licence: Licence, failsafe: Watts) {
    this.#licence = licence;
    this.#failsafe = failsafe;
    this.#end = Date.parse(licence.expires) + DAY_MS;
  }

  limits({ earliest }: Now): readonly Statement[] {
    if (earliest < this.#end || this.#licence.onExpiry === "warn") return [];
    return [{ source: "contract", power: this.#licence.onExpiry === "stop" ? watts(0) : this.#failsafe, ref: null, until: null }];
  }

  decided(_decision: Decision, { tick }: { readonly tick: Tick }): readonly Change[] {
    const daysLeft = Math.ceil((this.#end - tick.at) / DAY_MS);
    const today = Math.floor(tick.at / DAY_MS);
    if (daysLeft > WARN_DAYS || today === this.#saidOn) return [];
    this.#saidOn = today;
    const { id, expires, onExpiry } = this.#licence;
    if (daysLeft <= 0) return [{ name: "licence.expired", fields: { licence: id, expires, policy: onExpiry } }];
    return [{ name: "licence.expiring", fields: { licence: id, expires, daysLeft } }];
  }
}
