/** Writes what happened: a sentence a technician understands, and the facts as fields. A pino logger is one. */
export interface Log {
  debug(fields: object, text: string): void;
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

export const logLevels = ["error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof logLevels)[number];

/** One log a room, each as talkative as it is told to be. */
export interface Logbook {
  room(name: string): Log;
  /** By room; only those that have written or were told. */
  levels(): Readonly<Record<string, LogLevel>>;
  /** `room` null: all of them, also those to come. */
  tell(room: string | null, level: LogLevel): void;
}

const nothing = (): void => undefined;

export const silentLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
