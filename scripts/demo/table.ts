/** What remains of the story: one line a step. */
import { formatPower } from "../../agent/cli/human.ts";
import { watts } from "../../agent/core/units.ts";
import type { Verdict } from "./judge.ts";

const head = ["step", "limit", "metered", "true", "complied", "share used", ""];

export function table(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ name, limitW, meteredW, truthW, secondsToComply, shareUsedPct, ok }) => [
    name,
    power(limitW),
    power(meteredW),
    power(truthW),
    secondsToComply === null ? "never" : `${secondsToComply.toFixed(1)} s`,
    shareUsedPct === null ? "-" : `${shareUsedPct.toFixed(1)} %`,
    ok ? "pass" : "FAIL",
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => (column === 0 || column === cells.length - 1 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join("  ").trimEnd();
  const wrongs = verdicts.flatMap(({ name, why }) => (why === null ? [] : [`${name}: ${why}`]));
  return [line(head), ...rows.map(line), ...(wrongs.length > 0 ? ["", ...wrongs] : [])].join("\n");
}

const power = (powerW: number | null): string => formatPower(powerW === null ? null : watts(powerW));
