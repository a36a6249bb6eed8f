/** Orders to a VNish miner. Each is read back; what the miner did not take is a refusal. */
import type { OperatingPoint } from "../../agent/core/model.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import { flagAt, isObject, numberAt, textAt, type Json } from "../cgminer/json.ts";
import { isHttpRefusal } from "../http/session.ts";
import { at } from "../http/path.ts";
import type { VnishTalk } from "./api.ts";
import { presetName } from "./identity.ts";
import { AS_IT_IS, asMillivolts, globalsFor, globalsOf, percentOf, pointAt } from "./points.ts";
import { stateOf } from "./state.ts";

/** Live: set before it is woken, so that it wakes to it. */
export async function throttle(talk: VnishTalk, point: OperatingPoint): Promise<void> {
  const percent = percentOf(point.id);
  if (percent === null) throw new DeviceError("out-of-range", `"${point.id}" is not a percent`);
  await talk.post("/mining/throttle", { percent });
  const status = at(await talk.get("/summary"), "miner", "miner_status");
  const took = numberAt(status, "throttled");
  if (took !== percent) throw new DeviceError("refused", `throttle ${percent} %: the miner acknowledged it and reads ${took ?? "nothing"}`);
  if (isAsleep(status)) await wake(talk);
}

/** One that is in place is not written again: that would restart mining. A restart that is due is made. */
export async function preset(talk: VnishTalk, point: OperatingPoint): Promise<void> {
  const status = await talk.get("/status");
  const written = presetName(await talk.get("/perf-summary")) !== point.id;
  const needs = written ? await writePreset(talk, point.id) : status;
  await restartOrWake(talk, needs, { status, what: `preset ${point.id}` });
  if (!written) return;
  const took = presetName(await talk.get("/perf-summary"));
  if (took !== point.id) throw new DeviceError("refused", `preset ${point.id}: the miner acknowledged it and reads ${took ?? "nothing"}`);
}

/**
 * Clocks and volts of all boards, set by hand. What is left out of `overclock` may be set to defaults, so the whole of it goes back.
 * Returns whether they were taken without a restart; null: nothing had to be written.
 */
export async function globals(talk: VnishTalk, point: OperatingPoint): Promise<boolean | null> {
  const status = await talk.get("/status");
  if (point.id === AS_IT_IS) {
    if (isAsleep(status)) await wake(talk);
    return null;
  }
  const overclock = at(await talk.exact("/settings"), "miner", "overclock");
  const read = globalsOf(overclock);
  if (read === null || !isObject(overclock)) throw new DeviceError("refused", `${point.id}: it is not set by hand any more`);
  const written = pointAt([point], read) === null;
  const wanted = globalsFor(point, read);
  const needs = written ? await talk.post("/settings", { miner: { overclock: { ...overclock, globals: { ...objectAt(overclock, "globals"), ...wanted } } } }) : status;
  const restarts = await restartOrWake(talk, needs, { status, what: `${point.id} MHz` });
  if (!written) return null;
  const took = globalsOf(at(await talk.get("/settings"), "miner", "overclock"));
  if (took === null || pointAt([point], took) === null) throw new DeviceError("refused", `${point.id} MHz: the miner acknowledged it and reads ${took === null ? "nothing" : `${took.freq} MHz at ${asMillivolts(took.volt)} mV`}`);
  return !restarts;
}

/** Paused is the lightest of what stops it: mining is resumed without a start from nothing. */
export async function sleep(talk: VnishTalk): Promise<void> {
  await unlessAlready(talk, "/mining/pause", true);
}

/** Some versions take the wanted state and others turn it over: asked first, both end at it. */
export async function blink(talk: VnishTalk, on: boolean): Promise<void> {
  if (flagAt(await talk.get("/status"), "find_miner") !== on) await talk.post("/find-miner", { on });
}

/** What the miner wants for what it was told. True: mining restarts. */
async function restartOrWake(talk: VnishTalk, needs: Json, { status, what }: { readonly status: Json; readonly what: string }): Promise<boolean> {
  if (flagAt(needs, "reboot_required") === true) throw new DeviceError("refused", `${what}: the miner wants a reboot for it; reboot it by hand, we only restart mining`);
  const restarts = flagAt(needs, "restart_required") === true;
  if (restarts) await talk.post("/mining/restart");
  else if (isAsleep(status)) await wake(talk);
  return restarts;
}

/** One that was stopped, not paused, has to be started. */
async function wake(talk: VnishTalk): Promise<void> {
  try {
    await talk.post("/mining/resume");
  } catch (error) {
    if (!isHttpRefusal(error)) throw error;
    await unlessAlready(talk, "/mining/start", false);
  }
}

/** Some versions refuse what is already so. */
async function unlessAlready(talk: VnishTalk, path: string, asleep: boolean): Promise<void> {
  try {
    await talk.post(path);
  } catch (error) {
    if (!isHttpRefusal(error) || isAsleep(await talk.get("/status")) !== asleep) throw error;
  }
}

/** The whole of `overclock` goes back, as what is left out may be set to defaults. */
async function writePreset(talk: VnishTalk, name: string): Promise<Json> {
  const overclock = at(await talk.exact("/settings"), "miner", "overclock");
  if (!isObject(overclock)) throw new DeviceError("malformed", "GET /settings: no miner.overclock");
  return talk.post("/settings", { miner: { overclock: { ...overclock, preset: name } } });
}

function objectAt(value: Json, key: string): object {
  const found = at(value, key);
  return isObject(found) ? found : {};
}

const isAsleep = (status: Json): boolean => stateOf(textAt(status, "miner_state")) === "asleep";
