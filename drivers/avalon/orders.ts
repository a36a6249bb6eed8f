/** Orders to an Avalon machine: words, what counts as yes, and what is tried again. */
import type { OperatingPoint, Telemetry } from "../../agent/core/model.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import type { Talk } from "../cgminer/api.ts";
import { numberAt, rowsAt, type JsonObject } from "../cgminer/json.ts";
import { RefusedError, statusOf } from "../cgminer/reply.ts";
import { unheard } from "../cgminer/unheard.ts";
import { figureAt, moduleOf, modulesOf } from "./brackets.ts";
import { hasModes, level, mode, placeOf, type Generation, type Words } from "./generations.ts";

/** A voltage that the supply did not take is told again so often. */
const VOLTAGE_TRIES = 3;

/** What an order goes by. */
export interface Standing {
  readonly generation: Generation;
  readonly points: readonly OperatingPoint[];
  readonly boards: number;
  /** The last reading; null: none yet. */
  readonly last: Telemetry | null;
  /** The words its own help lists. */
  readonly help: ReadonlySet<string>;
}

/**
 * S is yes, and so is I with a text of success: newer machines answer "success softoff:..." as information.
 * Everything else is a no, a help text included.
 */
async function tell(talk: Talk, { command, parameter }: Words): Promise<JsonObject> {
  const reply = await talk.ask(command, parameter);
  const status = statusOf(reply);
  const yes = status?.letter === "S" || (status?.letter === "I" && /success|\bPS\[/i.test(status.message ?? ""));
  if (!yes && status !== null) throw new RefusedError(`${command} ${parameter.split(",")[1] ?? ""}`, status);
  return reply;
}

export async function run(talk: Talk, point: OperatingPoint, standing: Standing): Promise<void> {
  const asleep = standing.last?.state === "asleep";
  const set = hasModes(standing.points) ? setMode : setClock;
  try {
    await inPrivilege(talk, standing.generation, () => set(talk, point, standing));
  } catch (error) {
    // Asleep it may not take settings; it is woken, and told again when it hashes.
    if (!asleep || !(error instanceof RefusedError)) throw error;
  }
  if (asleep) await wake(talk, standing.generation);
}

async function inPrivilege(talk: Talk, { privilege }: Generation, work: () => Promise<void>): Promise<void> {
  if (privilege === null) return work();
  await tell(talk, privilege.open);
  try {
    await work();
  } finally {
    // Privilege ends with the machine's next start at the latest; an order does not fail on it.
    await tell(talk, privilege.close).catch((error: unknown) => {
      if (!(error instanceof DeviceError)) throw error;
    });
  }
}

async function setClock(talk: Talk, { frequency, voltage }: OperatingPoint, { generation, boards, last }: Standing): Promise<void> {
  // What feeds comes before what draws: down, the frequency goes first, also where it is not known from where.
  const rises = frequency !== null && last?.frequency != null && frequency > last.frequency;
  const setVoltage = async (): Promise<void> => {
    if (voltage !== null) await feed(talk, generation.voltage(voltage));
  };
  if (rises) await setVoltage();
  if (frequency !== null) for (const words of generation.frequency(frequency, boards)) await tell(talk, words);
  if (!rises) await setVoltage();
}

/** A10 answers with what the supply has now; one that did not take it is told again. */
async function feed(talk: Talk, words: Words): Promise<void> {
  const wanted = Number(words.parameter.split(",").at(-1));
  for (let tries = 1; ; tries++) {
    const text = statusOf(await tell(talk, words))?.message ?? "";
    const supply = moduleOf(text);
    const took = supply.has("PS") ? figureAt(supply, "PS", (supply.get("PS") ?? "").split(/\s+/).length - 1) : null;
    if (took === null || took === wanted) return;
    if (tries === VOLTAGE_TRIES) throw new DeviceError("refused", `${words.parameter.split(",")[1]}: the supply stays at ${took} after ${tries} tries, ${wanted} was wanted`);
  }
}

/**
 * Where the firmware has levels they act at once. A mode acts after a reboot, so one that is in place is not written again;
 * the reboot wakes the machine too, or it is woken when it is back.
 */
async function setMode(talk: Talk, point: OperatingPoint, { generation, points, help }: Standing): Promise<void> {
  const place = points.indexOf(point);
  if (help.has("worklevel")) return void (await tell(talk, level(place)));
  if (placeOf(modulesOf(await talk.ask("estats"))) === place) return;
  await tell(talk, mode(place));
  if (generation.restart !== null) await unheard(tell(talk, generation.restart));
}

export async function sleep(talk: Talk, { generation }: Standing): Promise<void> {
  if (generation.sleep === null) throw new DeviceError("refused", "this generation cannot be put to sleep");
  await tell(talk, generation.sleep.off(await itsTime(talk)));
}

/** Often it hangs up without an answer: then the next reading shows whether it woke. */
async function wake(talk: Talk, { sleep: words }: Generation): Promise<void> {
  if (words !== null) await unheard(tell(talk, words.on(await itsTime(talk))));
}

/** The time it stamps its answers with, in seconds: its clock need not be ours. */
async function itsTime(talk: Talk): Promise<number> {
  const when = numberAt(rowsAt(await talk.ask("version"), "STATUS")[0], "When");
  if (when === null) throw new DeviceError("malformed", "version: no time in the reply, and sleep is ordered by the machine's own");
  return when;
}

export const setLamp = (talk: Talk, words: Words): Promise<JsonObject> => tell(talk, words);
export const restart = (talk: Talk, words: Words): Promise<void> => unheard(tell(talk, words));
