/**
 * What meters and PDUs are asked and what they say, byte by byte: unit, function and data in hex, without header. Written by hand
 * from each device's register map, never made from the profile under test.
 */
import type { MeterReading } from "../../drivers/driver.ts";
import type { Exchanges } from "./meter-rig.ts";

export interface Golden {
  readonly profile: string;
  readonly unit: number;
  /** All that is asked on the first reading, in any order. */
  readonly exchanges: Exchanges;
  readonly reading: { readonly [K in keyof Omit<MeterReading, "outlets" | "inputs">]: number | null } & {
    readonly outlets?: readonly { power: number | null; on: boolean | null }[];
    /** Which contacts are closed. */
    readonly inputs?: readonly boolean[];
  };
}

// IEEE 754: 4366 0000 = 230, 4367 0000 = 231, 4368 0000 = 232, 4248 0000 = 50, 4548 a000 = 3210, 41a0 0000 = 20, 447a 0000 = 1000.
export const METERS: readonly Golden[] = [
  {
    profile: "eastron-sdm630", unit: 1,
    exchanges: {
      "01 04 0046 0002": "01 04 04 4248 0000", // 50 Hz: it is one
      "01 04 0034 0002": "01 04 04 4548 a000", // total 3210 W
      "01 04 0000 0012": "01 04 24 4366 0000 4367 0000 4368 0000 41a0 0000 41a0 0000 41a0 0000 447a 0000 447a 0000 447a 0000", // V, A and W of three phases
      "01 04 0046 0006": "01 04 0c 4248 0000 42f7 0000 0000 0000", // 50 Hz, 123.5 kWh in, 0 out
    },
    reading: { power: 3210, voltage: 231, frequencyHz: 50, energyWh: 123_500 },
  },
  {
    profile: "eastron-sdm120", unit: 2,
    exchanges: {
      "02 04 0046 0002": "02 04 04 4248 0000",
      "02 04 000c 0002": "02 04 04 4548 a000",
      "02 04 0000 0002": "02 04 04 4366 0000",
      "02 04 0006 0002": "02 04 04 41a0 0000",
      "02 04 0046 0004": "02 04 08 4248 0000 42f7 0000",
    },
    reading: { power: 3210, voltage: 230, frequencyHz: 50, energyWh: 123_500 },
  },
  {
    profile: "carlo-gavazzi-em24", unit: 1,
    exchanges: {
      "01 04 0037 0001": "01 04 02 01f4", // 50.0 Hz
      "01 04 0028 0002": "01 04 04 7d6a 0000", // 32106 tenths of a watt, low word first
      "01 04 0000 0006": "01 04 0c 08fc 0000 0906 0000 0910 0000", // 230.0, 231.0, 232.0 V
      "01 04 000c 0006": "01 04 0c 4e20 0000 4e20 0000 4e20 0000", // 20.000 A each
      "01 04 0032 0001": "01 04 02 03d4", // 0.980
      "01 04 0042 0002": "01 04 04 04d3 0000", // 123.5 kWh
    },
    reading: { power: 3210.6, voltage: 231, frequencyHz: 50, energyWh: 123_500 },
  },
  {
    profile: "carlo-gavazzi-em3xx", unit: 1,
    exchanges: {
      "01 04 0033 0001": "01 04 02 01f4",
      "01 04 0028 0002": "01 04 04 86a0 0001", // 100000 tenths: above 16 bits, so a wrong word order shows
      "01 04 0000 0006": "01 04 0c 08fc 0000 0906 0000 0910 0000",
      "01 04 000c 0006": "01 04 0c 4e20 0000 4e20 0000 4e20 0000",
      "01 04 002e 0001": "01 04 02 03d4",
      "01 04 0033 0003": "01 04 06 01f4 04d3 0000",
    },
    reading: { power: 10_000, voltage: 231, frequencyHz: 50, energyWh: 123_500 },
  },
  {
    profile: "abb-b2x", unit: 1,
    exchanges: {
      "01 03 5b2c 0001": "01 03 02 1388",
      "01 03 5b14 0002": "01 03 04 0004 e5e8", // 321000 hundredths
      "01 03 5b00 0006": "01 03 0c 0000 08fc 0000 0906 0000 0910",
      "01 03 5b0c 0006": "01 03 0c 0000 07d0 0000 07d0 0000 07d0",
      "01 03 5000 0004": "01 03 08 0000 0000 0000 303e", // 123.50 kWh
    },
    reading: { power: 3210, voltage: 231, frequencyHz: 50, energyWh: 123_500 },
  },
  {
    profile: "janitza-umg96rme", unit: 1,
    exchanges: {
      "01 03 4a6a 0002": "01 03 04 4248 0000", // 19050: 50 Hz
      "01 03 4a52 0002": "01 03 04 4548 a000", // 19026: 3210 W
      "01 03 4a38 0006": "01 03 0c 4366 0000 4367 0000 4368 0000", // 19000: volts
      "01 03 4a44 0006": "01 03 0c 41a0 0000 41a0 0000 41a0 0000", // 19012: amperes
      "01 03 4a4c 0006": "01 03 0c 447a 0000 447a 0000 447a 0000", // 19020: watts
      "01 03 4a7c 0002": "01 03 04 47f1 3600", // 19068: 123500 Wh
    },
    reading: { power: 3210, voltage: 231, frequencyHz: 50, energyWh: 123_500 },
  },
  {
    profile: "schneider-iem3xxx", unit: 1,
    exchanges: {
      "01 03 0c25 0002": "01 03 04 4248 0000",
      "01 03 0bf3 0002": "01 03 04 404d 70a4", // 3.21 kW
      "01 03 0bd3 0006": "01 03 0c 4366 0000 4367 0000 4368 0000",
      "01 03 0bb7 0006": "01 03 0c 41a0 0000 41a0 0000 41a0 0000",
      "01 03 0c83 0004": "01 03 08 0000 0000 0001 e26c", // 123500 Wh
    },
    reading: { power: 3210, voltage: 231, frequencyHz: 50, energyWh: 123_500 },
  },
  {
    profile: "schneider-pm5xxx", unit: 1,
    exchanges: {
      "01 03 0c25 0002": "01 03 04 4248 0000", // document 3110
      "01 03 0bf3 0002": "01 03 04 404d 70a4", // document 3060
      "01 03 0bd3 0006": "01 03 0c 4366 0000 4367 0000 4368 0000",
      "01 03 0bb7 0006": "01 03 0c 41a0 0000 41a0 0000 41a0 0000",
      "01 03 0c0b 0002": "01 03 04 3f7a e148",
    },
    reading: { power: 3210, voltage: 231, frequencyHz: 50, energyWh: null },
  },
  {
    profile: "siemens-pac", unit: 1,
    exchanges: {
      "01 03 0001 0002": "01 03 04 4366 0000",
      "01 03 0041 0002": "01 03 04 4548 a000", // 65: 3210 W
      "01 03 0001 0006": "01 03 0c 4366 0000 4367 0000 4368 0000",
      "01 03 000d 0006": "01 03 0c 41a0 0000 41a0 0000 41a0 0000",
      "01 03 0019 0006": "01 03 0c 447a 0000 447a 0000 447a 0000",
      "01 03 0045 0002": "01 03 04 3f7a e148",
      "01 03 0321 0004": "01 03 08 40fe 26c0 0000 0000", // 801: 123500 Wh as a double
    },
    reading: { power: 3210, voltage: 231, frequencyHz: null, energyWh: 123_500 },
  },
  {
    profile: "satec-pm130", unit: 1,
    exchanges: {
      "01 03 0902 0001": "01 03 02 00c8", // transformers of 200 A
      "01 03 81f2 0001": "01 03 02 033c", // 828 V
      "01 03 81f3 0001": "01 03 02 0064", // 10.0 A
      "01 03 0113 0001": "01 03 02 1a0a", // 6666 of 9999: two thirds of the way from -993600 W to 993600 W
      "01 03 0100 0003": "01 03 06 0d05 0d05 0d05", // 3333 of 9999 of 828 V
      "01 03 0117 0001": "01 03 02 09c3", // 2499 of 9999 between 45 and 65 Hz
    },
    reading: { power: 331_200, voltage: 276, frequencyHz: 45 + (2499 / 9999) * 20, energyWh: null },
  },
  {
    profile: "sunspec-meter", unit: 1,
    exchanges: {
      "01 03 9c40 0002": "01 03 04 5375 6e53", // "SunS" at 40000
      "01 03 9c42 0002": "01 03 04 0001 0042", // common model, 66 long
      "01 03 9c86 0002": "01 03 04 00cb 0069", // 203: three phases in star, at 40070
      "01 03 9c98 0005": "01 03 0a 0141 006b 006b 006b 0001", // 321 and its phases, times 10
      "01 03 9c8e 000a": "01 03 14 08fc 0906 0910 0000 0000 0000 0000 ffff 1388 fffe", // 2300 of phase A, times 0.1; 5000, times 0.01
      "01 03 9cb4 0009": "01 03 12 0001 e26c 0000 0000 0000 0000 0000 0000 0000", // 123500 Wh imported, times 1
    },
    reading: { power: 3210, voltage: 230, frequencyHz: 50, energyWh: 123_500 },
  },
  {
    profile: "xerus-readonly", unit: 1,
    exchanges: {
      "01 03 0001 0001": "01 03 02 0001", // one inlet
      "01 03 0003 0001": "01 03 02 0018", // 24 outlets
      "01 03 3012 0002": "01 03 04 4548 a000", // 12306: 3210 W
      "01 03 8012 0002": "01 03 04 447a 0000", // 32786: 1000 W at outlet 1
      "01 03 3008 0004": "01 03 08 4366 0000 41a0 0000", // 12296: 230 V, 20 A
      "01 03 3016 0002": "01 03 04 3f7a e148",
      "01 03 3022 0002": "01 03 04 4248 0000",
    },
    reading: { power: 3210, voltage: 230, frequencyHz: 50, energyWh: null, outlets: [{ power: 1000, on: null }] },
  },
  {
    profile: "microbt-container-meter", unit: 4,
    exchanges: {
      "04 03 0051 0001": "04 03 02 1388",
      "04 03 0038 0001": "04 03 02 9c40", // 400.00 kW
      "04 03 0031 0006": "04 03 0c 9c40 9c40 9c40 07d0 07d0 07d0", // 400.00 V between phases, 20.00 A
    },
    reading: { power: 400_000, voltage: 400, frequencyHz: 50, energyWh: null },
  },
];
