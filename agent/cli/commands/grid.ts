import { Command } from "commander";
import type { GridAnswer, GridDocumentRow } from "../answers.ts";
import type { Tongue } from "../../attend/attendant.ts";
import { client, commonOptions, print, printJson } from "../asking.ts";
import type { Card } from "../operator/card.ts";
import { celled } from "../sim-table.ts";
import { fromNow, limitText, plain, powerText, secondsText } from "../words.ts";

/** `grid show`, `grid documents`, `grid card`: what the grid has said, what of it is in force, and who we are to it. */
export function gridCommand(): Command {
  const grid = new Command("grid").description("what the grid has said");
  grid.command("show").description("the link's state, what was refused, what limits").action(async (_options: object, command: Command) => {
    const answer = await asked(command);
    if (commonOptions(command).json === true) printJson(answer);
    else print(...gridLines(answer));
  });
  grid.command("documents").description("the documents this rack obeys").action(async (_options: object, command: Command) => {
    const answer = await asked(command);
    if (commonOptions(command).json === true) printJson(answer.documents);
    else print(...documentLines(answer));
  });
  grid.command("card").description("what the operator needs to know this rack by: give it to them").action(async (_options: object, command: Command) => {
    const card = (await client(command).ask("GET", "/card")) as Card;
    if (commonOptions(command).json === true || !process.stdout.isTTY) printJson(card);
    else print(...Object.entries(card).map(([name, value]) => `${name.padEnd(17)}  ${typeof value === "object" ? JSON.stringify(value) : value}`), "curtailctl grid card --json > card.json  writes it down for the operator");
  });
  return grid;
}

const asked = async (command: Command): Promise<GridAnswer> => (await client(command).ask("GET", "/grid")) as GridAnswer;

export function gridLines(answer: GridAnswer): string[] {
  const { status, technician, operated, tongues } = answer;
  const refused = Object.entries(status.refused).map(([code, { count, lastAt }]) => `refused    ${count} ${code}, the last at ${lastAt}`);
  return [
    `state      ${status.state}`,
    `limit      ${limitText(status)}`,
    ...tongues.flatMap(tongueLines),
    ...(operated ? [] : ["operator   none: the grid speaks through the above only"]),
    `heartbeat  ${operated ? `${status.heartbeat}, ` : ""}${status.heartbeatAgeS === null ? "none heard" : `${secondsText(status.heartbeatAgeS)} old`}, lost after ${secondsText(status.heartbeatTimeoutS)}`,
    `clock      ${status.clock}`,
    ...(operated ? [`signatures ${status.signatures}`] : []),
    `storage    ${status.storage}`,
    `missing    ${status.gap === null ? "nothing" : `a newer document on ${status.gap.topics.join(", ")}, for ${secondsText(status.gap.forS)}`}`,
    `held       ${Object.keys(status.held).length} topics, ${answer.documents.length} documents`,
    ...(technician === null ? [] : [`technician ${powerText(technician.powerW)} by ${technician.who}, ${technician.until === null ? "until cleared" : `ends ${fromNow(technician.until, status.at)}`}`]),
    ...refused,
  ];
}

/** A grid that speaks otherwise: whether it is heard, and what it says. */
function tongueLines({ by, heard, ageS, lostAfterS, trouble, events }: Tongue): string[] {
  const age = ageS === null ? "no answer yet" : `last whole answer ${secondsText(ageS)} old`;
  return [
    `${by.padEnd(10)} ${heard ? "heard" : "lost: the failsafe limit holds"}, ${age}, lost after ${secondsText(lostAfterS)}`,
    ...(trouble === null ? [] : [`           ${plain(trouble)}`]),
    ...events.map(({ id, name, program, says }) => `           event ${id}${name === null ? "" : ` "${plain(name)}"`} of ${plain(program)}: ${says.join(", ") || "a report"}`),
  ];
}

export function documentLines({ documents, status }: GridAnswer): string[] {
  if (documents.length === 0) return ["The grid has said nothing that is in force: the failsafe limit holds."];
  const rows = documents.map((document) => [document.ref.id, kindOf(document), limitOf(document), `ends ${fromNow(endOf(document), status.at)}`, `${document.ref.epoch}/${document.ref.seq}`, document.ref.topic]);
  return celled([["id", "type", "limit", "validity", "epoch/seq", "topic"], ...rows], 6).split("\n");
}

function kindOf({ action, intervals, priority }: GridDocumentRow): string {
  if (action !== undefined) return `EMERGENCY ${action}`;
  if (intervals === undefined) return "ALLOCATION";
  if (priority !== undefined) return "SETPOINT";
  return intervals.some((interval) => typeof interval === "object" && interval !== null && "level" in interval) ? "LEVEL" : "LIMIT";
}

const limitOf = ({ ceiling, action }: GridDocumentRow): string => (action !== undefined ? "0 W" : ceiling === undefined || ceiling === null ? "see --json" : powerText(ceiling));
const endOf = ({ valid, expires }: GridDocumentRow): number | null => expires ?? valid?.end ?? null;
