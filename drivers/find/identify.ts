/** Finds out what answers at an address: the questions of all families, until one is recognised, and then what it is. */
import { onAbort } from "../../agent/runtime/on-abort.ts";
import type { JsonObject } from "../cgminer/json.ts";
import type { Address } from "../cgminer/ask-once.ts";
import type { DriverName } from "../index.ts";
import { aboutOf, type About } from "./about.ts";
import { Asking, type Answered, type Host } from "./asking.ts";
import { FAMILIES, QUESTIONS } from "./families.ts";
import type { Family } from "./family.ts";
import { modelOf } from "./models.ts";
import type { Question } from "./questions.ts";
import { VERSION } from "./version-families.ts";

export interface Finding extends About {
  readonly driver: DriverName;
  readonly address: Address;
  readonly firmware: string;
  readonly make: string;
  /** The model file that speaks for it; null: none does. */
  readonly model: string | null;
}

export interface Identification {
  /** null: nothing that this package has a driver for. */
  readonly finding: Finding | null;
  /** Whether anybody is there at all. */
  readonly heard: boolean;
  /** Why it was not identified, in a line; empty where it was. */
  readonly reason: string;
  readonly answers: readonly Answered[];
}

/** Two have to agree before anything is believed. */
const LEAST_SIGNS = 2;

interface Recognised {
  readonly family: Family;
  readonly answer: JsonObject;
  readonly address: Address;
  readonly signs: number;
}

export interface Deadlines {
  /** One question. */
  readonly requestMs: number;
  /** The whole host. */
  readonly hostMs: number;
}

/** Rejects only with the signal's reason. */
export async function identify(host: Host, { requestMs, hostMs }: Deadlines, signal: AbortSignal): Promise<Identification> {
  signal.throwIfAborted();
  const own = new AbortController();
  const deadline = setTimeout(() => own.abort(new Error("too long")), hostMs);
  const takeBack = onAbort(signal, () => own.abort(signal.reason));
  const asking = new Asking(host, requestMs, own.signal);
  try {
    return await lookAt(asking, host);
  } catch (error) {
    signal.throwIfAborted();
    if (!own.signal.aborted) throw error;
    const reason = asking.answers.length === 0 ? "says nothing" : reasonOf(asking);
    return { finding: null, heard: asking.heard, reason: `${reason}; given up after ${hostMs / 1000} s`, answers: asking.answers };
  } finally {
    clearTimeout(deadline);
    takeBack();
  }
}

async function lookAt(asking: Asking, host: Host): Promise<Identification> {
  const recognised = host.port === null ? await everywhere(asking) : await inTurn(asking);
  if (recognised === null) return { finding: null, heard: asking.heard, reason: reasonOf(asking), answers: asking.answers };
  const { family, answer, address } = recognised;
  const { driver = family.driver(answer), ...told } = await family.about(answer, (question) => asking.ask(question));
  const about = aboutOf(told);
  return { finding: { ...about, driver, address, firmware: family.firmware, make: family.make, model: modelOf(about.type) }, heard: true, reason: "", answers: asking.answers };
}

/** Ports side by side, questions to one port one after another: many miners serve one client at a time. */
async function everywhere(asking: Asking): Promise<Recognised | null> {
  const ports = [...new Set(QUESTIONS.map(({ usualPort }) => usualPort))];
  const found = await Promise.all(ports.map((port) => first(asking, QUESTIONS.filter(({ usualPort }) => usualPort === port))));
  return bestOf(found.filter((one) => one !== null));
}

/** All at one port. How it took the first question shows which language is worth trying before the others. */
async function inTurn(asking: Asking): Promise<Recognised | null> {
  const opening = await first(asking, [VERSION]);
  if (opening !== null) return opening;
  const { answer = "" } = asking.answers[0] ?? {};
  // Who is mute in one language may speak another, and loses nothing by two at once.
  if (/did not answer|no end within/.test(answer)) return bestOf((await Promise.all([first(asking, speaking("framed")), first(asking, speaking("http"))])).filter((one) => one !== null));
  const turn = answer.startsWith("{") ? (["rpc", "http", "framed"] as const) : (["http", "rpc", "framed"] as const);
  return first(asking, turn.flatMap(speaking).filter((question) => question !== VERSION));
}

const speaking = (language: Question["speaks"]): readonly Question[] => QUESTIONS.filter(({ speaks }) => speaks === language);

async function first(asking: Asking, questions: readonly Question[]): Promise<Recognised | null> {
  for (const question of questions) {
    const answer = await asking.ask(question);
    const found = answer === null ? null : recognise(question, answer, asking.addressOf(question));
    if (found !== null) return found;
  }
  return null;
}

/** The family with the most signs; two that are as sure as each other are none. */
export function recognise(question: Question, answer: JsonObject, address: Address): Recognised | null {
  const sure = FAMILIES.filter(({ shownBy }) => shownBy === question).map((family) => ({ family, answer, address, signs: family.signs.filter((sign) => sign(answer)).length }));
  return bestOf(sure.filter(({ signs }) => signs >= LEAST_SIGNS));
}

function bestOf(found: readonly Recognised[]): Recognised | null {
  const [best, second] = found.toSorted((a, b) => weightOf(b) - weightOf(a));
  return best === undefined || (second !== undefined && weightOf(second) === weightOf(best)) ? null : best;
}

const weightOf = ({ family, signs }: Recognised): number => 10 * (family.rank ?? 0) + signs;

/** The first thing that went wrong where somebody listens says most. */
function reasonOf({ answers, heard }: Asking): string {
  if (!heard) return "nobody listens";
  const told = answers.find(({ answer }) => !/refused the connection|cannot be reached|did not accept/.test(answer));
  if (told === undefined) return "nobody listens";
  const text = told.answer.replace(`${told.address} `, "").replace(/[^\x20-\x7e]+/g, "·");
  const explained = /^(did not|hung up|reset|broke off|sent more|sent \d+|answered with|GET )/.test(text);
  return explained ? text.slice(0, 120) : `answers ${told.question} with what no driver knows: ${text.slice(0, 60)}`;
}
