/** Canaan's own format inside `estats`: `Ver[..] Freq[502] PS[0 1205 1381 166 2201 1260] SF0[450 475 500 525]`, one text a module. */
import { rowsAt, type JsonObject } from "../cgminer/json.ts";

/** One module of the machine: what stands in brackets, by name. */
export type Module = ReadonlyMap<string, string>;

/** The innermost brackets only: some firmware wraps the whole text into `MM ID0[…]`. */
const FIELD = /([A-Za-z_]\w*)\[([^[\]]*)\]/g;
/** A module of an A15 has about a hundred fields. */
const MOST_FIELDS = 512;

/** The modules in the order of their numbers; none where the reply has no such text. */
export function modulesOf(estats: JsonObject): readonly Module[] {
  const modules: [number: number, module: Module][] = [];
  for (const row of rowsAt(estats, "STATS")) {
    for (const [key, value] of Object.entries(row)) {
      const number = /^MM ID(\d+)/.exec(key)?.[1];
      if (number === undefined || typeof value !== "string") continue;
      const module = moduleOf(value);
      if (module.size > 0) modules.push([Number(number), module]);
    }
  }
  return modules.toSorted(([a], [b]) => a - b).map(([, module]) => module);
}

export function moduleOf(text: string): Module {
  const fields = new Map<string, string>();
  for (const [, name = "", value = ""] of text.matchAll(FIELD)) {
    if (fields.size >= MOST_FIELDS) break;
    if (!fields.has(name)) fields.set(name, value.trim());
  }
  return fields;
}

/** The numbers in a field; empty where it is missing. What is none is NaN, so that places are kept. */
export function numbersAt(module: Module, name: string): readonly number[] {
  const text = module.get(name) ?? "";
  return text === "" ? [] : text.split(/[\s,]+/).map((word) => (/^-?\d+(\.\d+)?%?$/.test(word) ? Number.parseFloat(word) : Number.NaN));
}

/** null: not said. */
export function figureAt(module: Module, name: string, place = 0): number | null {
  const value = numbersAt(module, name)[place];
  return value === undefined || !Number.isFinite(value) ? null : value;
}
