/** One frozen look at the rack. Nothing in a cycle reads a device while deciding. */
import type { Capability, CapabilityOf, Nameplate, Reading, Setpoint } from "./model.ts";
import type { Supply } from "./supply.ts";
import type { Tick } from "./time.ts";
import type { Millis, Watts } from "./units.ts";

/** A power reading from a meter. `age` is null when there never was one. */
export interface Metered {
  readonly power: Watts | null;
  readonly age: Millis | null;
  /** Half-width of what noise and resolution leave open; the accuracy class is a matter of compliance tolerance. */
  readonly uncertainty: Watts;
}

/** A setpoint on its way to a device, as its mailbox sees it. */
export interface OrderStatus {
  readonly id: number;
  readonly setpoint: Setpoint;
  readonly state: "waiting" | "sending" | "acknowledged" | "failed";
  /** Uptime of the last change of `state`. */
  readonly at: Millis;
}

/** The switched outlet a device hangs on, with a mailbox of its own: a miner that does not hear is why it is needed. */
export interface Feed {
  readonly outlet: CapabilityOf<"outlet">;
  /** As its PDU reads it; null: it does not say. */
  readonly on: boolean | null;
  /** Uptime since which it has been off, restarts of the daemon counted; null: it is not, or nobody knows. */
  readonly offSince: Millis | null;
  /** The last `{ kind: "outlet" }` order to it. */
  readonly order: OrderStatus | null;
}

export interface DeviceSnapshot {
  readonly id: string;
  readonly nameplate: Nameplate;
  readonly capabilities: readonly Capability[];
  readonly reading: Reading;
  /** What its own outlet says; null where no metered outlet is configured. */
  readonly outlet: Metered | null;
  readonly order: OrderStatus | null;
  /** null: nothing here can switch it. */
  readonly feed: Feed | null;
}

export interface Snapshot {
  readonly tick: Tick;
  readonly devices: readonly DeviceSnapshot[];
  /** The meter over the whole rack; null where none is configured. */
  readonly rack: Metered | null;
  /** The mains as the rack's meters see them. */
  readonly supply: Supply | null;
  /** Accuracy class of the rack meter as a fraction of the reading. */
  readonly rackClass: number;
}
