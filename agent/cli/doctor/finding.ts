/** One thing the doctor looked at. */
export interface Finding {
  /** `clock`, `broker mqtts://…`, `miner asic-03` */
  readonly subject: string;
  /** `doubt`: it works, and somebody should look. */
  readonly state: "ok" | "doubt" | "fault";
  readonly text: string;
  /** null: nothing to do. */
  readonly cure: string | null;
}

export const ok = (subject: string, text: string): Finding => ({ subject, state: "ok", text, cure: null });
export const doubt = (subject: string, text: string, cure: string): Finding => ({ subject, state: "doubt", text, cure });
export const fault = (subject: string, text: string, cure: string): Finding => ({ subject, state: "fault", text, cure });
