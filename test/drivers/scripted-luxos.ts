/** A LuxOS miner that answers from a table the test edits, and writes down what it was asked. For what no healthy miner does. */
import type { Socket } from "node:net";
import { rawMiner, reply, respond, type RawMiner } from "./raw-miner.ts";

/** A reply's text, or what to do with the connection instead. */
type Answer = string | ((socket: Socket) => void);
type Answers = Record<string, (parameter: string) => Answer>;

export interface ScriptedLuxos extends AsyncDisposable {
  readonly miner: RawMiner;
  readonly answers: Answers;
  /** Commands with their parameters, the session left out: `frequencyset 0,590`. */
  readonly asked: string[];
}

export const SESSION = "s3ss10n";

export function board(index: number, fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { ASC: index, ID: index, Enabled: "Y", Status: "Alive", Temperature: 60, "MHS 5s": 40_000_000, IsRamping: false, Frequency: 590, Voltage: 13.5, ...fields };
}

export const devs = (...boards: readonly Record<string, unknown>[]): string => reply("S", 9, { DEVS: boards });
export const config = (fields: Readonly<Record<string, unknown>> = {}): string => reply("S", 33, { CONFIG: [{ CurtailMode: "None", IsAtmEnabled: false, IsTuning: false, ...fields }] });
export const summary = (fields: Readonly<Record<string, unknown>> = {}): string => reply("S", 11, { SUMMARY: [{ Elapsed: 100, "GHS 5s": 120_000, "GHS av": 121_000, ...fields }] });

export async function scriptedLuxos(overrides: Answers = {}): Promise<ScriptedLuxos> {
  const acknowledge = (): string => reply("S", 300);
  const answers: Answers = {
    summary: () => summary(),
    devs: () => devs(board(0), board(1), board(2)),
    power: () => reply("S", 311, { POWER: [{ PSU: true, Watts: 2800 }] }),
    temps: () => reply("S", 201, { TEMPS: [{ TEMP: 0, Board: 60, Chip: 72 }, { TEMP: 1, Board: 61, Chip: 0 }] }),
    fans: () => reply("S", 202, { FANS: [{ FAN: 0, RPM: 4200 }] }),
    pools: () => reply("S", 7, { POOLS: [{ POOL: 0, URL: "stratum+tcp://pool:3333", User: "farm.w1", "Stratum Active": true }] }),
    config: () => config(),
    limits: () => reply("S", 318, { LIMITS: [] }),
    profiles: () => reply("S", 323, { PROFILES: [] }),
    logon: () => reply("S", 316, { SESSION: [{ SessionID: SESSION }] }),
    session: () => reply("S", 319, { SESSION: [{ SessionID: "" }] }),
    logoff: acknowledge,
    frequencyset: acknowledge,
    voltageset: acknowledge,
    atmset: acknowledge,
    autotunerset: acknowledge,
    enableboard: acknowledge,
    disableboard: acknowledge,
    ledset: acknowledge,
    curtail: acknowledge,
    ...overrides,
  };
  const asked: string[] = [];
  const one = (command: string, parameter: string): Answer => answers[command]?.(parameter) ?? reply("E", 14, {}, "Invalid command");
  const miner = await rawMiner((socket, request) => {
    const { command, parameter = "" } = JSON.parse(request) as { command: string; parameter?: string };
    asked.push(`${command} ${parameter.replace(`${SESSION},`, "").replace(SESSION, "")}`.trim());
    const answer = command.includes("+") ? (answers["+"]?.(command) ?? joined(command.split("+"), one)) : one(command, parameter);
    if (typeof answer === "string") respond(socket, answer);
    else answer(socket);
  });
  return { miner, answers, asked, [Symbol.asyncDispose]: () => miner[Symbol.asyncDispose]() };
}

function joined(commands: readonly string[], one: (command: string, parameter: string) => Answer): string {
  return `{${commands.map((command) => `"${command}":[${String(one(command, ""))}]`).join(",")},"id":1}`;
}
