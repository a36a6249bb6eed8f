/** What is told of rack, machines and PDUs: the farm's own tables, as metrics with numbers of their own. */
import { ASIC, OUTLET, RACK, type Metric as Told, type Table } from "../farm/tables.ts";
import type { OutletLook } from "../farm/documents.ts";
import type { Scalar } from "../farm/said.ts";
import type { Datatype } from "./codec.ts";

export interface Numbered {
  readonly name: string;
  readonly alias: number;
  readonly datatype: Datatype;
}

const datatypes: Readonly<Record<Told["kind"], Datatype>> = { number: "Double", word: "String", flag: "Boolean" };

/** Aliases are unique in the whole node: each of its parts has a thousand, and the node the first. */
const A_PART = 1_000;

export function numbered(table: Table<string>, part: number): Numbered[] {
  return Object.entries(table).map(([name, { kind }], index) => ({ name, alias: part * A_PART + index + 1, datatype: datatypes[kind] }));
}

export const NODE_TABLE: Table<string> = RACK;
export const ASIC_TABLE: Table<string> = ASIC;

/** A PDU is what flows through it, and its outlets. */
export function pduTable(outlets: number): Table<string> {
  const each = Array.from({ length: outlets }, (_, index) => Object.entries(OUTLET).map(([name, metric]): [string, Told] => [outletMetric(index + 1, name), metric]));
  return { powerW: ASIC.powerW, ...Object.fromEntries(each.flat()) };
}

const outletMetric = (outlet: number, name: string): string => `outlet ${outlet}/${name}`;

/** Outlets beyond those it was born with are told after the next birth. */
export function pduValues(powerW: number | null, looks: readonly OutletLook[], table: Table<string>): Record<string, Scalar> {
  const values: Record<string, Scalar> = Object.fromEntries(Object.keys(table).map((name) => [name, null]));
  values["powerW"] = powerW === null ? null : Math.round(powerW);
  for (const { name, on, powerW: through, device } of looks) {
    const outlet = Number(name.slice(name.lastIndexOf("/") + 1));
    const told: Record<string, Scalar> = { on, powerW: through === null ? null : Math.round(through), device };
    for (const [member, value] of Object.entries(told)) if (outletMetric(outlet, member) in values) values[outletMetric(outlet, member)] = value;
  }
  return values;
}
