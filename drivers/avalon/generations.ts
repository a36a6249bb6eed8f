/** How the generations of Avalon machines are spoken to, as data: the words for a frequency, a voltage, sleep and a lamp. */
import type { OperatingPoint } from "../../agent/core/model.ts";
import type { Megahertz, Millivolts } from "../../agent/core/units.ts";
import { figureAt, type Module } from "./brackets.ts";

export interface Words {
  readonly command: "ascset" | "privilege";
  readonly parameter: string;
}

export interface Generation {
  /** What needs this before it and is locked again after it; null: nothing. */
  readonly privilege: { readonly open: Words; readonly close: Words } | null;
  readonly frequency: (wanted: Megahertz, boards: number) => readonly Words[];
  readonly voltage: (wanted: Millivolts) => Words;
  /** The voltage it is told to have, where the module says it; mV. */
  readonly voltageSet: (module: Module) => number | null;
  readonly voltageNow: (module: Module) => number | null;
  /** `now`: the machine's own time in seconds, which is the one it compares with. null: it cannot be put to sleep. */
  readonly sleep: { readonly off: (now: number) => Words; readonly on: (now: number) => Words } | null;
  readonly lamp: ((on: boolean) => Words) | null;
  readonly restart: Words | null;
}

const ascset = (option: string): Words => ({ command: "ascset", parameter: `0,${option}` });
const privileged = (option: string): Words => ({ command: "privilege", parameter: `0,${option}` });

/** `PS[error, in, out, A, W, wanted, limit]`, voltages in 10 mV. A Nano's supply writes other units there. */
const fromSupply = (place: number) => (module: Module): number | null => {
  const value = figureAt(module, "PS", place);
  return value === null || value <= 0 || value > MOST_CENTIVOLTS ? null : value * 10;
};
const MOST_CENTIVOLTS = 3_000;

/** What is ordered for "now" would have passed when it arrives. */
const SOON_S = 1;

/** A10: the privileged interface. Frequencies are one for each of the four clocks of a board, ascending; boards count from 1. */
const a10: Generation = {
  privilege: { open: privileged("enable_privilege,1"), close: privileged("enable_privilege,0") },
  frequency: (wanted, boards) => Array.from({ length: boards }, (_, board) => privileged(`setfreq,${wanted},${wanted},${wanted},${wanted},${board + 1}`)),
  voltage: (wanted) => privileged(`setvolt,${Math.round(wanted / 10)}`),
  voltageSet: fromSupply(5),
  voltageNow: fromSupply(2),
  sleep: { off: () => ascset("hashpower,0"), on: () => ascset("hashpower,1") },
  lamp: null,
  restart: ascset("reboot,1"),
};

/** Avalon 7: tenths of a millivolt at the cores, all modules alike. */
const a7: Generation = {
  privilege: null,
  frequency: (wanted) => [ascset(`frequency,${wanted}`)],
  voltage: (wanted) => ascset(`voltage,${Math.round(wanted * 10)}`),
  voltageSet: (module) => {
    const value = figureAt(module, "Vo");
    return value === null || value <= 0 ? null : value / 10;
  },
  voltageNow: (module) => {
    const value = figureAt(module, "Vo");
    return value === null || value <= 0 ? null : value / 10;
  },
  sleep: null,
  lamp: (on) => ascset(`led,0-${on ? 1 : 0}`),
  restart: ascset("reboot,0"),
};

/** Avalon 8 knows levels around the voltage it has at level 0. What one is worth is not published: 1 % is assumed. */
const LEVEL_0_MV = 405;
const MOST_LEVELS = 15;
const levelOf = (wanted: Millivolts): number => Math.max(-MOST_LEVELS, Math.min(MOST_LEVELS, Math.round((wanted / LEVEL_0_MV - 1) * 100)));

const a8: Generation = {
  ...a7,
  voltage: (wanted) => ascset(`voltage-level,${levelOf(wanted)}`),
  voltageSet: () => null,
  voltageNow: () => null,
};

/** A11 to A15, Q, Nano, Mini. */
const modern: Generation = {
  privilege: null,
  frequency: (wanted) => [ascset(`frequency,${wanted}`)],
  voltage: (wanted) => ascset(`voltage,${Math.round(wanted / 10)}`),
  voltageSet: fromSupply(5),
  voltageNow: fromSupply(2),
  sleep: { off: (now) => ascset(`softoff,1:${now + SOON_S}`), on: (now) => ascset(`softon,1:${now + SOON_S}`) },
  lamp: (on) => ascset(`led,1-${on ? 1 : 0}`),
  restart: ascset("reboot,1"),
};

export const generations = { a7, a8, a10, modern } as const;

/** The Avalon 7 and 8 are told apart by the first digit of their number: 741, 821, 851. */
export const seventhOrEighth = (number: string): Generation => (/\b[AV]?7\d\d\b/i.test(number) ? a7 : a8);

/** A mode by its place among the points: some firmware changes it live, the rest after a reboot. */
export const level = (place: number): Words => ascset(`worklevel,set,${place}`);
export const mode = (place: number): Words => ascset(`workmode,${place}`);

/** Whether its points are modes: those have names, not frequencies. */
export const hasModes = (points: readonly OperatingPoint[]): boolean => points.every(({ id }) => /^[a-z]+$/.test(id));

/** The place of the mode a machine is in; null: it does not say. */
export function placeOf([module]: readonly Module[]): number | null {
  return module === undefined ? null : (figureAt(module, "WORKLVL") ?? figureAt(module, "WORKMODE"));
}
