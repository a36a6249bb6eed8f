import { Command } from "commander";
import { terahash, watts } from "../../core/units.ts";
import type { DeviceRow } from "../answers.ts";
import { client, commonOptions, print, printJson } from "../asking.ts";
import { formatEfficiency } from "../human.ts";
import { celled } from "../sim-table.ts";
import { hashrateText, judged, powerText, temperatureText } from "../words.ts";

export const devicesCommand = (): Command =>
  new Command("devices").description("one line a miner: state, power, hashrate, what is wanted of it").action(async (_options: object, command: Command) => {
    const rows = (await client(command).ask("GET", "/devices")) as DeviceRow[];
    if (commonOptions(command).json === true) printJson(rows);
    else print(...deviceLines(rows));
  });

const heading = ["id", "state", "wanted", "at", "power", "hashrate", "J/TH", "temp", "age"];

export function deviceLines(rows: readonly DeviceRow[]): string[] {
  const cells = rows.map((row) => [
    row.id,
    [row.unknownReason === null ? row.state : `${row.state} (${row.unknownReason})`, ...flagsOf(row)].join(", "),
    row.order === null ? (row.setpoint ?? "-") : `${row.order.setpoint ?? "-"} ...`,
    row.point ?? "-",
    drawText(row),
    hashrateText(row.hashrateThs),
    efficiencyText(row),
    temperatureText(row.temperatureC),
    `${row.readingAgeS} s`,
  ]);
  const [first = "", ...lines] = celled([heading, ...cells], 4).split("\n");
  return [first, ...lines.map((line, index) => coloured(line, rows[index]?.state ?? ""))];
}

/** What a technician should not overlook. */
const flagsOf = ({ maintenance, poolGuard }: DeviceRow): string[] => [...(maintenance ? ["maintenance"] : []), ...(poolGuard === "foreign" ? ["foreign pool"] : [])];

/** Only the word is coloured, and after the cells are aligned: escape codes have no width. */
const coloured = (line: string, state: string): string => line.replace(` ${state}`, ` ${judged(state)}`);

/** Asleep a miner goes on telling the mean of a time when it hashed. */
const efficiencyText = ({ state, powerW, hashrateThs }: DeviceRow): string =>
  (state === "asleep" ? "-" : formatEfficiency(powerW === null ? null : watts(powerW), hashrateThs === null ? null : terahash(hashrateThs)).replace(" J/TH", ""));

/** The figure where one is known; else what it may draw at most. */
const drawText = ({ powerW, powerHighW }: DeviceRow): string => (powerW === null ? `up to ${powerText(powerHighW)}` : powerText(powerW));
