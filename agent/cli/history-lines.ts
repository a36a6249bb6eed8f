/** The recent past of one miner, for a terminal. */
import type { MachineHistory } from "./answers.ts";
import { sparkline } from "./screen/sparkline.ts";
import { clockText, hashrateText, powerText, secondsText, temperatureText } from "./words.ts";

const LABEL = 11;
/** Where the scale of temperatures begins. */
const AMBIENT_C = 20;

export function machineHistoryLines(id: string, { from, to, stepS, rows }: MachineHistory, columns: number): string[] {
  if (to === null) return [`${id}  nothing is remembered yet: the daemon has just started`];
  const line = (label: string, figures: readonly (number | null)[], text: (figure: number | null) => string, base = 0): string[] => {
    const known = figures.filter((figure) => figure !== null);
    const said = known.length === 0 ? "unknown all the time" : `${text(Math.min(...known))} to ${text(Math.max(...known))}, last ${text(figures.at(-1) ?? null)}`;
    return [`${label.padEnd(LABEL)}${sparkline(figures, columns - LABEL, base)}`, `${" ".repeat(LABEL)}${said}`];
  };
  return [
    `${id}  ${clockText(from)} to ${clockText(to)} UTC, by ${secondsText(stepS)}`,
    ...line("power", rows.map(([powerW]) => powerW), powerText),
    ...line("hashrate", rows.map(([, hashrateThs]) => hashrateThs), hashrateText),
    ...line("hottest", rows.map(([, , hottestC]) => hottestC), temperatureText, AMBIENT_C),
  ];
}
