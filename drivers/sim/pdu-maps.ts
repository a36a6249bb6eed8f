/** Register maps of what switches, typed in from their documents. Addresses as on the wire. */
import type { Feed, Register, RegisterMap } from "./register-map.ts";

const word = (table: "holding" | "input", address: number, value: Register["value"]): Register => ({ table, address, as: "u16", value });
const run = (first: number, step: number, outlets: number) => (address: number): number | null => {
  const index = (address - first) / step;
  return Number.isInteger(index) && index >= 0 && index < outlets ? index : null;
};
const list = (outlets: number): number[] => Array.from({ length: outlets }, (_, index) => index);
const outletPower = (outlet: number) => (feed: Feed): number => feed.outlets[outlet]?.powerW ?? 0;
const state = (on: number, off: number) => (outlet: number) => (feed: Feed): number => (feed.outlets[outlet]?.on === true ? on : off);

export const netioMap = (outlets: number): RegisterMap => ({
  registers: [
    word("holding", 1, () => outlets),
    word("input", 0, (feed) => 100 * feed.frequencyHz),
    word("input", 1, (feed) => 10 * feed.voltageV),
    word("input", 100, (feed) => 3_000 * feed.currentA),
    word("input", 200, (feed) => feed.powerW),
    { table: "input", address: 300, as: "u32", value: (feed) => feed.energyWh },
    ...list(outlets).flatMap((outlet): Register[] => [
      word("input", 101 + outlet, (feed) => feed.outlets[outlet]?.currentMA ?? 0),
      word("input", 201 + outlet, outletPower(outlet)),
      { table: "input", address: 302 + 2 * outlet, as: "u32", value: (feed) => feed.outlets[outlet]?.energyWh ?? 0 },
    ]),
  ],
  bits: { table: "coil", outletAt: run(101, 1, outlets) },
});

/** One PDU of twenty sockets. States rise from 45, orders fall from 307; off is 2 when ordered and 0 when read. */
export const microbtMap = (outlets: number): RegisterMap => ({
  registers: [
    ...list(20).map((outlet) => word("holding", 45 + outlet, state(1, 0)(outlet))),
    word("holding", 73, (feed) => 100 * feed.frequencyHz),
    ...list(3).map((phase) => word("holding", 74 + phase, (feed) => 173.2 * feed.voltageV)),
    ...list(3).map((phase) => word("holding", 77 + phase, (feed) => 100 * feed.currentA)),
    { table: "holding", address: 80, as: "i16", value: (feed) => feed.powerW / 10 },
  ],
  orders: { outletAt: run(307, -1, outlets), on: 1, off: 2 },
});

export const miningPduMap = (outlets: number): RegisterMap => ({
  registers: list(24).map((outlet) => word("holding", 5_001 + outlet, state(1, 0)(outlet))),
  orders: { outletAt: run(5_001, 1, outlets), on: 1, off: 0 },
});

/** Coils of a box of contacts, whether something hangs on them or not. */
export const coilMap = (first: number, step: number, outlets: number): RegisterMap => ({ registers: [], bits: { table: "coil", outletAt: run(first, step, outlets) } });

/** Six contacts in, closed as a normally closed emergency stop is while nobody pushes it; six relays from 16. */
export const adamMap = (outlets: number): RegisterMap => ({
  registers: [],
  bits: { table: "coil", contactAt: run(0, 1, 6), outletAt: run(16, 1, outlets) },
});
