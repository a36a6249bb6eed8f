/** `/miner/hw/hashboards`, and how far they are from a setting. */
import type { BoardTelemetry, OperatingPoint } from "../../agent/core/model.ts";
import type { Celsius } from "../../agent/core/units.ts";
import { flagAt, numberAt, rowsAt, textAt, type Json, type JsonObject } from "../cgminer/json.ts";
import { celsiusAt, inMillivolts, megahertzAt, terahashAt } from "../cgminer/figures.ts";
import { at } from "../http/path.ts";

export interface Hashboard {
  /** The firmware's own name for it, "1" and on. */
  readonly id: string;
  readonly telemetry: BoardTelemetry;
  readonly inlet: Celsius | null;
  readonly outlet: Celsius | null;
}

export function boardsOf(reply: JsonObject): readonly Hashboard[] {
  return rowsAt(reply, "hashboards").map((row, position) => {
    const id = textAt(row, "id") ?? String(position + 1);
    return { id, telemetry: telemetryOf(row, id, position), inlet: sensorAt(row, "lowest_inlet_temp"), outlet: sensorAt(row, "highest_outlet_temp") };
  });
}

function telemetryOf(row: JsonObject, id: string, position: number): BoardTelemetry {
  const volts = numberAt(at(row, "current_voltage"), "volt");
  return {
    index: /^\d{1,2}$/.test(id) ? Number(id) : position,
    enabled: flagAt(row, "enabled"),
    frequency: megahertzAt(at(row, "current_frequency"), "hertz", 1e6),
    voltage: volts === null ? null : inMillivolts(volts * 1000),
    hashrate: terahashAt(at(row, "stats", "real_hashrate", "last_5s"), "gigahash_per_second", 1000),
    boardTemperature: sensorAt(row, "board_temp"),
    chipTemperature: sensorAt(at(row, "highest_chip_temp"), "temperature"),
  };
}

/** Half a step of the firmware's clock, and what a voltage sensor is off by; points lie 25 MHz and 100 mV apart. */
const TOLERANCE = { megahertz: 5, millivolts: 60 } as const;

/** The point all enabled boards are at. A voltage that is not reported does not speak against it. */
export function pointAt(boards: readonly Hashboard[], points: readonly OperatingPoint[]): OperatingPoint | null {
  const running = boards.filter(({ telemetry }) => telemetry.enabled !== false);
  if (running.length === 0) return null;
  return points.find((point) => running.every((board) => isAt(board, point))) ?? null;
}

export function isAt({ telemetry: { frequency, voltage } }: Hashboard, point: Pick<OperatingPoint, "frequency" | "voltage">): boolean {
  if (frequency === null || point.frequency === null || Math.abs(frequency - point.frequency) > TOLERANCE.megahertz) return false;
  return voltage === null || point.voltage === null || Math.abs(voltage - point.voltage) <= TOLERANCE.millivolts;
}

/** Where a version gives no object it gives no sensor. */
const sensorAt = (row: Json, key: string): Celsius | null => celsiusAt(at(row, key), "degree_c");
