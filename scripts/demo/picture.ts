/** The live picture as lines of text: title, what happens, the curves, the machines. Pure, so that a test can look at it. */
import type { DeviceRow } from "../../agent/cli/answers.ts";
import { hashrateText, powerText } from "../../agent/cli/words.ts";
import { chart } from "../../agent/cli/screen/chart.ts";
import { span, type Line, type Style } from "../../agent/cli/screen/line.ts";
import type { Step, Story } from "./story.ts";
import type { Look } from "./watch.ts";
import { complianceWord, isSilent, stateWord } from "./words.ts";

export interface PictureFrame {
  readonly columns: number;
  readonly rows: number;
}

export interface Scene {
  readonly story: Story;
  /** Steps played and being played, and when each began. */
  readonly begun: readonly { readonly step: Step; readonly atS: number }[];
  /** Everything seen so far, oldest first. */
  readonly looks: readonly Look[];
  readonly nominalW: number;
  readonly models: ReadonlyMap<string, string>;
  /** What stands in place of the story, at the end and in trouble. */
  readonly note: string | null;
}

const AXIS_COLUMNS = 8;
/** The window's length in lengths of the story: steps wait for the rack. */
const WINDOW = 1.2;
/** With twelve machines on 24 lines. */
const USUAL_CHART_ROWS = 8;
const LEAST_CHART_ROWS = 4;
/** Title, story, marks under the curves, heads of the columns. */
const FIXED_ROWS = 4;
/** Room above the nominal power for what the breaker allows. */
const HEAD_ROOM = 1.25;

export function picture(scene: Scene, frame: PictureFrame): Line[] {
  const look = scene.looks.at(-1) ?? null;
  const devices = look?.devices ?? [];
  const why: Line[] = look === null || look.why === null ? [] : [[span(` ${look.why}`, "dim")]];
  const free = Math.max(LEAST_CHART_ROWS, frame.rows - FIXED_ROWS - why.length);
  // What the machines leave, but not less than the curves need to be read, and not more than half.
  const chartRows = Math.max(Math.min(free - scene.models.size, Math.floor(free / 2)), Math.min(USUAL_CHART_ROWS, Math.floor(free * 0.4)), LEAST_CHART_ROWS);
  const lines = [titleLine(look), storyLine(scene, look, frame), ...why, ...curves(scene, { columns: frame.columns, rows: chartRows }), ...machines(devices, { scene, frame, rows: free - chartRows })];
  return lines.slice(0, frame.rows);
}

function titleLine(look: Look | null): Line {
  if (look === null || look.state === null) return [span(" curtaild ", "bold"), span(" starting", "dim")];
  const { state, limitW, meteredW, compliance } = look;
  return [
    span(" curtaild ", "bold"),
    span(` ${stateWord(state)}`, state === "emergency" ? "bad" : state === "controlled" || state === "limited" ? "good" : "fair"),
    span("  ⠒⠒ ", "limit"),
    span(`limit ${powerText(limitW)}`),
    span("  ⡇⡇ ", "power"),
    span(`measured ${powerText(meteredW)}`),
    span("  "),
    span(complianceWord(compliance), complianceStyle(compliance)),
  ];
}

function complianceStyle(compliance: string | null): Style {
  if (compliance === "compliant" || compliance === "not-limited" || compliance === "at-floor") return "good";
  return compliance === "violating" ? "bad" : "fair";
}

function storyLine({ story, begun, note }: Scene, look: Look | null, { columns }: PictureFrame): Line {
  const step = begun.at(-1)?.step;
  const left = note ?? (step === undefined ? "the rig starts" : `${begun.length}/${story.steps.length}  ${step.title}`);
  const right = `${look === null || look.hashrateThs === null ? "" : hashrateText(look.hashrateThs)}${`${Math.round(look?.atS ?? 0)} s`.padStart(8)}`;
  const gap = columns - 2 - left.length - right.length;
  return [span(` ${left}`), ...(gap < 1 ? [] : [span(`${" ".repeat(gap)}${right}`, "dim")])];
}

