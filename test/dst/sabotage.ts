/** A planted bug: something in the agent's world is not what the agent takes it for, or the judge is shown something else than the truth. */
import type { Policy } from "../../agent/core/policy.ts";
import type { Clock } from "../../agent/runtime/clock.ts";
import type { Store } from "../../agent/runtime/store.ts";
import type { Device, Meter } from "../../drivers/driver.ts";
import type { Entry, Sight } from "./oracle/sight.ts";

export interface Sabotage {
  readonly policy?: Partial<Policy>;
  readonly signatures?: "optional";
  readonly device?: (honest: Device, clock: Clock) => Device;
  readonly meter?: (honest: Meter) => Meter;
  readonly store?: (honest: Store, clock: Clock) => Store;
  /** What reaches the journal; null: it is not written. */
  readonly entry?: (entry: Entry) => Entry | null;
  /** What the judge is shown. */
  readonly sight?: (sight: Sight) => Sight;
}
