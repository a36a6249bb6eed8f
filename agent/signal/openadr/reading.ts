/** Bytes of a VTN's answer to what is used of it. What is used has to be right; what is not is not looked at. */
import * as z from "zod";
import { watts, type Instant, type Watts } from "../../core/units.ts";
import { readJson } from "../json.ts";
import { messageOf } from "../../runtime/errors.ts";
import { accept, refuse, type Result } from "../result.ts";
import { readLength, readTime, type BEGINNING, type FOREVER, type Length } from "./duration.ts";

/** A page of at most 50 objects is no larger. */
export const LARGEST_ANSWER = 1_048_576;
const most = { intervals: 2_000, payloads: 50, values: 100, descriptors: 50, targets: 100, items: 50 } as const;
/** More than any grid connection of a rack carries. */
const mostKw = 100_000;

const objectId = z.string().regex(/^[A-Za-z0-9_-]{1,128}$/);
const word = z.string().min(1).max(128);
/** Absent and null are the same in OpenADR. */
const maybe = <T extends z.ZodType>(type: T) => type.nullish().transform((value) => value ?? null);
const list = <T extends z.ZodType>(type: T, length: number) => maybe(z.array(type).max(length)).transform((items) => items ?? []);

const time = z.string().max(64).transform((text, context): Instant | typeof BEGINNING => {
  const at = readTime(text);
  if (at === null) context.issues.push({ code: "custom", message: "no time with an offset from UTC (RFC 3339)", input: text });
  return at ?? z.NEVER;
});
const length = z.string().max(64).transform((text, context): Length | typeof FOREVER => {
  const read = readLength(text);
  if (read === null) context.issues.push({ code: "custom", message: "no duration (ISO 8601)", input: text });
  return read ?? z.NEVER;
});
/** 3.0 wrote targets as {type, values}. */
const target = z.union([word.transform((name) => [name]), z.object({ values: z.array(word).max(most.targets) }).transform(({ values }) => values)]);
const period = z.object({ start: maybe(time), duration: maybe(length), randomizeStart: maybe(length) });
const payload = z.object({ type: word, values: z.array(z.unknown()).max(most.values) });
const interval = z.object({ id: maybe(z.int()), intervalPeriod: maybe(period), payloads: z.array(payload).max(most.payloads) });
const descriptor = z.object({ payloadType: word, units: maybe(word) });
const wish = z.object({
  payloadType: word,
  aggregate: maybe(z.boolean()),
  startInterval: maybe(z.int()),
  numIntervals: maybe(z.int()),
  historical: maybe(z.boolean()),
  frequency: maybe(z.int()),
  repeat: maybe(z.int()),
});
const eventForm = z.object({
  id: objectId,
  programID: objectId,
  objectType: maybe(z.literal("EVENT")),
  eventName: maybe(z.string().max(1_000)),
  createdDateTime: maybe(time),
  modificationDateTime: maybe(time),
  priority: maybe(z.int().min(0)),
  duration: maybe(length),
  targets: list(target, most.targets).transform((targets) => targets.flat()),
  intervalPeriod: maybe(period),
  payloadDescriptors: list(descriptor, most.descriptors),
  reportDescriptors: list(wish, most.descriptors),
  intervals: list(interval, most.intervals),
});
const programForm = z.object({ id: objectId, programName: z.string().min(1).max(128), payloadDescriptors: list(descriptor, most.descriptors) });

export type Period = z.output<typeof period>;
export type ReportWish = z.output<typeof wish>;
export type Program = z.output<typeof programForm>;

/** What one interval says to this rack. `unclear`: something that limits, in words nobody here understands. */
export type Said =
  | { readonly kind: "limit" | "subscription" | "setpoint"; readonly power: Watts }
  | { readonly kind: "level"; readonly level: number }
  | { readonly kind: "alert"; readonly action: "STOP" | "BLACK_START_HOLD" }
  | { readonly kind: "unclear"; readonly why: string }
  | { readonly kind: "notice"; readonly type: string; readonly text: string };

export interface OadrEvent extends Omit<z.output<typeof eventForm>, "intervals"> {
  readonly program: string;
  readonly intervals: readonly { readonly id: number | null; readonly intervalPeriod: Period | null; readonly says: readonly Said[] }[];
  /** As it came: kept, and read again after a restart. */
  readonly source: unknown;
}

