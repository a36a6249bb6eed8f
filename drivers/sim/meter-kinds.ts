import { gudeImage } from "./gude.ts";
import { meterMaps } from "./meter-maps.ts";
import { MICROBT_LOGIN, MicrobtLogin } from "./microbt-login.ts";
import type { ModbusImage } from "./modbus-server.ts";
import type { Pdu } from "./pdu.ts";
import { adamMap, coilMap, microbtMap, miningPduMap, netioMap } from "./pdu-maps.ts";
import type { Random } from "./random.ts";
import type { RegisterMap } from "./register-map.ts";
import { mappedImage } from "./register-map.ts";

/** One family of meters or PDUs as the network sees it; its name is that of the profile which reads it. */
export interface MeterKind {
  /** How many outlets it has at most; 0: it only measures. */
  readonly outlets: number;
  /** It shows a total. */
  readonly measures: boolean;
  /** Made with that many, whatever is plugged in; else there are PDUs of every length. */
  readonly oneLength: boolean;
  readonly transport: "tcp" | "rtu-over-tcp";
  /** The unit it answers as, or null where it answers as any. */
  readonly unit: number | null;
  readonly login: { readonly username: string; readonly password: string } | null;
  /** What stands behind each unit of this device. */
  units(pdu: Pdu, random: Random): ReadonlyMap<number, ModbusImage>;
}

const plain = { measures: true, transport: "tcp", unit: 1, login: null, oneLength: false } as const;
const meter = (map: RegisterMap, unit = 1): MeterKind => ({ ...plain, unit, outlets: 0, units: (pdu) => new Map([[unit, mappedImage(pdu, map)]]) });
const box = (outlets: number, map: RegisterMap): MeterKind => ({ ...plain, measures: false, outlets, oneLength: true, units: (pdu) => new Map([[1, mappedImage(pdu, map)]]) });

const meters = Object.fromEntries(Object.entries(meterMaps).map(([name, map]) => [name, meter(map, name === "microbt-container-meter" ? 4 : 1)]));

const KINDS: Readonly<Record<string, MeterKind>> = {
  "gude-epc": { ...plain, unit: null, outlets: 24, units: (pdu) => new Map([[1, gudeImage(pdu)]]) },
  netio: { ...plain, outlets: 24, units: (pdu) => new Map([[1, mappedImage(pdu, netioMap(pdu.outlets))]]) },
  "shelly-pro-4pm": box(4, coilMap(100, 10, 4)),
  "waveshare-relay-8": box(8, coilMap(0, 1, 8)),
  "kmtronic-relay-8": box(8, coilMap(0, 1, 8)),
  "adam-6000": box(6, adamMap(6)),
  "mining-pdu-rtu": { ...plain, measures: false, outlets: 24, oneLength: true, transport: "rtu-over-tcp", unit: 11, units: (pdu) => new Map([[11, mappedImage(pdu, miningPduMap(24))]]) },
  "microbt-container-pdu": {
    ...plain, outlets: 20, oneLength: true, unit: 9, login: MICROBT_LOGIN,
    units(pdu, random) {
      const login = new MicrobtLogin(random);
      return new Map([[1, login.image()], [9, mappedImage(pdu, microbtMap(20), () => login.isOpen)]]);
    },
  },
  ...meters,
};

export const meterKinds = Object.keys(KINDS);
export const pduKinds = meterKinds.filter((name) => (KINDS[name]?.outlets ?? 0) > 0);

export function meterKind(name: string): MeterKind {
  const kind = KINDS[name];
  if (kind === undefined) throw new RangeError(`no meter "${name}"; there are ${meterKinds.join(", ")}`);
  return kind;
}
