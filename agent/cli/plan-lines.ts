/** What would happen under a limit, for people: in words, and as a picture of the rack's efficiency on a terminal. */
import { terahash, watts } from "../core/units.ts";
import type { PlanDocument } from "../report/rehearsed.ts";
import { formatEfficiency } from "./human.ts";
import { curvePicture } from "./screen/curve.ts";
import { render } from "./screen/line.ts";
import { celled } from "./sim-table.ts";
import { hashrateText, judged, powerText, secondsText, sourceText } from "./words.ts";
import { wrapped } from "./wrapping.ts";

type Move = PlanDocument["moves"][number];

export interface PlanFrame {
  /** null: no terminal, everything in plain lines. */
  readonly columns: number | null;
  readonly coloured: boolean;
}

const ROWS = 5;
const WIDEST = 100;
const MACHINES_AT_MOST = 8;
const PLAIN_STEPS = 10;

export function planLines(plan: PlanDocument, { columns, coloured }: PlanFrame): string[] {
  const { before, after, moves, restarts, unheard, at } = plan;
  return [
    ...wrapped(limitText(plan), { first: "", rest: "" }),
    "",
    ...celled([
      ["", "draw", "hashrate", "efficiency"],
      [at === null ? "now" : "as it is", powerText(before.powerW), hashrateText(before.hashrateThs), efficiency(before)],
      ["then", powerText(after.powerW), hashrateText(after.hashrateThs), efficiency(after)],
    ], 4).split("\n"),
    "",
    ...wrapped(timeText(plan), { first: "", rest: "" }),
    ...moveLines(moves, columns === null),
    ...wrapped(shedText(plan), { first: "", rest: "" }),
    ...wrapped(unheardText(unheard), { first: "", rest: "" }).filter((line) => line !== ""),
    ...(restarts === 0 ? [] : [`${restarts} ${restarts === 1 ? "time" : "times"} a machine sleeps, wakes or restarts and earns nothing meanwhile.`]),
    "",
    ...(columns === null ? plainCurve(plan) : picture(plan, { columns: Math.min(columns, WIDEST), coloured })),
  ];
}

const efficiency = ({ powerW, hashrateThs }: PlanDocument["before"]): string => formatEfficiency(powerW === null ? null : watts(powerW), hashrateThs === null ? null : terahash(hashrateThs));

function limitText({ askedW, at, effectiveLimitW, limitSource, bindingDoc, state, compliance, floorW, after, toleranceW }: PlanDocument): string {
  const when = at === null ? "" : ` at ${at.slice(0, 16).replace("T", " ")} UTC, with the rack as it is now`;
  const binds = effectiveLimitW !== null && effectiveLimitW < askedW
    ? `${powerText(askedW)} would not bind${when}: ${sourceText(limitSource)}${bindingDoc === null ? "" : ` (${bindingDoc})`} allows only ${powerText(effectiveLimitW)}.`
    : `Under ${powerText(askedW)}${when} this would happen; nothing is done.`;
  const floor = effectiveLimitW !== null && (after.powerW ?? 0) > effectiveLimitW + (toleranceW ?? 0)
    ? ` It would not be kept by sleep and tuning alone: ${judged(compliance)}, the rack draws ${powerText(floorW)} with everything asleep that can sleep.` : "";
  return `${binds}${state === "emergency" ? " There is an emergency: everything sleeps." : ""}${floor}`;
}

function timeText({ withinS, doneS, rehearsedS, moves }: PlanDocument): string {
  if (moves.length === 0) return doneS === null ? "No machine would be told anything, and it is not settled." : "Nothing would change.";
  const within = withinS === null ? `It would not be within the limit after ${secondsText(rehearsedS)}` : withinS === 0 ? "It is never above the limit" : `It is within the limit after ${secondsText(withinS)}`;
  const arrivals = moves.map(({ arrivesS }) => arrivesS);
  const allAt = arrivals.includes(null) ? null : Math.max(...arrivals.map((length) => length ?? 0));
  const done = allAt === null ? `not all have arrived after ${secondsText(rehearsedS)}` : `the last machine has arrived after ${secondsText(doneS ?? allAt)}`;
  const measured = moves.filter((move) => move.measured).length;
  const by = measured === moves.length ? "All times were measured here." : measured === 0 ? "Times are what the drivers assume: no meter has shown any yet." : `The times of ${measured} of ${moves.length} machines were measured here, the others are what drivers assume.`;
  return `${within}; ${done}. ${by}`;
}

