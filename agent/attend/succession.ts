/** After `curtaild state import`: says in events and journal from where the journal before this one is to be read on. */
import type { Attendant, Desk } from "./attendant.ts";

/** What the import leaves for the first start. */
export const SUCCESSION = "succession";

export class Succession implements Attendant {
  readonly name = SUCCESSION;

  attach(kept: unknown, desk: Desk): void {
    if (typeof kept !== "object" || kept === null) return;
    const { logHead = null, exportedAt = null } = kept as { readonly logHead?: unknown; readonly exportedAt?: unknown };
    desk.event("state.imported", { logHead, exportedAt });
    desk.keep(null).catch(() => undefined);
  }
}
