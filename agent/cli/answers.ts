/** What the daemon answers, as the report room makes it. */
import type { Tongue } from "../attend/attendant.ts";
import type { EStop } from "../attend/estop.ts";
import type { deviceDetail, deviceRow } from "../report/devices.ts";
import type { MachineHistory, RackHistory } from "../report/history/history.ts";
import type { StatusDocument } from "../report/status.ts";

export type DeviceRow = ReturnType<typeof deviceRow>;
export type DeviceDetail = ReturnType<typeof deviceDetail>;
export type { MachineHistory, RackHistory, StatusDocument };

/** A document in force, in core's words; which members there are depends on its kind. */
export interface GridDocumentRow {
  readonly ref: { readonly id: string; readonly topic: string; readonly epoch: number; readonly seq: number; readonly by?: string };
  readonly action?: string;
  readonly intervals?: readonly unknown[];
  readonly priority?: number;
  readonly valid?: { readonly start: number | null; readonly end: number | null };
  readonly ceiling?: number | null;
  readonly expires?: number | null;
}

export interface EstopAnswer {
  readonly latch: EStop["latch"];
  readonly contacts: EStop["contacts"];
}

export interface GridAnswer {
  readonly documents: readonly GridDocumentRow[];
  readonly technician: { readonly powerW: number; readonly until: number | null; readonly who: string } | null;
  readonly status: StatusDocument;
  readonly operated: boolean;
  readonly tongues: readonly Tongue[];
}
