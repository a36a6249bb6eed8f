import type { ModbusImage } from "./modbus-server.ts";
import { ILLEGAL_ADDRESS, ILLEGAL_FUNCTION, ModbusException } from "./modbus-server.ts";
import type { OutletSample, Pdu } from "./pdu.ts";

const SENSORS = 0x100;
const LINES = 0x400;
const OUTLETS = 0x3a00;
/** Blocks of one line or outlet begin this far apart; one phase fills 0x60 of it, 48 fields of 32 bits. */
const BLOCK = 0x120;
const PHASE = 0x60;
const ABSENT = 0x8000;
const POWER_FACTOR_MILLI = 980;

/** The Modbus face of a GUDE EPC 8xxx: inputs with counts and meters, coils that are the outlets. One line-in, one phase. */
export function gudeImage(pdu: Pdu): ModbusImage {
  const inputs = (address: number, samples: readonly OutletSample[]): number => {
    if (address < 8) return [pdu.outlets, pdu.outlets, 0, 1, 1, 0, 0, 0][address] ?? 0;
    if (address >= SENSORS && address < SENSORS + 16) return ABSENT;
    if (address >= LINES && address < LINES + PHASE) return word(lineFields(pdu.hertz, samples), address - LINES);
    const outlet = Math.floor((address - OUTLETS) / BLOCK);
    const sample = samples[outlet];
    const offset = address - OUTLETS - outlet * BLOCK;
    if (address < OUTLETS || sample === undefined || offset >= PHASE) throw new ModbusException(ILLEGAL_ADDRESS);
    return word(outletFields(pdu.hertz, sample), offset);
  };
  return {
    readBits(table, address, count) {
      if (table !== "coil") throw new ModbusException(ILLEGAL_FUNCTION);
      requireOutlets(pdu, address, count);
      return Array.from({ length: count }, (_, index) => pdu.isOn(address + index));
    },
    readRegisters(table, address, count) {
      if (table !== "input") throw new ModbusException(ILLEGAL_FUNCTION);
      const samples = pdu.samples();
      return Array.from({ length: count }, (_, index) => inputs(address + index, samples));
    },
    writeCoils(address, values) {
      requireOutlets(pdu, address, values.length);
      for (const [index, on] of values.entries()) pdu.switch(address + index, on);
    },
    writeRegisters() {
      throw new ModbusException(ILLEGAL_FUNCTION);
    },
  };
}

function requireOutlets(pdu: Pdu, address: number, count: number): void {
  if (address + count > pdu.outlets) throw new ModbusException(ILLEGAL_ADDRESS);
}

/** Field k of the map: 0 Wh, 1 W, 2 V, 3 mA, 4 0.01 Hz, 5 PF 0.001, 6 angle 0.1, 7 VA, 8 var, 9 Wh since reset. */
type Fields = readonly number[];

function fieldsOf(hertz: number, { energyWh, powerW, voltageV, currentMA }: Omit<OutletSample, "on">): Fields {
  const apparent = Math.round((voltageV * currentMA) / 1000);
  const reactive = Math.round(Math.sqrt(Math.max(0, apparent ** 2 - powerW ** 2)));
  return [energyWh, powerW, voltageV, currentMA, Math.round(100 * hertz), POWER_FACTOR_MILLI, 0, apparent, reactive, energyWh];
}

const outletFields = (hertz: number, sample: OutletSample): Fields => fieldsOf(hertz, { ...sample, voltageV: sample.on ? sample.voltageV : 0 });

const lineFields = (hertz: number, samples: readonly OutletSample[]): Fields =>
  fieldsOf(hertz, { energyWh: sum(samples, "energyWh"), powerW: sum(samples, "powerW"), voltageV: samples[0]?.voltageV ?? 0, currentMA: sum(samples, "currentMA") });

const sum = (samples: readonly OutletSample[], key: "energyWh" | "powerW" | "currentMA"): number =>
  samples.reduce((total, sample) => total + sample[key], 0);

/** One half of a signed 32-bit field, high word first. Fields the device does not have read 0. */
function word(fields: Fields, offset: number): number {
  const value = (fields[offset >> 1] ?? 0) | 0;
  return offset % 2 === 0 ? (value >>> 16) & 0xffff : value & 0xffff;
}
