/** The decision's reasons in a technician's words. */
import type { WhyDocument } from "../report/why.ts";
import { clockText, hashrateText, plain, powerText, secondsText, sourceText } from "./words.ts";
import { wrapped } from "./wrapping.ts";

type Machine = WhyDocument["devices"][number];
type Coming = WhyDocument["next"][number];

const LABEL = 9;
const COMINGS_AT_MOST = 8;
const NAMES_AT_MOST = 4;

const part = (label: string, text: string): string[] => (text === "" ? [] : wrapped(text, { first: label.padEnd(LABEL), rest: " ".repeat(LABEL) }));

/** "a", "a and b", "a, b, c and 9 more". */
function listed(names: readonly string[]): string {
  const shown = names.length > NAMES_AT_MOST + 1 ? [...names.slice(0, NAMES_AT_MOST), `${names.length - NAMES_AT_MOST} more`] : names;
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1) ?? ""}`;
}

export function whyLines(why: WhyDocument): string[] {
  return [
    ...limitLines(why),
    ...part("beside", why.beside.map((statement) => `${powerText(statement.powerW)} by ${sourceText(statement.source)}${statement.doc === null ? "" : ` (${statement.doc})`}${until(statement.until, why.at)}`).join("; ")),
    ...part("wanted", why.setpoint === null ? "" : `the grid wants a draw of ${powerText(why.setpoint.powerW)} (${why.setpoint.doc ?? "a setpoint"}): what is aimed at is the smaller of it and the limit`),
    ...part("budget", budgetText(why)),
    ...part("plan", planText(why)),
    ...groups(why.devices).flatMap(([label, text]) => part(label, text)),
    ...part("raises", raisesText(why)),
    ...comings(why.next, why.at),
  ];
}

const until = (at: string | null, now: string): string => (at === null ? "" : ` until ${momentText(at, now)} UTC`);

/** With its day where that is another. */
const momentText = (at: string, now: string): string => (at.slice(0, 10) === now.slice(0, 10) ? clockText(at) : `${at.slice(0, 10)} ${clockText(at)}`);

/** What is due is due within the second. */
const soonText = (length: number | null): string => secondsText(length === null ? null : Math.max(1, Math.ceil(length)));

export function limitLines({ state, effectiveLimitW, limitSource, bindingDoc, bindingSince, remainingS, failsafeLimitW, heartbeatAgeS, heartbeatTimeoutS }: WhyDocument): string[] {
  if (effectiveLimitW === null) return ["Nothing limits the rack."];
  const since = bindingSince === null ? "" : ` It has held since ${bindingSince.slice(0, 19).replace("T", " ")} UTC.`;
  const end = remainingS === null ? "It has no end of its own." : `It ends in ${secondsText(remainingS)}.`;
  const lines = [`The rack may draw ${powerText(effectiveLimitW)} because of ${sourceText(limitSource)}${bindingDoc === null ? "" : ` (document ${bindingDoc})`}.${since} ${end}`];
  if (state === "init") lines.push(`The daemon has started and waits for the grid to confirm; until then the failsafe limit of ${powerText(failsafeLimitW)} holds too.`);
  if (state === "failsafe") {
    const heard = heartbeatAgeS === null ? "No heartbeat has been heard since the start" : `The last heartbeat is ${secondsText(heartbeatAgeS)} old (${secondsText(heartbeatTimeoutS)} are allowed)`;
    lines.push(`${heard}. It ends when the grid's heartbeat is back and confirms what this rack holds.`);
  }
  if (limitSource === "technician") lines.push("End it with: curtailctl limit clear");
  return lines.flatMap((line) => wrapped(line, { first: "", rest: "" }));
}

function budgetText({ budget: { budgetW, risesForS, parts } }: WhyDocument): string {
  const rises = risesForS === null ? ", and does not rise yet" : risesForS > 0 ? `, and rises to what is allowed in ${secondsText(risesForS)}` : "";
  if (budgetW === null) return "";
  if (parts === null) return `${powerText(budgetW)}${rises}`;
  const { marginW, wideMargin, biasW, besideW, beside, climbW, availableW, plannedW, freeW } = parts;
  const pieces = [
    `${powerText(marginW)} margin${wideMargin ? " (wide: the rack goes far)" : ""}`,
    ...((biasW ?? 0) > 0 ? [`${powerText(biasW)} that the rack draws besides its machines`] : []),
    ...(beside.length > 0 ? [`${powerText(besideW)} for ${listed(beside.map(({ device }) => device))}, not planned with`] : []),
    ...((climbW ?? 0) > 0 ? [`${powerText(climbW)} for a machine on its way up`] : []),
    `${powerText(availableW)} for the ${beside.length > 0 || (climbW ?? 0) > 0 ? "others" : "machines"}`,
  ];
  const less = (biasW ?? 0) < 0 ? ` (they draw ${powerText(-(biasW ?? 0))} less than their models say)` : "";
  return `${powerText(budgetW)} = ${pieces.join(" + ")}${less}${rises}. Setpoints come to ${powerText(plannedW)}${freeW !== null && freeW >= 0 ? `: ${powerText(freeW)} are left` : ""}.`;
}

