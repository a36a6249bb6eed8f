/** The columns of `top`: what stands in them and what they are sorted by. */
import type { DeviceRow } from "../answers.ts";

interface Column {
  readonly head: string;
  readonly width: number;
  readonly side: "left" | "right";
  value(row: DeviceRow): string | number | null;
  text(row: DeviceRow): string;
}

const number = (value: number | null, digits: number): string => (value === null ? "-" : value.toFixed(digits));
/** Of a machine that works: what an average over the last minute makes of a sleeping one is none. */
const efficiency = ({ state, powerW, hashrateThs }: DeviceRow): number | null => (state === "asleep" || powerW === null || hashrateThs === null || hashrateThs <= 0 ? null : powerW / hashrateThs);
/** What it is told, with dots while it is on its way there. */
const wanted = ({ order, setpoint }: DeviceRow): string => (order === null ? (setpoint ?? "-") : `${order.setpoint ?? "-"} …`);

/** 79 columns together with a space between them. */
export const columns: readonly Column[] = [
  { head: "ASIC", width: 14, side: "left", value: ({ id }) => id, text: ({ id }) => id },
  { head: "state", width: 12, side: "left", value: ({ state }) => state, text: (row) => stateWord(row) },
  { head: "wanted", width: 15, side: "left", value: wanted, text: wanted },
  { head: "W", width: 6, side: "right", value: ({ powerW }) => powerW, text: ({ powerW }) => number(powerW, 0) },
  { head: "TH/s", width: 7, side: "right", value: ({ hashrateThs }) => hashrateThs, text: ({ hashrateThs }) => number(hashrateThs, 1) },
  { head: "J/TH", width: 6, side: "right", value: efficiency, text: (row) => number(efficiency(row), 1) },
  { head: "°C", width: 4, side: "right", value: ({ temperatureC }) => temperatureC, text: ({ temperatureC }) => number(temperatureC, 0) },
  { head: "age", width: 7, side: "right", value: ({ readingAgeS }) => readingAgeS, text: ({ readingAgeS }) => `${readingAgeS.toFixed(readingAgeS < 100 ? 1 : 0)} s` },
];

/** Why it is unknown says more than that it is. */
export const stateWord = ({ state, unknownReason }: DeviceRow): string => (unknownReason === null || unknownReason === "not-polled" ? state : unknownReason);
