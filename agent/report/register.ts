/** The equipment register: every machine, board, meter and PDU ever seen, since when, what changed about it, and what a machine went through. */
import type { wearOf } from "./devices.ts";

export interface Equipment {
  readonly kind: "asic" | "board" | "meter";
  /** Unique in the rack: `asic-01`, `asic-01/board-0`, `pdu-1`. */
  readonly id: string;
  /** Make, model and firmware in words, as far as known. */
  readonly description: string;
  readonly model: string | null;
  readonly driver: string | null;
  readonly firmware: string | null;
  readonly serial: string | null;
  readonly mac: string | null;
  readonly address: string | null;
  readonly outlet: string | null;
  /** Hours at rest, power and thermal cycles, changes of its setting since it was first seen; null: no machine, or of an older version. */
  readonly wear: ReturnType<typeof wearOf> | null;
}

export interface RegisterEntry extends Equipment {
  /** UTC. */
  readonly firstSeen: string;
  /** To the hour, but for the first time: a register that is written every second wears out a card. */
  readonly lastSeen: string;
}

export type EquipmentChange =
  | { readonly kind: "added"; readonly item: string; readonly description: string }
  | { readonly kind: "changed"; readonly item: string; readonly field: string; readonly from: string; readonly to: string };

const WATCHED = ["description", "model", "driver", "firmware", "serial", "mac", "address", "outlet"] as const;
const HOUR_MS = 3_600_000;

/** What was seen now joins what is known. Unknown replaces nothing: a machine that does not tell its serial still has the one it told. */
export function register(known: ReadonlyMap<string, RegisterEntry>, seen: readonly Equipment[], at: number): { readonly known: ReadonlyMap<string, RegisterEntry>; readonly changes: readonly EquipmentChange[]; readonly moved: boolean } {
  const hour = new Date(Math.floor(at / HOUR_MS) * HOUR_MS).toISOString();
  const next = new Map(known);
  const changes: EquipmentChange[] = [];
  let moved = false;
  for (const item of seen) {
    const before = known.get(item.id);
    if (before === undefined) {
      changes.push({ kind: "added", item: item.id, description: item.description });
      next.set(item.id, { ...item, firstSeen: new Date(at).toISOString(), lastSeen: new Date(at).toISOString() });
      continue;
    }
    // Counts are no change of what it is: they are written down with the hour.
    const merged = { ...before, wear: item.wear ?? before.wear ?? null };
    for (const field of WATCHED) {
      const [from, to] = [before[field], item[field]];
      if (to === null || to === "" || to === from) continue;
      Object.assign(merged, { [field]: to });
      // What was not known before is learnt, not changed.
      if (from !== null && from !== "") changes.push({ kind: "changed", item: item.id, field, from, to });
      else moved = true;
    }
    // Never before it was seen first, and never back with a clock.
    const lastSeen = hour > before.lastSeen ? hour : before.lastSeen;
    moved ||= before.lastSeen !== lastSeen;
    next.set(item.id, { ...merged, lastSeen });
  }
  return { known: next, changes, moved: moved || changes.length > 0 };
}

const COLUMNS = ["kind", "id", "description", "model", "driver", "firmware", "serial", "mac", "address", "outlet", "licence", "firstSeen", "lastSeen"] as const;
const WEAR = ["restH", "powerCycles", "thermalCycles", "changes"] as const;

export interface RegisterSheet {
  readonly v: 1;
  readonly type: "EQUIPMENT";
  readonly operator: string;
  readonly node: string;
  readonly at: string;
  readonly licence: string | null;
  readonly items: readonly RegisterEntry[];
}

/** RFC 4180; the licence stands in every row, as authorities ask for it. */
export function registerCsv({ items, licence }: RegisterSheet): string {
  const rows = items.map((item) => [...COLUMNS.map((column) => (column === "licence" ? licence : item[column])), ...WEAR.map((column) => item.wear?.[column] ?? null)]);
  return [[...COLUMNS, ...WEAR], ...rows].map((row) => row.map(cell).join(",")).join("\r\n").concat("\r\n");
}

function cell(value: string | number | null): string {
  const text = String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
