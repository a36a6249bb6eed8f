/** ISO 8601 durations and RFC 3339 times, as OpenADR 3 uses them. */
import { instant, type Instant } from "../../core/units.ts";

/** Calendar parts apart from the clock's: a month is added as a month. */
export interface Length {
  readonly months: number;
  readonly ms: number;
}

/** P9999Y: without end. Anything over a century is meant so. */
export const FOREVER = "forever";
const centuries = 100 * 12;
const centuryMs = 100 * 366 * 86_400_000;

const form = /^P(?!$)(?:(\d{1,7})Y)?(?:(\d{1,7})M)?(?:(\d{1,7})W)?(?:(\d{1,7})D)?(?:T(?!$)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:[.,]\d{1,9})?)S)?)?$/;

/** null: not a duration. */
export function readLength(text: string): Length | typeof FOREVER | null {
  const parts = form.exec(text);
  if (parts === null) return null;
  const [years, months, weeks, days, hours, minutes, seconds] = parts.slice(1).map((part) => Number((part ?? "0").replace(",", "."))) as [number, number, number, number, number, number, number];
  const length = { months: years * 12 + months, ms: ((weeks * 7 + days) * 24 + hours) * 3_600_000 + minutes * 60_000 + Math.round(seconds * 1_000) };
  return length.months >= centuries || length.ms >= centuryMs ? FOREVER : length;
}

export const isNothing = (length: Length | typeof FOREVER): boolean => length !== FOREVER && length.months === 0 && length.ms === 0;

/** As a stretch of the clock; a month counts its longest. */
export const inMs = ({ months, ms }: Length): number => months * 31 * 86_400_000 + ms;

/** When something that began at `start` ends; null: never. */
export function endOf(start: Instant, length: Length | typeof FOREVER): Instant | null {
  if (length === FOREVER) return null;
  const { months, ms } = length;
  if (months === 0) return instant(start + ms);
  const date = new Date(start);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, last));
  return instant(date.getTime() + ms);
}

/** The beginning of time: OpenADR's word for "now", and for "right after the one before". */
export const BEGINNING = "beginning";
const beginnings = /^0001-01-01(T00:00:00(\.0+)?(Z|[+-]00:00)?)?$/;
const timeForm = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;

/** null: not a time. One without its offset from UTC is none: nobody could say when it is. */
export function readTime(text: string): Instant | typeof BEGINNING | null {
  if (beginnings.test(text)) return BEGINNING;
  const at = timeForm.test(text) ? Date.parse(text.toUpperCase().replace(" ", "T")) : NaN;
  return Number.isFinite(at) ? instant(at) : null;
}