/** Whatever is asked: what the rack could give up now, and after the next changes of its limit. */
function shedText({ shedNowW: { within5s, within60s, within300s }, ahead }: PlanDocument): string {
  const later = ahead.slice(0, 2).map(({ from, limitW, shedW }) => `${powerText(shedW)} from ${from.slice(0, 16).replace("T", " ")} UTC on (limit ${limitW === null ? "none" : powerText(limitW)})`);
  return `Could be shed: ${powerText(within5s)} in 5 s, ${powerText(within60s)} in 60 s, ${powerText(within300s)} in 300 s${later.length === 0 ? "" : `; ${later.join(", ")}`}.`;
}

const unheardText = (count: number): string =>
  count === 0 ? "" : count === 1 ? "One machine does not answer: what it draws counts, what it hashes is not known." : `${count} machines do not answer: what they draw counts, what they hash is not known.`;

/** Alike ones in a line on a terminal, all of them elsewhere. */
function moveLines(moves: readonly Move[], all: boolean): string[] {
  // One that is on its way and is told the same again goes where it was going.
  const way = ({ from, told }: Move): string => wayText([from ?? "unknown", ...told.map((setpoint) => setpoint ?? "-")].filter((word, at, words) => word !== words[at - 1]), all);
  const groups = new Map<string, Move[]>();
  for (const move of moves) groups.set(all ? move.device : way(move), [...(groups.get(all ? move.device : way(move)) ?? []), move]);
  const rows = [...groups.values()].map((alike) => {
    const [first] = alike;
    const arrives = alike.map(({ arrivesS }) => arrivesS);
    const last = arrives.includes(null) ? "still under way" : `after ${secondsText(Math.max(...arrives.map((length) => length ?? 0)))}`;
    const power = (key: "fromW" | "toW"): string => powerText(alike.reduce((sum, move) => sum + (move[key] ?? 0), 0));
    return [alike.length === 1 ? (first?.device ?? "") : `${alike.length} machines`, first === undefined ? "" : way(first), power("fromW"), power("toW"), last];
  });
  const shown = all ? rows : rows.slice(0, MACHINES_AT_MOST);
  return [...(shown.length === 0 ? [] : celled(shown, 2).split("\n")), ...(rows.length > shown.length ? [`and ${rows.length - shown.length} more; all with --json`] : [])];
}

/** On a terminal a long way is its ends. */
const WAY_AT_MOST = 30;

function wayText(words: readonly string[], whole: boolean): string {
  const text = words.join(" > ");
  return whole || text.length <= WAY_AT_MOST ? text : `${words[0] ?? ""} > ... > ${words.at(-1) ?? ""}`;
}

function picture({ curve, before, after }: PlanDocument, { columns, coloured }: { readonly columns: number; readonly coloured: boolean }): string[] {
  const points = curve.flatMap(({ powerW, jPerTh }) => (powerW === null || jPerTh === null ? [] : [{ powerW, jPerTh }]));
  const marks = [{ powerW: before.powerW ?? 0, sign: "○" }, { powerW: after.powerW ?? 0, sign: "●" }];
  const lines = curvePicture(points, marks, { columns, rows: ROWS, label: powerText }).map((line) => render(line, columns, coloured));
  return lines.length === 0 ? ["There is no curve: no machine says what it can be set to."] : [...lines, `${" ".repeat(8)}○ now ${powerText(before.powerW)}   ● then ${powerText(after.powerW)}`];
}

function plainCurve({ curve }: PlanDocument): string[] {
  const every = Math.max(1, Math.floor(curve.length / PLAIN_STEPS));
  const rows = curve.filter((_, index) => index % every === 0 || index === curve.length - 1).map((point) => [powerText(point.powerW), hashrateText(point.hashrateThs), efficiency(point)]);
  return celled([["draw", "hashrate", "efficiency"], ...rows], 3).split("\n");
}
