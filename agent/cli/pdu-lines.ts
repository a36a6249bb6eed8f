/** PDUs as a picture: a line an outlet, with a bar of what it draws. */
import type { PduRow } from "../routes/outlets.ts";
import { celled } from "./sim-table.ts";
import { judged, powerText, secondsText } from "./words.ts";

type OutletRow = PduRow["outlets"][number];

const WIDTH = 20;
/** What a full bar stands for where no machine is known that could draw it. */
const USUAL_W = 3_500;
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"] as const;

export function bar(power: number | null, most: number, width = WIDTH): string {
  if (power === null) return "?".padEnd(width);
  const eighths = Math.round(Math.min(1, Math.max(0, power / most)) * width * 8);
  return ("█".repeat(eighths >> 3) + (EIGHTHS[eighths & 7] ?? "")).padEnd(width);
}

export const pduLines = (rows: readonly PduRow[]): string[] => rows.flatMap((row, index) => [...(index === 0 ? [] : [""]), ...onePdu(row)]);

function onePdu(row: PduRow): string[] {
  const { id, description, powerW, voltageV, frequencyHz, energyWh, inputs, outlets } = row;
  const figures = [
    ...(powerW === null && outlets.every((outlet) => outlet.powerW === null) && inputs.length > 0 ? [] : [powerText(powerW)]),
    ...(voltageV === null ? [] : [`${voltageV.toFixed(0)} V`]),
    ...(frequencyHz === null ? [] : [`${frequencyHz.toFixed(2)} Hz`]),
    ...(energyWh === null ? [] : [`${(energyWh / 1_000).toFixed(1)} kWh`]),
    ...(inputs.length === 0 ? [] : [`contacts ${inputs.map(({ index, closed }) => `${index} ${closed === null ? "unknown" : closed ? "closed" : "open"}`).join(", ")}`]),
  ];
  const head = `${id}  ${description}, ${row.role === "rack" ? "measures the rack" : "outlets only"}: ${figures.join(", ")}, ${freshness(row)}`;
  if (outlets.length === 0) return [head];
  const most = Math.max(USUAL_W, ...outlets.map(({ mostW }) => mostW ?? 0));
  const table = celled([["outlet", "", "power", "", "feeds", "opens", ""], ...outlets.map((outlet) => cells(outlet, most))], 7).split("\n");
  return [head, ...table.map((line) => `  ${line}`)];
}

const cells = ({ outlet, on, powerW, device, feeds, opens, hold, last, restLeftS }: OutletRow, most: number): string[] => [
  String(outlet),
  on === null ? "?" : on ? "on" : "off",
  powerText(powerW),
  bar(powerW, most),
  device ?? feeds ?? "-",
  opens,
  [
    ...(hold === null ? [] : [`${hold.kind === "locked" ? "locked" : "switched off"} by ${hold.who}: ${hold.why}`]),
    ...(hold === null && on === false && last !== null ? [`opened by ${last.who}: ${last.why}`] : []),
    ...(restLeftS > 0 && on === false && opens !== "never" ? [`rests ${secondsText(restLeftS)} yet`] : []),
  ].join(", "),
];

function freshness({ ageS, failure, trusted }: PduRow): string {
  if (ageS === null) return judged("failed") + (failure === null ? ": not read yet" : `: ${failure}`);
  if (failure !== null) return `${judged("failed")}, last read ${secondsText(ageS)} ago: ${failure}`;
  return trusted ? judged("ok") : `${judged("unverified")}: its readings are not believed, see curtailctl events`;
}
