/** Register maps of meters, typed in from their documents. Addresses as on the wire. */
import type { Feed, Register, RegisterMap } from "./register-map.ts";

type Place = Omit<Register, "address" | "value">;
type Value = Register["value"];

const at = (place: Place, address: number, value: Value): Register => ({ ...place, address, value });
/** The same for three phases, `step` registers apart. */
const three = (place: Place, address: number, step: number, value: Value): Register[] => [0, 1, 2].map((phase) => at(place, address + phase * step, value));

const inputFloat: Place = { table: "input", as: "f32" };
const holdingFloat: Place = { table: "holding", as: "f32" };
const inputLong: Place = { table: "input", as: "i32" };
const holdingWord: Place = { table: "holding", as: "u16" };

const power: Value = (feed) => feed.powerW;
const phasePower: Value = (feed) => feed.powerW / 3;
const voltage: Value = (feed) => feed.voltageV;
const current: Value = (feed) => feed.currentA;
const frequency: Value = (feed) => feed.frequencyHz;
const factor: Value = (feed) => feed.powerFactor;
const energyWh: Value = (feed) => feed.energyWh;
const times = (value: Value, by: number): Value => (feed) => value(feed) * by;
const fixed = (value: number): Value => () => value;

/** EM24 on RS485 and its relatives differ behind the total power only. */
const gavazzi = (factorAt: number, frequencyAt: number, energyAt: number): RegisterMap => ({
  first: "low",
  registers: [
    ...three(inputLong, 0x00, 2, times(voltage, 10)),
    ...three(inputLong, 0x0c, 2, times(current, 1_000)),
    at(inputLong, 0x28, times(power, 10)),
    at({ table: "input", as: "i16" }, factorAt, times(factor, 1_000)),
    at({ table: "input", as: "u16" }, frequencyAt, times(frequency, 10)),
    at(inputLong, energyAt, times(energyWh, 1 / 100)),
  ],
});

/** PM5xxx and iEM3xxx share these. */
const schneider = [...three(holdingFloat, 2999, 2, current), ...three(holdingFloat, 3027, 2, voltage), at(holdingFloat, 3059, times(power, 1 / 1_000)), at(holdingFloat, 3109, frequency)];

/** Counts from 0 to 9999 between the ends of a scale. */
const count = (value: Value, low: number, high: number): Value => (feed: Feed) => ((value(feed) - low) / (high - low)) * 9_999;
const SATEC_W = 993_600;

/** "SunS", the common model, then a three-phase meter at 40070 and the end of the chain. */
const SUNSPEC = 40_070;
const sunspecWords = (from: number, words: readonly number[]): Register[] => words.map((word, index) => at(holdingWord, from + index, fixed(word)));
const sunspec = (): Register[] => {
  const signed: Place = { table: "holding", as: "i16" };
  const known = [
    at(holdingWord, SUNSPEC, fixed(203)), at(holdingWord, SUNSPEC + 1, fixed(105)),
    ...three(signed, SUNSPEC + 8, 1, times(voltage, 10)), at(signed, SUNSPEC + 15, fixed(-1)),
    at(signed, SUNSPEC + 16, times(frequency, 100)), at(signed, SUNSPEC + 17, fixed(-2)),
    at(signed, SUNSPEC + 18, times(power, 1 / 10)), ...three(signed, SUNSPEC + 19, 1, times(phasePower, 1 / 10)), at(signed, SUNSPEC + 22, fixed(1)),
    at({ table: "holding", as: "u32" }, SUNSPEC + 46, energyWh), at(signed, SUNSPEC + 54, fixed(0)),
  ];
  const taken = new Set(known.flatMap(({ address, as }) => (as === "u32" ? [address, address + 1] : [address])));
  const rest = Array.from({ length: 107 }, (_, index) => SUNSPEC + index).filter((address) => !taken.has(address));
  return [
    ...sunspecWords(40_000, [0x5375, 0x6e53, 1, 66]), ...known,
    // What this meter does not measure.
    ...rest.map((address) => at(holdingWord, address, fixed(0x8000))),
    ...sunspecWords(SUNSPEC + 107, [0xffff, 0]),
  ];
};