function curves({ story, begun, looks, nominalW }: Scene, { columns, rows }: PictureFrame): Line[] {
  const topW = nominalW * HEAD_ROOM;
  // What takes longer than it should pushes the beginning out of the window.
  const lengthS = story.durationS * WINDOW;
  const fromS = Math.max(0, (looks.at(-1)?.atS ?? 0) - lengthS);
  const across = Math.max(1, columns - AXIS_COLUMNS);
  const drawn = chart(looks, { columns: across, rows, fromS, lengthS, topW });
  const labels = new Map([[0, topW], [Math.floor(rows / 2), (topW * (rows - Math.floor(rows / 2))) / rows]]);
  const axis = (row: number): string => {
    const power = labels.get(row);
    return `${(power === undefined ? "" : powerText(power)).padStart(AXIS_COLUMNS - 1)}│`;
  };
  return [...drawn.map((line, row): Line => [span(axis(row), "dim"), ...line]), [span(`${"0 W".padStart(AXIS_COLUMNS - 1)}└`, "dim"), ...marks(begun, { fromS, lengthS, across })]];
}

/** The name of each step under where it began. */
function marks(begun: Scene["begun"], { fromS, lengthS, across }: { readonly fromS: number; readonly lengthS: number; readonly across: number }): Line {
  const cells = Array.from({ length: across }, () => "─");
  for (const { step, atS } of begun) {
    const at = Math.floor(((atS - fromS) / lengthS) * across);
    if (at >= 0) for (const [offset, letter] of [...`┴${step.mark}`].entries()) if (at + offset < across) cells[at + offset] = letter;
  }
  return [span(cells.join(""), "dim")];
}

const heads = `${"ASIC".padEnd(9)}${"model".padEnd(10)}${"state".padEnd(10)}${"MHz".padStart(4)}${"V".padStart(7)}${"W".padStart(6)}${"TH/s".padStart(7)}  `;

function machines(devices: readonly DeviceRow[], { scene, frame, rows }: { readonly scene: Scene; readonly frame: PictureFrame; readonly rows: number }): Line[] {
  const all = devices.length > rows && rows > 0;
  const shown = devices.slice(0, all ? rows - 1 : rows);
  const barColumns = Math.max(0, frame.columns - heads.length - 2);
  const most = Math.max(1, ...devices.map(({ powerHighW }) => powerHighW ?? 0), scene.nominalW / Math.max(1, devices.length));
  const lines = shown.map((device) => machine(device, { model: scene.models.get(device.id) ?? "", most, barColumns }));
  const rest = devices.slice(shown.length);
  const head: Line = [span(` ${heads}power`, "dim")];
  return [head, ...lines, ...(all ? [[span(` and ${rest.length} more: ${counts(rest)}`, "dim")]] : [])];
}

function machine(device: DeviceRow, { model, most, barColumns }: { readonly model: string; readonly most: number; readonly barColumns: number }): Line {
  const { id, frequencyMHz, voltageMV, powerW, hashrateThs } = device;
  const word = stateOf(device);
  const number = (value: number | null, digits: number): string => (value === null ? "-" : value.toFixed(digits));
  const idle = word === "asleep";
  return [
    span(` ${id.padEnd(9)}${model.padEnd(10)}`),
    span(word.padEnd(10), wordStyle(word)),
    span(
      number(idle ? null : frequencyMHz, 0).padStart(4) + number(idle || voltageMV === null ? null : voltageMV / 1000, 2).padStart(7) + number(powerW, 0).padStart(6) + number(hashrateThs, 1).padStart(7),
      idle ? "dim" : "plain",
    ),
    span("  "),
    span(bar((powerW ?? 0) / most, barColumns), isSilent(device) ? "bad" : "power"),
  ];
}

const stateOf = (device: DeviceRow): string => (isSilent(device) ? "silent" : device.state === "unknown" ? "asked" : device.state);

function wordStyle(word: string): Style {
  if (word === "hashing") return "good";
  if (word === "asleep" || word === "asked") return "dim";
  return word === "ramping" || word === "starting" ? "fair" : "bad";
}

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

function bar(part: number, columns: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, part)) * columns * 8);
  return "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? "");
}

function counts(devices: readonly DeviceRow[]): string {
  const tally = new Map<string, number>();
  for (const device of devices) tally.set(stateOf(device), (tally.get(stateOf(device)) ?? 0) + 1);
  return [...tally].map(([word, count]) => `${count} ${word}`).join(", ");
}
