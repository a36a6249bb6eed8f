/** Numbers as they leave the process: whole watts, two decimals of a terahash, null for unknown. */
export const whole = (value: number | null): number | null => (value === null ? null : Math.round(value));
export const hundredths = (value: number | null): number | null => (value === null ? null : Math.round(value * 100) / 100);
export const isoTime = (at: number): string => new Date(at).toISOString();
/** Seconds of a length in milliseconds, to a tenth. */
export const tenths = (ms: number): number => Math.round(ms / 100) / 10;