const made = {
  first: "made now: there was none", "no-fit": "made now: the one before no longer fits", better: "made now: it earns more", room: "made now: to make room for one that waited", rest: "made now: one that has slept for long changes places with its equal",
  best: "no other earns more than changing costs", dwell: "", "just-woken": "", "not-worth": "",
} as const;

function planText({ plan: { verdict, because, betterByPct, madeAgoS, dwellsForS, barred }, marginal }: WhyDocument): string {
  if (verdict === "emergency") return "everything sleeps: there is an emergency";
  if (verdict === "recorded") return "as before the start, until the machines have been read";
  const more = betterByPct === null || betterByPct < 0.005 ? "" : `another earns ${betterByPct} % more`;
  const kept = because === "dwell" ? `a better one is looked for in ${soonText(dwellsForS)}, so that machines are not changed all the time`
    : because === "just-woken" ? `${more}, but would put a machine to sleep that has just been woken` : because === "not-worth" ? `${more}: less than the change costs` : "";
  const said = kept === "" || (more === "" && because !== "dwell") ? (because === null || made[because] === "" ? "no other earns more than changing costs" : made[because]) : kept;
  const least = marginal === null || marginal.thsPerKW === null ? "" : `. A kilowatt less would cost ${hashrateText(marginal.thsPerKW)} (at ${marginal.device})`;
  const way = barred === null ? "" : `. ${barred.device} would go to ${barred.setpoint ?? "another setpoint"}, but on its way it may draw ${powerText(barred.throughW)}, which does not fit beside the others`;
  return `${madeAgoS === null || verdict === "made" ? "" : `${secondsText(madeAgoS)} old; `}${said}${least}${way}`;
}

/** Who was told what; the odd ones by name. */
function groups(devices: readonly Machine[]): [label: string, text: string][] {
  const [told, odd] = [new Map<string, string[]>(), new Map<string, string[]>()];
  const add = (to: Map<string, string[]>, text: string, id: string): unknown => to.set(text, [...(to.get(text) ?? []), id]);
  for (const machine of devices) {
    const trouble = troubleText(machine);
    if (trouble !== "") add(odd, trouble, machine.id);
    if (machine.by === "plan") add(told, machine.setpoint ?? "nothing yet", machine.id);
  }
  const lines = [...odd].map(([text, ids]): [string, string] => ["", `${listed(ids)}${ids.length > 1 ? ": each" : ""} ${text}`]);
  return [
    ...(told.size === 0 ? [] : [["told", [...told].map(([word, ids]) => `${ids.length} at ${word} (${listed(ids)})`).join("; ")] as [string, string]]),
    ...lines.slice(0, COMINGS_AT_MOST), ...(lines.length > COMINGS_AT_MOST ? [["", `and ${lines.length - COMINGS_AT_MOST} more that wait or do not follow`] as [string, string]] : []),
  ];
}

/** What is not as it should be with a machine; empty: nothing. */
function troubleText(machine: Machine): string {
  return [byText(machine), heatText(machine), waitText(machine), refusedText(machine)].filter((text) => text !== "").join("; ");
}

function byText({ by, quarantine, unknownReason, failure, reserveW, setpoint, drawLowW }: Machine): string {
  switch (by) {
    case "ladder": return `does not follow (${plain(quarantine?.reason ?? "")}): it is held at ${quarantine?.held ?? "sleep"}, and counted with ${powerText(reserveW)}`;
    case "silence": return `does not answer (${failure === null ? (unknownReason ?? "not yet read") : plain(failure)}): it is counted with ${powerText(reserveW)}${setpoint === "sleep" ? ", and told to sleep in case it hears" : ""}`;
    case "deviation": return `draws ${powerText(drawLowW)}, more than its setpoint explains: it is watched`;
    case "no-means": return `can be told nothing: it is counted with ${powerText(reserveW)}`;
    case "outlet": return "is without power: its outlet is open";
    case "emergency":
    case "plan": return "";
  }
}

