/** What get_miner_conf.cgi says and set_miner_conf.cgi takes: one object with everything, the pools included. */
import { DeviceError } from "../../agent/runtime/errors.ts";
import { field, isObject, numberAt, textAt, type Json, type JsonObject } from "../cgminer/json.ts";

/**
 * Read and written under different names, and firmwares differ in which one acts: all are written, and where several are
 * read back they have to agree.
 */
const MODE_KEYS = ["miner-mode", "bitmain-work-mode"] as const;
/** The first is the one that is written; the others are read, each by some firmwares. */
const LEVEL_KEYS = ["freq-level", "bitmain-freq-level", "bitmain-hashrate-percent"] as const;

export const MODE = { normal: 0, sleep: 1 } as const;

export interface Settings {
  /** 0 normal, 1 sleep, others by model; null: not said, or said twice and differently. */
  readonly mode: number | null;
  /** Percent of the frequency; null: the firmware has no levels. */
  readonly level: number | null;
}

export function settingsOf(conf: JsonObject): Settings {
  const modes = new Set(MODE_KEYS.map((key) => numberAt(conf, key)).filter((mode) => mode !== null));
  const [mode = null] = modes;
  return { mode: modes.size === 1 ? mode : null, level: LEVEL_KEYS.map((key) => numberAt(conf, key)).find((level) => level !== null) ?? null };
}

export const sameSettings = (a: Settings, b: Settings): boolean => a.mode === b.mode && a.level === b.level;

/** The whole configuration with other settings. Values keep the type the firmware gives them. A null level is left as it is. */
export function withSettings(conf: JsonObject, { mode, level }: Settings): JsonObject {
  const changed: Record<string, Json> = { ...conf };
  if (mode !== null) for (const key of MODE_KEYS) changed[key] = likewise(conf, MODE_KEYS, mode);
  if (level !== null) for (const key of LEVEL_KEYS) if (key === "freq-level" || field(conf, key) !== null) changed[key] = likewise(conf, LEVEL_KEYS, level);
  return changed;
}

/** A number where the firmware says it as one, else a string. */
function likewise(conf: JsonObject, keys: readonly string[], value: number): Json {
  return keys.some((key) => typeof field(conf, key) === "number") ? value : String(value);
}

/** The pools as one text; passwords count too. Throws `malformed` where there is no list: what is not read cannot be written back. */
export function poolsOf(conf: JsonObject): string {
  const pools = field(conf, "pools");
  if (!Array.isArray(pools) || pools.length === 0) throw new DeviceError("malformed", "get_miner_conf: no list of pools; nothing is written, as that would lose them");
  return JSON.stringify((pools as readonly Json[]).filter(isObject).map((pool) => [textAt(pool, "url"), textAt(pool, "user"), textAt(pool, "pass")]));
}
