/** One look at the rack from outside: what the daemon says on its control socket, what the rig knows to be true. */
import type { DeviceRow, StatusDocument } from "../../agent/cli/answers.ts";
import type { ControlClient } from "../../agent/cli/client.ts";
import { whyInShort } from "../../agent/cli/why-lines.ts";
import type { WhyDocument } from "../../agent/report/why.ts";
import { readTruth } from "../../agent/cli/sim-at.ts";
import type { Sample } from "./judge.ts";

export interface Look extends Sample {
  readonly compliance: string | null;
  /** Of the machines that answer; null: unknown. */
  readonly hashrateThs: number | null;
  /** What binds and how the budget is split, in a sentence; null: nobody answered. */
  readonly why: string | null;
  readonly devices: readonly DeviceRow[];
  /** What each machine truly draws. */
  readonly asicsW: ReadonlyMap<string, number>;
}

export async function look(dir: string, client: ControlClient, seconds: () => number): Promise<Look> {
  const [status, devices, why, truth] = await Promise.all([
    client.ask("GET", "/status").catch(unanswered) as Promise<StatusDocument | null>,
    client.ask("GET", "/devices").catch(unanswered) as Promise<readonly DeviceRow[] | null>,
    client.ask("GET", "/why").catch(unanswered) as Promise<WhyDocument | null>,
    readTruth(dir),
  ]);
  return {
    atS: seconds(),
    limitW: status?.effectiveLimitW ?? null,
    meteredW: status?.measuredW ?? null,
    truthW: truth.powerW,
    state: status?.state ?? null,
    compliance: status?.compliance ?? null,
    hashrateThs: status?.hashrateThs ?? null,
    why: why === null ? null : whyInShort(why),
    devices: devices ?? [],
    asicsW: new Map(truth.asics.map(({ id, powerW }) => [id, powerW])),
  };
}

/** The daemon is not up yet, or busy: that is a reading too. Should it have ended, its process says so. */
const unanswered = (): null => null;
