/** Error codes of btminer in words, and the shapes they come in. Source: MicroBT's API manual and troubleshooting tables. */
import { isObject, textAt, type Json } from "../cgminer/json.ts";

/** Codes that say the same of several parts: the last digit is the part's number, counted from 0. */
const OF_PART: readonly (readonly [first: number, count: number, words: (part: number) => string])[] = [
  [300, 4, (board) => `board ${board}: temperature sensor not found`],
  [320, 4, (board) => `board ${board}: temperature cannot be read`],
  [350, 4, (board) => `board ${board}: over temperature`],
  [410, 4, (board) => `board ${board}: EEPROM not found`],
  [420, 4, (board) => `board ${board}: EEPROM cannot be read`],
  [430, 4, (board) => `board ${board}: chip bin does not fit`],
  [440, 4, (board) => `board ${board}: chips of several bins`],
  [450, 4, (board) => `board ${board}: EEPROM has another miner's data`],
  [530, 4, (board) => `board ${board}: not found`],
  [540, 4, (board) => `board ${board}: chip ids cannot be read`],
  [550, 4, (board) => `board ${board}: bad chips`],
  [560, 4, (board) => `board ${board}: voltages out of balance`],
  [2020, 3, (pool) => `pool ${pool}: cannot be reached`],
];

const WORDS: Readonly<Record<number, string>> = {
  110: "inlet fan: no speed",
  111: "outlet fan: no speed",
  120: "inlet fan: speed off by more than 2,000 rpm",
  121: "outlet fan: speed off by more than 2,000 rpm",
  130: "inlet fan: speed off by more than 3,000 rpm",
  131: "outlet fan: speed off by more than 3,000 rpm",
  140: "fans too fast: check inlet air and dust",
  200: "power supply not found",
  201: "power supply does not fit this miner",
  202: "power supply: output voltage wrong",
  203: "power supply: over temperature",
  204: "power supply: over current",
  205: "power supply: current cannot be read",
  206: "power supply: input voltage too low",
  207: "power supply: input current protection",
  210: "power supply reports an error",
  213: "power supply: input voltage and current do not fit its power",
  217: "power supply cannot be switched on",
  218: "input voltage below 230 V in high power mode",
  329: "control board: temperature cannot be read",
  510: "miner type does not fit its boards",
  600: "inlet air too hot",
  610: "inlet air too hot for high power mode",
  701: "control board does not support these chips",
  710: "control board restarted after an exception",
  2010: "all pools disabled",
  2030: "pool rejects too many shares",
  2310: "hashrate too low",
  2320: "hashrate too low",
  2340: "hashrate lost too much",
};

function wordsOf(code: number): string {
  const of = OF_PART.find(([first, count]) => code >= first && code < first + count);
  const words = of === undefined ? WORDS[code] : of[2](code - of[0]);
  return words === undefined ? `error ${code}` : `${words} (${code})`;
}

/** More than a miner has parts: what comes after is noise. */
const MOST = 32;
const CODE = /^\s*(\d{1,7})\s*$/;

/**
 * Codes come as a list of numbers or text, as `{"531": "2026-01-02 03:04:05"}`, or as a list of such objects, with
 * `reason` and the like beside them. 0 means none.
 */
export function errorsOf(codes: Json): readonly string[] {
  const found = new Set<number>();
  for (const entry of Array.isArray(codes) ? (codes as readonly Json[]) : [codes]) for (const code of codesIn(entry)) found.add(code);
  found.delete(0);
  return [...found].slice(0, MOST).map(wordsOf);
}

function codesIn(entry: Json): readonly number[] {
  const texts = isObject(entry) ? [...Object.keys(entry), textAt(entry, "code") ?? ""] : [typeof entry === "number" || typeof entry === "string" ? String(entry) : ""];
  return texts.map((text) => CODE.exec(text)?.[1]).filter((digits) => digits !== undefined).map(Number);
}