export const meterMaps = {
  "eastron-sdm630": {
    registers: [
      ...three(inputFloat, 0x00, 2, voltage), ...three(inputFloat, 0x06, 2, current), ...three(inputFloat, 0x0c, 2, phasePower),
      at(inputFloat, 0x34, power), at(inputFloat, 0x3e, factor), at(inputFloat, 0x46, frequency), at(inputFloat, 0x48, times(energyWh, 1 / 1_000)), at(inputFloat, 0x4a, fixed(0)),
    ],
  },
  "eastron-sdm120": {
    registers: [at(inputFloat, 0x00, voltage), at(inputFloat, 0x06, times(current, 3)), at(inputFloat, 0x0c, power), at(inputFloat, 0x46, frequency), at(inputFloat, 0x48, times(energyWh, 1 / 1_000))],
  },
  "carlo-gavazzi-em24": gavazzi(0x32, 0x37, 0x42),
  "carlo-gavazzi-em3xx": gavazzi(0x2e, 0x33, 0x34),
  "abb-b2x": {
    registers: [
      ...three({ table: "holding", as: "u32" }, 0x5b00, 2, times(voltage, 10)), ...three({ table: "holding", as: "u32" }, 0x5b0c, 2, times(current, 100)),
      at({ table: "holding", as: "i32" }, 0x5b14, times(power, 100)), at(holdingWord, 0x5b2c, times(frequency, 100)), at({ table: "holding", as: "u64" }, 0x5000, times(energyWh, 1 / 10)),
    ],
  },
  "janitza-umg96rme": {
    registers: [
      ...three(holdingFloat, 19_000, 2, voltage), ...three(holdingFloat, 19_012, 2, current), ...three(holdingFloat, 19_020, 2, phasePower),
      at(holdingFloat, 19_026, power), at(holdingFloat, 19_050, frequency), at(holdingFloat, 19_068, energyWh),
    ],
  },
  "schneider-iem3xxx": { registers: [...schneider, at({ table: "holding", as: "i64" }, 0x0c83, energyWh)] },
  "schneider-pm5xxx": { registers: [...schneider, at(holdingFloat, 3083, factor)] },
  "siemens-pac": {
    registers: [
      ...three(holdingFloat, 1, 2, voltage), ...three(holdingFloat, 13, 2, current), ...three(holdingFloat, 25, 2, phasePower),
      at(holdingFloat, 65, power), at(holdingFloat, 69, factor), at({ table: "holding", as: "f64" }, 801, energyWh),
    ],
  },
  "satec-pm130": {
    registers: [
      ...three(holdingWord, 256, 1, count(voltage, 0, 828)), at(holdingWord, 275, count(power, -SATEC_W, SATEC_W)), at(holdingWord, 279, count(frequency, 45, 65)),
      at(holdingWord, 2_306, fixed(200)), at(holdingWord, 0x81f2, fixed(828)), at(holdingWord, 0x81f3, fixed(100)),
    ],
  },
  "sunspec-meter": { registers: sunspec() },
  "microbt-container-meter": {
    registers: [...three(holdingWord, 49, 1, times(voltage, 173.2)), ...three(holdingWord, 52, 1, times(current, 100)), at(holdingWord, 56, times(power, 1 / 10)), at(holdingWord, 81, times(frequency, 100))],
  },
  "xerus-readonly": {
    registers: [
      at(holdingWord, 1, fixed(1)), at(holdingWord, 3, (feed) => feed.outlets.length),
      at(holdingFloat, 12_296, voltage), at(holdingFloat, 12_298, times(current, 3)), at(holdingFloat, 12_306, power), at(holdingFloat, 12_310, factor), at(holdingFloat, 12_322, frequency),
      at(holdingFloat, 32_776, voltage), at(holdingFloat, 32_778, (feed) => (feed.outlets[0]?.currentMA ?? 0) / 1_000), at(holdingFloat, 32_786, (feed) => feed.outlets[0]?.powerW ?? 0),
    ],
  },
} as const satisfies Record<string, RegisterMap>;
