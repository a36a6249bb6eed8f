/** The questions a first configuration needs, as data: each is a flag, or is asked on a terminal. */
import { createInterface } from "node:readline/promises";
import { exit, Failure } from "../exit.ts";

export interface Question {
  /** The flag without its dashes, and the name of the answer. */
  readonly name: string;
  readonly asks: string;
  /** null: there is no usual answer, and without one nothing can be written. */
  readonly usual: string | null;
  /** Why an answer is none; null: it is fine. */
  readonly wrong: (answer: string) => string | null;
}

export type Answers = ReadonlyMap<string, string>;

const word = (answer: string): string | null => (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(answer) ? null : "letters, digits, dots, dashes and underscores");
const watts = (answer: string): string | null => (/^\d{1,9}$/.test(answer) ? null : "whole watts, as 33500");
const brokers = (answer: string): string | null => (answer.split(/[ ,]+/).every((url) => /^mqtts?:\/\/\S+$/.test(url)) ? null : "mqtts://HOST:8883 or mqtt://HOST:1883");
const anything = (): null => null;

export const identity: readonly Question[] = [
  { name: "operator", asks: "Grid operator's name in topics", usual: null, wrong: word },
  { name: "site", asks: "This site's name", usual: "site1", wrong: word },
  { name: "rack", asks: "This rack's name", usual: "rack1", wrong: word },
  { name: "broker", asks: "The operator's MQTT brokers, tried in this order", usual: null, wrong: brokers },
  { name: "root-key", asks: "File with the operator's root public key, for signed documents (empty: signatures are not required)", usual: "", wrong: anything },
  { name: "username", asks: "User name at the broker (empty: none)", usual: "", wrong: anything },
];

/** What is known only when the machines have been found. */
export const power = (nominalW: number): readonly Question[] => [
  { name: "nominal", asks: "What the rack draws at full operation, in watts", usual: String(nominalW), wrong: watts },
  { name: "breaker", asks: "What the feed's breaker carries without end, in watts", usual: String(Math.ceil(nominalW * 1.2 / 1_000) * 1_000), wrong: watts },
  { name: "failsafe", asks: "The limit while the grid cannot be heard, in watts", usual: String(Math.round(nominalW * 0.3)), wrong: watts },
];

/** Flags first; the rest is asked where somebody can be, and else takes its usual answer. Throws a Failure that names every flag that is missing. */
export async function answered(questions: readonly Question[], flags: Answers): Promise<Answers> {
  const asking = process.stdin.isTTY && process.stderr.isTTY;
  const missing = questions.filter(({ name, usual }) => !flags.has(name) && usual === null);
  if (!asking && missing.length > 0) throw new Failure(exit.usage, `nobody can be asked here: say ${missing.map(({ name }) => `--${name}`).join(", ")}`);
  const found = new Map<string, string>();
  const terminal = asking ? createInterface({ input: process.stdin, output: process.stderr }) : null;
  try {
    for (const question of questions) found.set(question.name, await one(question, flags.get(question.name), terminal));
    return found;
  } finally {
    terminal?.close();
  }
}

async function one({ name, asks, usual, wrong }: Question, flag: string | undefined, terminal: ReturnType<typeof createInterface> | null): Promise<string> {
  if (flag !== undefined || terminal === null) {
    const answer = flag ?? usual ?? "";
    const why = answer === usual ? null : wrong(answer);
    if (why !== null) throw new Failure(exit.usage, `--${name} ${JSON.stringify(answer)}: ${why}`);
    return answer;
  }
  for (;;) {
    const typed = (await terminal.question(`${asks}${usual === null || usual === "" ? "" : ` [${usual}]`}: `)).trim();
    const answer = typed === "" ? usual : typed;
    if (answer === null) continue;
    const why = answer === usual ? null : wrong(answer);
    if (why === null) return answer;
    process.stderr.write(`  ${why}\n`);
  }
}
