/** Orders to a Braiins OS miner: absolute, and read back. Increments and decrements are not always applied by the firmware. */
import type { OperatingPoint } from "../../agent/core/model.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import { isHttpRefusal } from "../http/session.ts";
import type { RestTalk } from "./api.ts";
import { boardsOf, isAt } from "./boards.ts";
import { detailsOf, type MinerStatus } from "./details.ts";
import type { Identity } from "./identity.ts";
import { RAMPING, targetOf } from "./points.ts";
import { modeOf } from "./tuner.ts";

/** A target that is in place is not written again: the tuner would begin anew. */
export async function setTarget(rest: RestTalk, point: OperatingPoint): Promise<void> {
  const watt = targetOf(point.id);
  if (watt === null) throw new DeviceError("out-of-range", `"${point.id}" is not a power target`);
  const before = modeOf(await rest.get("/performance/mode"));
  if (before.target === watt) return;
  // A tuner that aims at a hashrate has first to be told to aim at watts.
  if (before.target === null) await rest.put("/performance/mode", { tunermode: { target: { powertarget: { power_target: { watt } } } } });
  else await rest.put("/performance/power-target", { watt });
  const { target } = modeOf(await rest.get("/performance/mode"));
  if (target !== watt) throw new DeviceError("refused", `power target ${watt} W: the miner acknowledged it and reads ${target === null ? "none" : `${target} W`}`);
}

/** The same for all enabled boards in one request: which of frequency and voltage comes first is then the firmware's to keep. */
export async function setByHand(rest: RestTalk, { id, frequency, voltage }: OperatingPoint): Promise<void> {
  if (frequency === null || voltage === null) throw new DeviceError("out-of-range", `point "${id}" has no frequency and voltage`);
  const boards = boardsOf(await rest.get("/miner/hw/hashboards")).filter(({ telemetry }) => telemetry.enabled !== false);
  if (boards.length === 0) throw new DeviceError("refused", "no hashboard is enabled: nothing to set");
  const setting = { frequency: { hertz: frequency * 1e6 }, voltage: { volt: voltage / 1000 } };
  if (boards.every((board) => isAt(board, { frequency, voltage }))) return;
  const hashboards = boards.map((board) => ({ id: board.id, ...setting }));
  await rest.put("/performance/mode", { manualmode: { global_frequency: setting.frequency, global_voltage: setting.voltage, hashboards } });
  const { hertz: took } = modeOf(await rest.get("/performance/mode"));
  if (took !== setting.frequency.hertz) {
    throw new DeviceError("refused", `${frequency} MHz by hand: the miner acknowledged it and reads ${took === null ? "another mode" : `${took / 1e6} MHz`}`);
  }
}

/** After the setting, so that it wakes to it. */
export async function wakeIfAsleep(rest: RestTalk): Promise<void> {
  const { status } = detailsOf(await rest.details());
  const way = status === null ? undefined : WAYS[status];
  if (way !== undefined) await rest.put(way);
}

/** One that was stopped, not paused, has to be started. */
const WAYS: Readonly<Partial<Record<MinerStatus, string>>> = { paused: "/actions/resume", not_started: "/actions/start" };

export async function sleep(rest: RestTalk, identity: Identity): Promise<void> {
  await setRamping(rest, identity);
  try {
    await rest.put("/actions/pause");
  } catch (error) {
    // Some versions refuse what is already so.
    if (!isHttpRefusal(error) || detailsOf(await rest.details()).status !== "paused") throw error;
  }
}

/** Without it a pause takes the boards down at the pace of the tuner. What refuses it can still be paused. */
export async function setRamping(rest: RestTalk, identity: Identity): Promise<void> {
  if (identity.ramping) return;
  try {
    await rest.put("/performance/quick-ramping", RAMPING);
    identity.ramping = true;
  } catch (error) {
    if (!isHttpRefusal(error)) throw error;
  }
}
