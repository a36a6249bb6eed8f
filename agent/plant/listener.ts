import type { Order } from "../core/state.ts";
import type { DeviceErrorCode } from "../runtime/errors.ts";

/** What the plant tells the daemon as it happens; the snapshot stays the truth. */
export interface PlantListener {
  /** Something moved that a cycle should see soon: an acknowledgement, a first reading, a loss. */
  moved(): void;
  event(event: PlantEvent): void;
}

/** An outlet and who wanted what of it, why. */
interface OutletOrder {
  readonly outlet: string;
  readonly device: string | null;
  readonly on: boolean;
  readonly why: string;
  readonly who: string;
}

export type PlantEvent =
  | (OutletOrder & { readonly name: "outlet.ordered" })
  | (OutletOrder & { readonly name: "outlet.switched"; readonly tookMs: number })
  | (OutletOrder & { readonly name: "outlet.failed"; readonly code: DeviceErrorCode; readonly message: string })
  | { readonly name: "device.found"; readonly device: string }
  | { readonly name: "device.rebooted"; readonly device: string; readonly wasS: number; readonly isS: number }
  | { readonly name: "device.lost"; readonly device: string; readonly reason: string; readonly message: string }
  | { readonly name: "meter.found"; readonly meter: string }
  | { readonly name: "meter.lost"; readonly meter: string; readonly message: string }
  | { readonly name: "setpoint.acknowledged"; readonly order: Order; readonly tookMs: number }
  | { readonly name: "setpoint.failed"; readonly order: Order; readonly code: DeviceErrorCode | "bug"; readonly message: string };
