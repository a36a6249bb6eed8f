/** By which means each machine came down, and how long it took by the simulators' own truth. */
import { formatPower } from "../../agent/cli/human.ts";
import { watts } from "../../agent/core/units.ts";
import type { Look } from "./watch.ts";

/** What one machine did from a signal on. */
export interface Means {
  readonly id: string;
  readonly driver: string;
  readonly model: string;
  /** What it was told, in the order it was: "sleep", "point 40%". */
  readonly told: readonly string[];
  readonly fromW: number;
  readonly toW: number;
  /** From the signal until it drew what it draws at the end, within a twentieth of the way; null: it was not told anything. */
  readonly tookS: number | null;
}

export interface Kind {
  readonly id: string;
  readonly driver: string;
  readonly model: string;
}

/** How near the end of its way a machine has arrived. */
const ARRIVED = 0.05;
/** Noise of one machine's draw. */
const NOISE_W = 40;

/** `looks`: from the signal to the end of what is judged, oldest first. */
export function meansOf(kinds: readonly Kind[], looks: readonly Look[], signalS: number): Means[] {
  return kinds.map(({ id, driver, model }) => {
    const draws = looks.flatMap(({ atS, asicsW }) => (asicsW.has(id) ? [{ atS, powerW: asicsW.get(id) ?? 0 }] : []));
    const [first, last] = [draws[0], draws.at(-1)];
    const [fromW, toW] = [first?.powerW ?? 0, last?.powerW ?? 0];
    const told = changes(looks.map((look) => look.devices.find((device) => device.id === id)?.setpoint ?? null));
    const band = Math.max(NOISE_W, ARRIVED * Math.abs(fromW - toW));
    const astray = draws.findLastIndex(({ powerW }) => Math.abs(powerW - toW) > band);
    const arrived = draws[astray + 1]?.atS ?? null;
    return { id, driver, model, told, fromW: Math.round(fromW), toW: Math.round(toW), tookS: arrived === null || astray < 0 ? null : Math.round((arrived - signalS) * 10) / 10 };
  });
}

/** What was newly wanted, in its order; not what was wanted before. */
function changes(wanted: readonly (string | null)[]): string[] {
  return wanted.filter((setpoint, index): setpoint is string => index > 0 && setpoint !== null && setpoint !== wanted[index - 1]);
}

const head = ["asic", "firmware", "model", "told", "before", "after", "arrived after"];

export function meansTable(means: readonly Means[]): string {
  const rows = means.map(({ id, driver, model, told, fromW, toW, tookS }) => [
    id, driver, model, told.length === 0 ? "left as it was" : told.join(", then "), formatPower(watts(fromW)), formatPower(watts(toW)), tookS === null ? "-" : `${tookS.toFixed(1)} s`,
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [head, ...rows].map((row) => row.map((cell, column) => (column < 4 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join("  ").trimEnd()).join("\n");
}
