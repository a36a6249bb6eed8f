/** As golden-meters.ts, for what has outlets or contacts: reading, and the order that switches one off. */
import type { Golden } from "./golden-meters.ts";
import type { Exchanges } from "./meter-rig.ts";

export interface GoldenSwitch extends Golden {
  readonly order: {
    readonly outlet: number;
    /** All that is asked for the order, in this order, after the readings above. */
    readonly exchanges: Exchanges;
  };
}

const nothing = { power: null, voltage: null, frequencyHz: null, energyWh: null } as const;
const states = (...on: readonly boolean[]): { power: null; on: boolean }[] => on.map((state) => ({ power: null, on: state }));

const relays = (profile: string): GoldenSwitch => ({
  profile, unit: 1,
  exchanges: { "01 01 0000 0008": "01 01 01 85" }, // contacts 1, 3 and 8 are closed
  reading: { ...nothing, outlets: states(true, false, true, false, false, false, false, true) },
  order: { outlet: 3, exchanges: { "01 05 0002 0000": "01 05 0002 0000", "01 01 0002 0001": "01 01 01 00" } },
});

export const SWITCHED: readonly GoldenSwitch[] = [
  {
    profile: "netio", unit: 1,
    exchanges: {
      "01 03 0001 0001": "01 03 02 0002", // two outputs
      "01 04 00c8 0003": "01 04 06 0c8a 000a 0c80", // 200: total 3210 W, 10 W, 3200 W
      "01 01 0065 0002": "01 01 01 03", // 101: both on
      "01 04 0000 0002": "01 04 04 1388 08fc", // 50.00 Hz, 230.0 V
      "01 04 012c 0002": "01 04 04 0001 e26c", // 300: 123500 Wh
    },
    reading: { power: 3210, voltage: 230, frequencyHz: 50, energyWh: 123_500, outlets: [{ power: 10, on: true }, { power: 3200, on: true }] },
    order: {
      outlet: 2,
      exchanges: { "01 05 0066 0000": "01 05 0066 0000", "01 01 0066 0001": "01 01 01 00", "01 04 00ca 0001": "01 04 02 0000" },
    },
  },
  {
    profile: "microbt-container-pdu", unit: 9,
    exchanges: {
      "09 03 0049 0001": "09 03 02 1388",
      "09 03 0050 0001": "09 03 02 0141", // 3.21 kW
      // Sockets 1 to 20 at 45 to 64: on, off as 0, off as 2, and one that says something else.
      "09 03 002d 0014": "09 03 28 0001 0000 0002 0007 0001 0001 0001 0001 0001 0001 0001 0001 0001 0001 0001 0001 0001 0001 0001 0001",
      "09 03 0049 0007": "09 03 0e 1388 9c40 9c40 9c40 07d0 07d0 07d0",
    },
    reading: {
      power: 3210, voltage: 400, frequencyHz: 50, energyWh: null,
      outlets: [...states(true, false, false), { power: null, on: null }, ...states(...Array.from({ length: 16 }, () => true))],
    },
    order: {
      outlet: 20,
      exchanges: {
        "01 03 012c 0004": "01 03 08 0102 0304 0506 0708", // the challenge, at unit 1
        // SHA-256 over 01..08, MD5("admin"), MD5("secret"), worked out with coreutils.
        "01 10 0130 0010 20 56677fc817383736a8d043fd7af5e95f56adc55cb248eb4d4cd8acbf868293af": "01 10 0130 0010",
        "09 06 0120 0002": "09 06 0120 0002", // socket 20 at 288: 2 is off
        "09 03 0040 0001": "09 03 02 0002",
      },
    },
  },
  {
    profile: "mining-pdu-rtu", unit: 11,
    exchanges: { "0b 03 1389 0018": `0b 03 30 ${"0001 ".repeat(23)}0000` },
    reading: { ...nothing, outlets: states(...Array.from({ length: 23 }, () => true), false) },
    order: { outlet: 1, exchanges: { "0b 06 1389 0000": "0b 06 1389 0000", "0b 03 1389 0001": "0b 03 02 0000" } },
  },
  {
    profile: "shelly-pro-4pm", unit: 1,
    exchanges: { "01 01 0064 0001": "01 01 01 01", "01 01 006e 0001": "01 01 01 00", "01 01 0078 0001": "01 01 01 01", "01 01 0082 0001": "01 01 01 01" },
    reading: { ...nothing, outlets: states(true, false, true, true) },
    order: { outlet: 4, exchanges: { "01 05 0082 0000": "01 05 0082 0000", "01 01 0082 0001": "01 01 01 00" } },
  },
  relays("waveshare-relay-8"),
  relays("kmtronic-relay-8"),
  {
    profile: "adam-6000", unit: 1,
    exchanges: { "01 01 0000 0006": "01 01 01 01", "01 01 0010 0006": "01 01 01 3e" },
    reading: { ...nothing, inputs: [true, false, false, false, false, false], outlets: states(false, true, true, true, true, true) },
    order: { outlet: 6, exchanges: { "01 05 0015 0000": "01 05 0015 0000", "01 01 0015 0001": "01 01 01 00" } },
  },
];
