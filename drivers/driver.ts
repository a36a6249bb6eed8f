/**
 * The contract between the plant and everything it touches. A driver speaks one firmware or one device family;
 * it plans nothing, retries nothing and hides nothing. Every failure is a DeviceError.
 */
import type { Capability, CapabilityKind, Nameplate, Setpoint, Telemetry } from "../agent/core/model.ts";
import type { Watts } from "../agent/core/units.ts";
import type { MinerModel } from "./models.ts";

/** What a setpoint of this kind carries. */
type SetpointOf<K extends CapabilityKind> = Extract<Setpoint, { kind: K }>;

/** One actuator for each capability and none besides, so a wrong kind/value pair does not compile. */
export type Actuators = { readonly [K in CapabilityKind]?: (setpoint: SetpointOf<K>, signal: AbortSignal) => Promise<void> };

/** A miner. */
export interface Device extends AsyncDisposable {
  readonly id: string;
  /** What it is, in words: make, model, firmware as far as known. */
  readonly description: string;
  readonly nameplate: Nameplate;
  /** Data: what core plans with. May grow more exact after the first read (points told by the device); the plant looks again after each read. */
  readonly capabilities: readonly Capability[];
  /** Acts: what the plant calls. Resolves when the device acknowledged every write the setpoint needs, or throws a DeviceError. */
  readonly actuators: Actuators;
  /** One poll. Throws a DeviceError; never returns zeros for what was not answered. */
  read(signal: AbortSignal): Promise<Telemetry>;
  /** How long one order may take; unset: as the plant has it. For firmware that answers when mining has restarted. */
  readonly orderDeadlineMs?: number;
  /** Absent: its orders switch off nothing that they owe back. */
  readonly debts?: Debts;
  /** Makes a lamp on it blink, or stop. Absent: this driver knows no way. */
  readonly blink?: (on: boolean, signal: AbortSignal) => Promise<void>;
  /** Boots the machine anew. Absent: this driver knows no way. */
  readonly restart?: (signal: AbortSignal) => Promise<void>;
}

/**
 * What orders switched off in a miner besides what they set, and owe back when nothing limits the rack any more: controllers of
 * its firmware's own, boards. Kept in words of the driver's own, so that it outlives the daemon.
 */
export interface Debts {
  readonly words: readonly string[];
  /** `words` of a daemon that ran before. */
  recall(words: readonly string[]): void;
  /** Resolves when all is switched on again and acknowledged, or throws a DeviceError. */
  pay(signal: AbortSignal): Promise<void>;
}

/** What every miner driver is made from. */
export interface MinerOptions {
  readonly id: string;
  readonly address: { readonly host: string; readonly port: number };
  readonly model: MinerModel;
  /** What its orders need; unset: the one the maker ships. Never in a message. */
  readonly password?: string;
  /** Its web interface, where the driver needs one besides `address`; unset: the usual port. */
  readonly webPort?: number;
  /** Connecting, writing and reading of one request together. A poll or an order as a whole gets three times that. */
  readonly deadlineMs?: number;
}

/** One metered outlet. */
export interface OutletReading {
  readonly index: number;
  readonly power: Watts | null;
  readonly on: boolean | null;
}

/** One contact that is only read: a button, a door. */
export interface InputReading {
  readonly index: number;
  readonly closed: boolean | null;
}

/** What a meter or PDU said in one poll. null: it did not say. */
export interface MeterReading {
  /** Active power of all it feeds. */
  readonly power: Watts | null;
  readonly outlets: readonly OutletReading[];
  readonly inputs: readonly InputReading[];
  readonly voltage: number | null;
  readonly frequencyHz: number | null;
  /** Energy register, Wh, where there is one. */
  readonly energyWh: number | null;
}

/** A meter, and where it has them, outlets that can be switched. */
export interface Meter extends AsyncDisposable {
  readonly id: string;
  readonly description: string;
  /** Accuracy class as a fraction of the reading, and the resolution of one outlet in watts. */
  readonly accuracy: { readonly fraction: number; readonly resolution: Watts };
  /** How old a reading may be and still count. */
  readonly staleAfterMs: number;
  read(signal: AbortSignal): Promise<MeterReading>;
  /** Whether `switch` can do anything here. */
  readonly switches: boolean;
  /** Absolute, read back. Throws `DeviceError("refused")` where outlets cannot be switched. */
  switch(outlet: number, on: boolean, signal: AbortSignal): Promise<void>;
}