function waitText({ wait, setpoint, misses }: Machine): string {
  if (wait === null) return "";
  const to = setpoint ?? "its setpoint";
  const after = wait.forS === null ? "" : ` for ${secondsText(wait.forS)}`;
  switch (wait.because) {
    case "starts": return `is told ${to} when it has started`;
    case "back-off": return `is told ${to} again in ${secondsText(wait.forS)}: ${misses} orders were without effect`;
    case "not-lowered": return `is not told ${to} before the first readings`;
    case "no-raises": return `waits for ${to}: nothing is raised now`;
    case "rests": return `rests${after} before it wakes to ${to}`;
    case "wakes": return `waits${after} for ${to}: others wake first, inrush adds up`;
    case "phase": return `waits for ${to}: its phase or breaker has no room`;
    case "room": return `waits for ${to}: its way there needs ${powerText(wait.needsW)} and that is not free yet`;
    case "turn": return `waits for its turn to go to ${to}`;
  }
}

function heatText({ heat }: Machine): string {
  if (heat === null) return "";
  const { by, reading, limit, asleep } = heat;
  const does = asleep ? "sleeps" : by === "fan" || reading >= limit ? "is held low" : "comes back by steps after heat";
  return `${does}: ${by === "fan" ? `${reading} ${reading === 1 ? "fan stands" : "fans stand"}` : `a ${by} is at ${reading} °C, its limit is ${limit} °C`}`;
}

/** What does not answer takes nothing: that is said already. */
const refusedText = ({ by, refused }: Machine): string => (refused === null || by === "silence" ? "" : `did not take ${refused.setpoint ?? "an order"} at ${clockText(refused.at)} UTC: ${plain(refused.message)}`);

function raisesText({ raisesWait }: WhyDocument): string {
  switch (raisesWait) {
    case null:
    case "emergency": return "";
    case "polls": return "none before the machines have been read once";
    case "meter": return "none: the rack's meter does not say what is drawn";
    case "restart": return "none yet: the restart after the outage or emergency is spread over the fleet";
  }
}

function comings(next: readonly Coming[], now: string): string[] {
  // Machines on their way alike are one line: the last of them.
  const last = new Map(next.map((coming) => [`${coming.what} ${coming.what === "limit" ? coming.at : ""}`, coming]));
  const count = (what: Coming["what"]): number => next.filter((coming) => coming.what === what).length;
  const lines = [...last.values()].slice(0, COMINGS_AT_MOST).map((coming) => `in ${soonText(coming.inS)} ${comingText(coming, count(coming.what), now)}`);
  return lines.flatMap((line, index) => part(index === 0 ? "next" : "", line));
}

function comingText({ what, device, limitW, source, doc, at }: Coming, count: number, now: string): string {
  const who = count > 1 ? `the last of ${count} machines` : (device ?? "a machine");
  switch (what) {
    case "limit": return limitW === null ? `(${momentText(at ?? "", now)} UTC) nothing limits any more` : `(${momentText(at ?? "", now)} UTC) the limit is ${powerText(limitW)}: ${sourceText(source)}${doc === null ? "" : ` (${doc})`}`;
    case "budget": return "the budget has caught up with the limit";
    case "may-raise": return "machines may wake again";
    case "deadline": return "the draw has to be within the limit";
    case "better-plan": return "a plan that earns more may replace this one";
    case "arrives": return `${who} has surely arrived`;
    case "wakes": return `${who} may wake`;
    case "retry": return `${who} is told again`;
    case "quarantine-ends": return `${who} is planned with again`;
  }
}

const shortSources: Readonly<Record<string, string>> = { allocation: "allocation", event: "grid event", emergency: "emergency", failsafe: "failsafe: the grid is not heard", technician: "technician", estop: "emergency stop" };

/** What comes later than this is no part of the present. */
const SOON_S = 900;

