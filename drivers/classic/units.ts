/** The devices or processors of one machine, as its list of them tells. */
import { celsius, megahertz, type Megahertz } from "../../agent/core/units.ts";
import type { BoardTelemetry } from "../../agent/core/model.ts";
import { hashrateAt } from "../cgminer/hashrate.ts";
import { flagAt, numberAt, rowsAt, textAt, type JsonObject } from "../cgminer/json.ts";
import type { Commands, Dialect } from "./dialects.ts";

export interface Unit {
  readonly number: number;
  readonly commands: Commands;
  readonly enabled: boolean | null;
  readonly status: string | null;
  readonly frequency: Megahertz | null;
  readonly row: JsonObject;
}

const MOST_UNITS = 256;
/** Under which names drivers tell the clock in `stats`, or in the list itself. */
const CLOCKS = ["frequency", "freq", "clock"] as const;

/** `stats`: null where the machine refuses it. Its rows are in the order of the list, those of pools behind them. */
export function unitsOf(list: JsonObject, stats: JsonObject | null, dialect: Dialect): readonly Unit[] {
  const clocked = rowsAt(stats ?? undefined, "STATS");
  return rowsAt(list, "DEVS").slice(0, MOST_UNITS).flatMap((row, position): Unit[] => {
    for (const [key, commands] of Object.entries(dialect.commands)) {
      const number = numberAt(row, key);
      if (number === null) continue;
      return [{ number, commands, enabled: flagAt(row, "Enabled"), status: textAt(row, "Status"), frequency: clockOf(row) ?? clockOf(clocked[position]), row }];
    }
    return [];
  });
}

function clockOf(row: JsonObject | undefined): Megahertz | null {
  for (const key of CLOCKS) {
    const value = numberAt(row, key);
    if (value !== null && value > 0 && value < 5_000) return megahertz(value);
  }
  return null;
}

export const boardOf = ({ enabled, frequency, row }: Unit, index: number): BoardTelemetry => {
  const temperature = numberAt(row, "Temperature");
  return {
    index,
    enabled,
    frequency,
    voltage: null,
    hashrate: hashrateAt(row, "5s") ?? hashrateAt(row, "20s"),
    boardTemperature: temperature === null || temperature <= 0 || temperature > 200 ? null : celsius(temperature),
    chipTemperature: null,
  };
};
