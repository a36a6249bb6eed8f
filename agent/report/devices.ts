/** Devices as the technician sees them. */
import type { Decision } from "../core/decide.ts";
import type { Draw, Setpoint, Telemetry } from "../core/model.ts";
import type { View } from "../core/view.ts";
import type { Wear } from "../core/wear.ts";
import { hundredths, tenths, whole } from "./figures.ts";

/** What others than core know of a machine. */
export interface DeviceNotes {
  /** Left alone by a technician's word. */
  readonly maintenance: boolean;
  /** Whether it hashes for whom it may; null: for nobody, or nobody asked. */
  readonly poolGuard: "allowed" | "foreign" | "unknown" | null;
  /** What our orders switched off in its firmware and will give back. */
  readonly owes: readonly string[];
  /** The lowest is served first. */
  readonly priority: number;
  /** Where it is pinned, in words; null: it is not. */
  readonly pin: string | null;
}

/** One row of `curtailctl devices`. */
export type DeviceRow = ReturnType<typeof deviceRow>;

export const NO_NOTES: DeviceNotes = { maintenance: false, poolGuard: null, owes: [], priority: 0, pin: null };

export function deviceRow(view: View, decision: Decision, notes: DeviceNotes) {
  const { device, state, draw } = view;
  const { reading } = device;
  const telemetry = reading.kind === "known" ? reading.telemetry : null;
  const since = reading.kind === "known" ? reading.readAt : reading.since;
  return {
    id: device.id,
    state: stateWord(view),
    readingAgeS: Math.max(0, Math.round((decision.uptime - since.uptime) / 100) / 10),
    point: telemetry?.point ?? null,
    frequencyMHz: hundredths(telemetry?.frequency ?? null),
    voltageMV: whole(telemetry?.voltage ?? null),
    powerW: whole(knownW(draw)),
    powerLowW: whole(draw.low),
    powerHighW: whole(draw.high),
    drawBy: draw.by,
    hashrateThs: hundredths(telemetry?.hashrate ?? null),
    temperatureC: whole(hottestC(telemetry)),
    setpoint: setpointWord(state.target),
    order: state.order === null ? null : { id: state.order.id, setpoint: setpointWord(state.order.setpoint), cause: state.order.cause, state: device.order?.state ?? "waiting" },
    unknownReason: reading.kind === "unknown" ? reading.reason : null,
    quarantineReason: state.quarantine?.reason ?? null,
    wear: wearOf(state.wear),
    ...notes,
  };
}

/** Since the daemon first saw it. */
export const wearOf = ({ rest, powerCycles, thermalCycles, changes }: Wear) => ({ restH: hundredths(rest / 3_600_000), powerCycles, thermalCycles, changes });

/** The middle of what is left open; null where nothing but the nameplate is known. */
export const knownW = ({ by, low, high }: Draw): number | null => (by === "nameplate" ? null : (low + high) / 2);

/** The hottest board; null: none says. */
export function hottestC(telemetry: Pick<Telemetry, "boards"> | null): number | null {
  const temperatures = (telemetry?.boards ?? []).flatMap(({ boardTemperature }) => (boardTemperature === null ? [] : [boardTemperature]));
  return temperatures.length === 0 ? null : Math.max(...temperatures);
}

/** Without power at its outlet it is off, whatever else is known of it. */
function stateWord({ device, state }: View) {
  if (device.feed?.on === false) return "off";
  if (state.quarantine !== null) return "quarantined";
  return device.reading.kind === "known" ? (device.reading.telemetry.state ?? "unknown") : "unknown";
}

export function deviceDetail(view: View, decision: Decision, context: { readonly description: string; readonly failure: string | null; readonly notes: DeviceNotes }) {
  const { device, state } = view;
  return {
    ...deviceRow(view, decision, context.notes),
    description: context.description,
    nameplateW: device.nameplate.highest,
    asleepW: device.nameplate.asleep,
    gain: hundredths(state.gain),
    /** What it draws besides its boards, as far as learnt while some were off; null: as its model has it. */
    baseW: whole(state.base),
    /** Seconds its changes took at the longest, lately, by its own meter; 0: not seen. */
    tookS: { down: tenths(state.observed.down), up: tenths(state.observed.up), sleep: tenths(state.observed.sleep), wake: tenths(state.observed.wake), boards: tenths(state.observed.boards) },
    meterLagS: tenths(decision.lag),
    misses: state.misses,
    reserveW: whole(view.reserve),
    failure: context.failure,
    capabilities: device.capabilities,
    telemetry: device.reading.kind === "known" ? device.reading.telemetry : device.reading.last,
  };
}

export function setpointWord(setpoint: Setpoint | null): string | null {
  if (setpoint === null) return null;
  switch (setpoint.kind) {
    case "points": return `point ${setpoint.point}`;
    case "power-limit": return `${Math.round(setpoint.power)} W`;
    case "boards": return `${setpoint.count} boards`;
    case "sleep": return "sleep";
    case "outlet": return setpoint.on ? "outlet on" : "outlet off";
  }
}