/** All of it in one breath. */
export function whyInShort({ effectiveLimitW, limitSource, budget: { budgetW, risesForS, parts }, devices, next, state, at }: WhyDocument): string {
  const limit = effectiveLimitW === null ? "nothing limits" : `${powerText(effectiveLimitW)} by ${shortSources[limitSource ?? ""] ?? limitSource ?? "nobody"}`;
  const rises = risesForS !== null && risesForS > 0 && budgetW !== null ? `, budget ${powerText(budgetW)} rises for ${secondsText(Math.ceil(risesForS))}` : "";
  const besides = (parts?.biasW ?? 0) + (parts?.besideW ?? 0) + (parts?.climbW ?? 0);
  const split = parts === null ? "" : `${powerText(parts.marginW)} margin${besides > 0 ? ` + ${powerText(besides)} besides` : ""} + ${powerText(parts.plannedW)} for ${devices.filter(({ by }) => by === "plan").length} machines, ${(parts.freeW ?? 0) > 0 ? `${powerText(parts.freeW)} left` : "nothing left"}`;
  const odd = devices.filter(({ by }) => by !== "plan" && by !== "emergency").map(({ id, by }) => `${id} ${shortBy[by] ?? by}`);
  const asleep = devices.filter(({ setpoint }) => setpoint === "sleep").length;
  const [coming] = next.filter(({ what, inS }) => inS < SOON_S && ( what === "limit" || what === "deadline" || what === "quarantine-ends" || what === "may-raise"));
  const comes = coming === undefined ? "" : `in ${secondsText(Math.ceil(coming.inS))} ${comingText(coming, 1, at)}`;
  return [`${limit}${rises}`, listed(odd), asleep === 0 || state === "emergency" ? "" : `${asleep} asleep`, state === "emergency" ? "everything sleeps" : split, comes].filter((text) => text !== "").join("; ");
}

const shortBy: Readonly<Record<string, string>> = { ladder: "does not follow", silence: "is silent", deviation: "draws too much", "no-means": "cannot be told", outlet: "is without power" };

/** One machine: why this point and not the next. */
export function deviceWhyLines(why: WhyDocument): string[] {
  return [...why.devices.flatMap((machine) => machineLines(machine, why)), ...comings(why.next, why.at)];
}

function machineLines(machine: Machine, { state, marginal, budget, effectiveLimitW, limitSource }: WhyDocument): string[] {
  const { id, setpoint, powerW, hashrateThs, order, gain, tookS, drawLowW, drawHighW, drawBy } = machine;
  const wanted = powerW === null ? "" : `: ${powerText(powerW)} for ${hashrateText(hashrateThs)}`;
  const took = Object.entries(tookS).filter(([, length]) => length > 0).map(([way, length]) => `${way} ${length} s`);
  return [
    ...part("told", `${id} ${state === "emergency" ? "sleeps: there is an emergency" : setpoint === null ? "nothing yet" : `${setpoint}${wanted}`}${order === null ? "" : `; the order is ${order.state} (${order.cause})`}`),
    ...part("draws", `${powerText(drawLowW)} to ${powerText(drawHighW)} by ${drawBy}, ${gain ?? "?"} times its model; took ${took.length === 0 ? "no change on a meter of its own yet" : took.join(", ")}`),
    ...part("limit", effectiveLimitW === null ? "none" : `${powerText(effectiveLimitW)} for the rack: ${sourceText(limitSource)}`),
    ...part("why", pointText(machine, { marginal, freeW: budget.parts?.freeW ?? null })),
    ...part("tried", troubleText(machine)),
  ];
}

function pointText({ by, next, last }: Machine, { marginal, freeW }: { readonly marginal: WhyDocument["marginal"]; readonly freeW: number | null }): string {
  if (by !== "plan") return "it is not planned with";
  const worth = last?.thsPerKW == null ? "" : ` Its last step, up from ${last.to ?? "below"}, earns ${hashrateText(last.thsPerKW)} a kilowatt.`;
  if (next === null) return `it is at the highest point it may run at.${worth}`;
  const step = `the next point, ${next.to ?? "-"}, costs ${powerText(next.powerW)} more for ${hashrateText(next.hashrateThs)}`;
  const room = next.because === "heat" ? ", and heat does not allow it" : next.because === "no-room" ? `, and ${powerText(freeW)} are left` : ", and a change is not worth it yet";
  const elsewhere = marginal === null || next.thsPerKW === null || marginal.thsPerKW === null ? "" : ` A kilowatt earns ${hashrateText(next.thsPerKW)} there; the least that one earns now is ${hashrateText(marginal.thsPerKW)} (at ${marginal.device}).`;
  return `${step}${room}.${elsewhere}${worth}`;
}
