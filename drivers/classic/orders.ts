/** Orders to what cgminer or bfgminer runs: each device its frequency and voltage, or all of them off. */
import type { OperatingPoint } from "../../agent/core/model.ts";
import type { Talk } from "../cgminer/api.ts";
import { RefusedError, statusOf } from "../cgminer/reply.ts";
import type { Options } from "./options.ts";
import type { Unit } from "./units.ts";

/** `from`: the frequency it is known to have; null: unknown. */
export async function run(talk: Talk, point: OperatingPoint, { units, options, from }: { readonly units: readonly Unit[]; readonly options: Options; readonly from: number | null }): Promise<void> {
  const { frequency, voltage } = point;
  const rises = frequency !== null && from !== null && frequency > from;
  for (const unit of units) {
    const clock = async (): Promise<void> => {
      if (frequency !== null && options.frequency !== null) await talk.tell(unit.commands.set, `${unit.number},${options.frequency.name},${frequency}`);
    };
    // What feeds comes before what draws: down, the frequency goes first, also where it is not known from where.
    if (!rises) await clock();
    if (voltage !== null && options.voltage !== null) await talk.tell(unit.commands.set, `${unit.number},${options.voltage.name},${voltage}`);
    if (rises) await clock();
  }
  for (const unit of units) if (unit.enabled === false) await toggle(talk, unit, unit.commands.enable);
}

export async function sleep(talk: Talk, units: readonly Unit[]): Promise<void> {
  for (const unit of units) if (unit.enabled !== false) await toggle(talk, unit, unit.commands.disable);
}

/** What is so already is answered as information. */
async function toggle(talk: Talk, { number }: Unit, command: string): Promise<void> {
  const status = statusOf(await talk.ask(command, String(number)));
  if (status !== null && status.letter !== "S" && !/already/i.test(status.message ?? "")) throw new RefusedError(command, status);
}
