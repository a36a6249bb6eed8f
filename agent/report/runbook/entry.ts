export type Level = "info" | "warn" | "error";

/** What a technician reads about one word the daemon says: an event, an alarm, a state, a code. */
export interface Entry {
  /** How loud the log says it. */
  readonly level: Level;
  /** Louder where the event's field `to` is one of these words. */
  readonly to?: Readonly<Record<string, Level>>;
  /** The line in the log: a sentence without its subject's name, which the fields give. */
  readonly says: string;
  readonly means: string;
  readonly cause: string;
  readonly cure: string;
}

export type Chapter = Readonly<Record<string, Entry>>;

export const NO_CURE = "Nothing to do.";
