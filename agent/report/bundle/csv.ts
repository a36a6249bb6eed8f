/** The energy records of a report as a table for spreadsheets: RFC 4180, a point for decimals, empty for unknown. */
import type { ReportFacts } from "./facts.ts";

const COLUMNS = [
  "from", "to", "quality", "energyWh", "energyBy", "powerWh", "allottedWh", "maxW", "overS", "overWh", "violatingS", "measuredS", "estimatedS", "missingS",
  "hashesTh", "jPerTh", "registerNote", "bridgedWh", "clock",
] as const;

export function reportCsv({ intervals }: ReportFacts): string {
  const head = [...COLUMNS, "startWh", "endWh", "cost", "tax", "currency"];
  const rows = intervals.map((record) => [
    ...COLUMNS.map((column) => record[column]),
    // Of several meters, a sum would hide which; they stand in the JSON.
    record.registers.length === 1 ? record.registers[0]?.startWh : null,
    record.registers.length === 1 ? record.registers[0]?.endWh : null,
    record.cost?.energy, record.cost?.tax, record.cost?.currency,
  ]);
  return [head, ...rows].map((row) => row.map(cell).join(",")).join("\r\n").concat("\r\n");
}

function cell(value: string | number | null | undefined): string {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
