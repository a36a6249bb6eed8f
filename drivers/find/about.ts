/** What a machine is, in its own words. null: it did not say. */
export interface About {
  /** The model as it calls itself. */
  readonly type: string | null;
  /** Of the firmware. */
  readonly version: string | null;
  readonly mac: string | null;
  readonly serial: string | null;
  readonly boards: number | null;
  /** By the board's index; null: it did not say. */
  readonly boardSerials: readonly (string | null)[];
}

const UNSAID: About = { type: null, version: null, mac: null, serial: null, boards: null, boardSerials: [] };

/** Lower case with colons, however it was written; null: none. */
export function macOf(text: string | null): string | null {
  const digits = text?.replace(/[:.-]/g, "").toLowerCase() ?? "";
  if (!/^[0-9a-f]{12}$/.test(digits) || /^0{12}$/.test(digits)) return null;
  return digits.replace(/(..)(?=.)/g, "$1:");
}

/** Makers write "N/A" and the like where they know nothing. */
export const said = (text: string | null): string | null => (text === null || /^(n\/?a|null|none|unknown|undefined|-+|0+)$/i.test(text) ? null : text.slice(0, 120));

/** What was said, made alike. */
export const aboutOf = (told: Partial<About>): About => ({
  ...UNSAID, ...told,
  type: said(told.type ?? null), version: said(told.version ?? null), mac: macOf(told.mac ?? null), serial: said(told.serial ?? null),
});
