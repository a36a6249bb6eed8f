/** Something due by the calendar that may come late: rolling a file, writing a report, reading an inventory anew. */
export interface Chore {
  readonly name: string;
  /** minute, hour, day of month, month, weekday. */
  readonly cron: string;
  /** A name of the tz database. */
  readonly zone: string;
  run(signal: AbortSignal): Promise<void>;
}
