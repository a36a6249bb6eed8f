/**
 * Has the rack lost its mains, and are they back? Then it comes back as after an emergency: what was dark for a moment or
 * an hour must not meet a weak network at full power all at once (cold-load pickup).
 */
import type { DeviceSnapshot, Metered } from "./snapshot.ts";
import type { DeviceState } from "./state.ts";
import type { Supply, SupplyBand } from "./supply.ts";
import type { Tick } from "./time.ts";
import { millis, type Instant, type Millis } from "./units.ts";

export interface Outage {
  /** Uptime since when the rack may have been without mains; before 0 where it began before this process did. */
  readonly darkSince: Millis;
  /** A meter has seen it: nothing else has to bear it out. */
  readonly proven: boolean;
}

/** Watts: a machine of which only the controller runs draws more than this. */
const DEAD = 1;
/** Below this part of the lower end of its band a voltage is none. */
const NO_VOLTAGE = 0.5;
/** Without a nominal voltage to compare with: nothing runs on less. */
const LEAST_VOLTAGE = 40;

export interface Seen {
  readonly devices: readonly DeviceSnapshot[];
  readonly states: ReadonlyMap<string, DeviceState>;
  readonly supply: Supply | null;
  /** Fresh, or null. */
  readonly meter: Metered | null;
  readonly band: SupplyBand | null;
  readonly stale: Millis;
  readonly uptime: Millis;
}

/** `back`: the mains have returned in this moment. A network that was down is no outage: machines that went on running say so. */
export function nextOutage(outage: Outage | null, seen: Seen): { readonly outage: Outage | null; readonly back: boolean } {
  const powerless = withoutVoltage(seen);
  if (powerless || silent(seen)) return { outage: { darkSince: outage?.darkSince ?? seen.uptime, proven: powerless || outage?.proven === true }, back: false };
  if (outage === null) return { outage, back: false };
  if (outage.proven) return { outage: null, back: true };
  const restarted = seen.devices.flatMap((device) => restartedSince(device, outage.darkSince, seen) ?? []);
  // Nobody can say yet: the first machine that can decides.
  return restarted.length === 0 ? { outage, back: false } : { outage: null, back: restarted.every((word) => word) };
}

function withoutVoltage({ supply, band, stale }: Seen): boolean {
  if (supply === null || supply.voltage === null || supply.age === null || supply.age > stale) return false;
  return supply.voltage < (band === null ? LEAST_VOLTAGE : band.voltage[0] * NO_VOLTAGE);
}

/** Every machine has been lost, and no meter shows that power flows. */
function silent({ devices, meter }: Seen): boolean {
  const flows = meter !== null && meter.power !== null && meter.power > DEAD * devices.length;
  return !flows && devices.length > 0 && devices.every(({ reading }) => reading.kind === "unknown" && reading.reason !== "not-polled");
}

/** By its own word; null: it does not say, or an order of ours may have restarted it. */
function restartedSince({ id, reading }: DeviceSnapshot, since: Millis, { states, uptime }: Seen): boolean | null {
  if (reading.kind === "unknown" || reading.telemetry.uptime === null) return null;
  const order = states.get(id)?.order ?? null;
  if (order !== null && order.issuedAt + order.settle > since) return null;
  return reading.telemetry.uptime < uptime - since;
}

/** A clock behind what was written has been without power itself, and cannot tell for how long: then only so much before the start counts. */
const BLIND = millis(120_000);

/** After a start: while nobody wrote anything down the mains may have been away. Machines that have started since bear it out. */
export function absence(writtenAt: Instant | null, { uptime, at }: Pick<Tick, "uptime" | "at">): Outage | null {
  if (writtenAt === null) return null;
  return { darkSince: millis(uptime - (at >= writtenAt ? at - writtenAt : BLIND)), proven: false };
}