const powers = { IMPORT_CAPACITY_LIMIT: "limit", IMPORT_CAPACITY_SUBSCRIPTION: "subscription", DISPATCH_SETPOINT: "setpoint" } as const;
const alerts = { ALERT_GRID_EMERGENCY: "STOP", ALERT_BLACK_START: "BLACK_START_HOLD" } as const;
/** They ask for something, and this rack cannot do it in these words: people are told. */
const notFollowed = new Set(["DISPATCH_SETPOINT_RELATIVE", "DISPATCH_INSTRUCTION", "CONTROL_SETPOINT", "CONTROL_LEVEL_OFFSET", "CONTROL_LEVEL_OFFSET_PERCENT", "OLS"]);
const has = <T extends object>(table: T, key: PropertyKey): key is keyof T => Object.hasOwn(table, key);

export function readAnswer(bytes: Uint8Array): Result<unknown> {
  return readJson(bytes, LARGEST_ANSWER);
}

/** A page of a list: at most 50 objects. */
export function readPage(answer: unknown): Result<readonly unknown[]> {
  return Array.isArray(answer) && answer.length <= most.items ? accept(answer as readonly unknown[]) : refuse("SCHEMA", `not a list of at most ${most.items}`);
}

export const readProgram = (answer: unknown): Result<Program> => read(programForm, answer, "program");

/** `programs` say the units where the event does not. */
export function readEvent(answer: unknown, programs: ReadonlyMap<string, Program>): Result<OadrEvent> {
  const event = read(eventForm, answer, "event");
  if (!event.ok) return event;
  const program = programs.get(event.value.programID);
  const units = new Map([...(program?.payloadDescriptors ?? []), ...event.value.payloadDescriptors].map(({ payloadType, units: unit }) => [payloadType, unit]));
  const intervals: OadrEvent["intervals"][number][] = [];
  for (const [index, one] of event.value.intervals.entries()) {
    const says: Said[] = [];
    for (const { type, values } of one.payloads) {
      const said = meaningOf(type, values, units.get(type) ?? null);
      if (typeof said === "string") return refuse("SCHEMA", `event ${event.value.id}, interval ${index}, ${type}: ${said}`);
      if (said !== null) says.push(said);
    }
    intervals.push({ id: one.id, intervalPeriod: one.intervalPeriod, says });
  }
  return accept({ ...event.value, program: program?.programName ?? event.value.programID, intervals, source: answer });
}

/** null: nothing to us. A text: what is wrong with it. */
function meaningOf(type: string, values: readonly unknown[], unit: string | null): Said | string | null {
  if (has(powers, type)) {
    if (values.length === 0) return "it has no value";
    // Several values in one interval: its schema allows one, and the smallest is always right.
    const figures = values.map((value) => (typeof value === "number" && value >= 0 && value <= mostKw ? value : NaN));
    if (figures.some(Number.isNaN)) return `a value is no number from 0 to ${mostKw} kW`;
    if (unit !== null && unit !== "KW") return { kind: "unclear", why: `${type} is in ${unit}, not in KW` };
    return { kind: powers[type], power: watts(Math.floor(Math.min(...figures) * 1_000)) };
  }
  if (type === "SIMPLE") {
    const levels = values.map((value) => (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 3 ? value : NaN));
    return levels.length === 0 || levels.some(Number.isNaN) ? "a value is no level from 0 to 3" : { kind: "level", level: Math.max(...levels) };
  }
  if (has(alerts, type)) return { kind: "alert", action: alerts[type] };
  if (type.startsWith("ALERT_") || notFollowed.has(type)) return { kind: "notice", type, text: typeof values[0] === "string" ? values[0].slice(0, 200) : "" };
  return null;
}

function read<T extends z.ZodType>(form: T, answer: unknown, what: string): Result<z.output<T>> {
  const parsed = form.safeParse(answer);
  if (parsed.success) return accept(parsed.data);
  const [issue] = parsed.error.issues;
  return refuse("SCHEMA", `${what}: ${issue === undefined ? messageOf(parsed.error) : `${issue.path.join(".")}: ${issue.message}`}`.slice(0, 300));
}
