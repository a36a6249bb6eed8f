/** What the reader of `top` has chosen, and what each key makes of it. Pure. */
import type { DeviceRow } from "../answers.ts";
import { columns } from "./columns.ts";

export interface TopView {
  /** Index into the columns. */
  readonly sortedBy: number;
  readonly reversed: boolean;
  readonly filter: string;
  /** Keys go into the filter. */
  readonly typing: boolean;
  readonly paused: boolean;
  /** Index into what is shown. */
  readonly selected: number;
  /** The one opened; null: the table. */
  readonly opened: string | null;
}

export const firstView: TopView = { sortedBy: 0, reversed: false, filter: "", typing: false, paused: false, selected: 0, opened: null };

/** A key as readline names it. */
export interface Key {
  readonly name?: string | undefined;
  readonly sequence?: string | undefined;
  readonly ctrl?: boolean | undefined;
}

const PAGE = 10;

/** "quit", or the next view. `rows`: what is shown. */
export function press(view: TopView, key: Key, rows: readonly DeviceRow[]): TopView | "quit" {
  const { name = "", sequence = "", ctrl } = key;
  if (ctrl === true && name === "c") return "quit";
  if (view.typing) return type(view, name, sequence);
  const move = (by: number): TopView => ({ ...view, selected: Math.max(0, Math.min(rows.length - 1, view.selected + by)) });
  const sort = (by: number): TopView => ({ ...view, sortedBy: (view.sortedBy + by + columns.length) % columns.length, reversed: false, selected: 0 });
  switch (name === "" ? sequence : name) {
    case "q": return "quit";
    case "up": case "k": return move(-1);
    case "down": case "j": return move(1);
    case "pageup": return move(-PAGE);
    case "pagedown": return move(PAGE);
    case "home": return move(-rows.length);
    case "end": return move(rows.length);
    case "left": return sort(-1);
    case "right": case "s": return sort(1);
    case "r": return { ...view, reversed: !view.reversed, selected: 0 };
    case "p": case "space": return { ...view, paused: !view.paused };
    case "/": return { ...view, typing: true, opened: null };
    case "return": case "enter": return { ...view, opened: rows[view.selected]?.id ?? null };
    case "escape": case "backspace": return view.opened === null ? { ...view, filter: "", selected: 0 } : { ...view, opened: null };
    default: return view;
  }
}

function type(view: TopView, name: string, sequence: string): TopView {
  if (name === "return" || name === "enter") return { ...view, typing: false };
  if (name === "escape") return { ...view, typing: false, filter: "" };
  if (name === "backspace") return { ...view, filter: view.filter.slice(0, -1), selected: 0 };
  return /^[\x21-\x7e]$/.test(sequence) ? { ...view, filter: view.filter + sequence, selected: 0 } : view;
}

/** What the filter leaves, in order. The filter looks at name, state and reason. */
export function shownRows(view: TopView, rows: readonly DeviceRow[]): readonly DeviceRow[] {
  const words = view.filter.toLowerCase();
  const column = columns[view.sortedBy];
  const left = rows.filter(({ id, state, unknownReason }) => `${id} ${state} ${unknownReason ?? ""}`.toLowerCase().includes(words));
  if (column === undefined) return left;
  const sign = view.reversed ? -1 : 1;
  return left.toSorted((a, b) => sign * compare(column.value(a), column.value(b)));
}

/** Words by the alphabet with numbers in them by size; figures from the largest; what is not known last. */
function compare(a: string | number | null, b: string | number | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  if (typeof a === "number" && typeof b === "number") return b - a;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}
