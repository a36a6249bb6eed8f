/** Records with a row for every machine go in parts: one message of a big rack would fill a farm's uplink for seconds. */

/** Rows of a part: of a quarter hour 7 kB, of a minute 5 kB. */
const ROWS = 200;

/** Each part has all that the record has, and says which of how many it is, from 1. One without rows is one part. */
export function inParts<T extends { readonly rows: readonly unknown[] }>(record: T): readonly (T & { readonly part: number; readonly parts: number })[] {
  const parts = Math.max(1, Math.ceil(record.rows.length / ROWS));
  return Array.from({ length: parts }, (_, index) => ({ ...record, part: index + 1, parts, rows: record.rows.slice(index * ROWS, (index + 1) * ROWS) }));
}
