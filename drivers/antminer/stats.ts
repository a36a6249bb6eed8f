/** bmminer's `stats`: what it numbers in its keys (`chain_rate1`, `freq_avg1`), or lists as `chain` on newer firmware. */
import type { BoardTelemetry } from "../../agent/core/model.ts";
import { celsius, type Celsius, type Megahertz, type Terahash } from "../../agent/core/units.ts";
import { clockAt, inRpm, rpmAt, terahashAt } from "../cgminer/figures.ts";
import { perTerahashOf } from "../cgminer/hashrate.ts";
import { field, numberAt, rowsAt, textAt, type Json, type JsonObject } from "../cgminer/json.ts";

/** No Antminer has more; keys are not looked for beyond. */
const MOST_CHAINS = 16;
const MOST_FANS = 8;
/** No chip survives more. */
const MOST_CELSIUS = 200;

/** The first item is about the software, the one with `Elapsed` about the machine. */
export function machineOf(stats: JsonObject): JsonObject | undefined {
  return rowsAt(stats, "STATS").find((row) => numberAt(row, "Elapsed") !== null);
}

/** "Antminer S19 Pro, bmminer of Tue Mar 3 10:00:00 CST 2026"; null where it does not say. */
export function softwareOf(stats: JsonObject): string | null {
  const row = rowsAt(stats, "STATS").find((item) => textAt(item, "Type") !== null);
  const [type, compiled] = [textAt(row, "Type"), textAt(row, "CompileTime")];
  return type === null ? null : `${type}${compiled === null ? "" : `, firmware of ${compiled}`}`;
}

export interface Chain extends BoardTelemetry {
  /** Chips that answer, and chips marked as dead. */
  readonly chips: number | null;
  readonly deadChips: number;
}

/** The boards that are there. */
export function chainsOf(row: JsonObject | undefined): readonly Chain[] {
  const listed = rowsAt(row, "chain");
  if (listed.length > 0) return listed.slice(0, MOST_CHAINS).map((chain, position) => listedChain(chain, { position, unit: textAt(row, "rate_unit") }));
  const chains: Chain[] = [];
  for (let number = 1; number <= MOST_CHAINS; number++) {
    const chain = numberedChain(row, number);
    if (chain !== null) chains.push(chain);
  }
  return chains;
}

export function fansOf(row: JsonObject | undefined): readonly (number | null)[] {
  const listed = field(row, "fan");
  if (Array.isArray(listed)) return (listed as readonly Json[]).slice(0, MOST_FANS).map((rpm) => (typeof rpm === "number" ? inRpm(rpm) : null));
  const count = Math.min(MOST_FANS, numberAt(row, "fan_num") ?? 0);
  return Array.from({ length: count }, (_, index) => rpmAt(row, `fan${index + 1}`));
}

function listedChain(chain: JsonObject, { position, unit }: { position: number; unit: string | null }): Chain {
  return {
    index: numberAt(chain, "index") ?? position,
    enabled: null,
    frequency: frequencyAt(chain, "freq_avg"),
    voltage: null,
    hashrate: rateAt(chain, "rate_real", unit),
    boardTemperature: warmest(field(chain, "temp_pcb")),
    chipTemperature: warmest(field(chain, "temp_chip")),
    chips: numberAt(chain, "asic_num"),
    deadChips: dead(textAt(chain, "asic")),
  };
}

/** null: there is no such board. */
function numberedChain(row: JsonObject | undefined, number: number): Chain | null {
  const chips = numberAt(row, `chain_acn${number}`);
  const hashrate = rateAt(row, `chain_rate${number}`, null);
  if ((chips === null || chips === 0) && (hashrate === null || hashrate === 0)) return null;
  return {
    index: number - 1,
    enabled: null,
    frequency: frequencyAt(row, `freq_avg${number}`) ?? frequencyAt(row, `freq${number}`),
    voltage: null,
    hashrate,
    boardTemperature: warmest(field(row, `temp_pcb${number}`)) ?? warmest(field(row, `temp${number}`)),
    chipTemperature: warmest(field(row, `temp_chip${number}`)) ?? warmest(field(row, `temp2_${number}`)),
    chips,
    deadChips: dead(textAt(row, `chain_acs${number}`)),
  };
}

/** A chain that is not clocked says 0; that is no frequency to wake to. */
const frequencyAt = (row: JsonObject | undefined, key: string): Megahertz | null => {
  const mhz = clockAt(row, key);
  return mhz === 0 ? null : mhz;
};

/** bmminer counts in GH/s unless it says otherwise. */
function rateAt(row: JsonObject | undefined, key: string, unit: string | null): Terahash | null {
  const perTerahash = perTerahashOf(unit ?? "GH/s");
  return perTerahash === null ? null : terahashAt(row, key, perTerahash);
}

/** Of "52-48-61-60", a list or one number; 0 where there is no sensor. */
function warmest(value: Json): Celsius | null {
  const readings = Array.isArray(value) ? (value as readonly Json[]) : typeof value === "string" ? value.split("-") : [value];
  const known = readings.map(Number).filter((reading) => reading > 0 && reading <= MOST_CELSIUS);
  return known.length === 0 ? null : celsius(Math.max(...known));
}

/** "ooooooox oooooooo": an x is a chip that does not answer. */
const dead = (chips: string | null): number => (chips === null ? 0 : [...chips].filter((chip) => chip === "x" || chip === "X").length);
