/** The hashboards as read back. */
import type { OperatingPoint } from "../../agent/core/model.ts";
import type { Megahertz, Millivolts } from "../../agent/core/units.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import type { Talk } from "../cgminer/api.ts";
import { clockAt } from "../cgminer/figures.ts";
import { flagAt, numberAt, rowsAt, textAt, type Json, type JsonObject } from "../cgminer/json.ts";
import { voltageAt } from "./points.ts";

export interface Board {
  readonly index: number;
  readonly enabled: boolean;
  /** "Alive", "Dead" and the like; null: not said. */
  readonly status: string | null;
  /** Enabled, and not dead unless all sleep: a board that does not run takes no settings and no part in means. */
  readonly running: boolean;
  readonly ramping: boolean;
  readonly frequency: Megahertz | null;
  readonly voltage: Millivolts | null;
  /** Its row in `devs`. */
  readonly row: JsonObject;
}

/** Boards of a machine that sleeps call themselves dead too. */
export function boardsOf(devs: JsonObject, asleep: boolean): readonly Board[] {
  return rowsAt(devs, "DEVS").map((row, position) => {
    const enabled = flagAt(row, "Enabled") ?? true;
    const status = textAt(row, "Status");
    return {
      index: numberAt(row, "ASC") ?? numberAt(row, "ID") ?? position,
      enabled,
      status,
      running: enabled && (asleep || status !== "Dead"),
      ramping: flagAt(row, "IsRamping") ?? false,
      frequency: frequencyAt(row),
      voltage: voltageAt(row, "Voltage"),
      row,
    };
  });
}

/**
 * Some versions leave frequency or voltage out of `devs`; then each board is asked for it. What a board refuses to tell stays
 * null. Throws every other DeviceError.
 */
export async function completed(boards: readonly Board[], talk: Talk): Promise<readonly Board[]> {
  if (boards.every((board) => board.frequency !== null && board.voltage !== null)) return boards;
  const complete: Board[] = [];
  for (const board of boards) {
    complete.push({
      ...board,
      frequency: board.frequency ?? frequencyAt(await rowOf(board, "frequencyget", talk)),
      voltage: board.voltage ?? voltageAt(await rowOf(board, "voltageget", talk), "Voltage"),
    });
  }
  return complete;
}

async function rowOf(board: Board, command: "frequencyget" | "voltageget", talk: Talk): Promise<JsonObject | undefined> {
  try {
    const reply = await talk.ask(command, String(board.index));
    return [...rowsAt(reply, "FREQUENCY"), ...rowsAt(reply, "FREQS"), ...rowsAt(reply, "VOLTAGE")][0];
  } catch (error) {
    if (error instanceof DeviceError && error.code === "refused") return undefined;
    throw error;
  }
}

const frequencyAt = (row: Json | undefined): Megahertz | null => clockAt(row, "Frequency");

/** Half a ramp step, and what a voltage sensor is off by; points lie 25 MHz and 100 mV apart. */
const TOLERANCE = { megahertz: 2.5, millivolts: 60 } as const;

export function frequencyIs(board: Pick<Board, "frequency">, wanted: Megahertz): boolean {
  return board.frequency !== null && Math.abs(board.frequency - wanted) <= TOLERANCE.megahertz;
}

export function voltageIs(board: Pick<Board, "voltage">, wanted: Millivolts): boolean {
  return board.voltage !== null && Math.abs(board.voltage - wanted) <= TOLERANCE.millivolts;
}

/** The point all running boards are at. A voltage that is not reported does not speak against it. */
export function pointAt(boards: readonly Board[], points: readonly OperatingPoint[]): OperatingPoint | null {
  const running = boards.filter((board) => board.running);
  if (running.length === 0) return null;
  const isAt = ({ frequency, voltage }: OperatingPoint): boolean =>
    running.every((board) => frequency !== null && frequencyIs(board, frequency) && (voltage === null || board.voltage === null || voltageIs(board, voltage)));
  return points.find(isAt) ?? null;
}
