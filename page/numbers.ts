/** Figures as people read them: Latin digits and units in every language, always from left to right. Unknown is a word, never 0. */
import type { Language } from "./words/words.ts";

const digits = (value: number): string => value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
/** A figure and its unit stay on one line. */
const leftToRight = (text: string): string => `\u2066${text.replaceAll(" ", "\u00a0")}\u2069`;
const two = (value: number): string => String(value).padStart(2, "0");

export interface Figures {
  power(powerW: number | null): string;
  hashrate(hashrateThs: number | null): string;
  temperature(celsius: number | null): string;
  unit(value: number | null, unit: string, decimals?: number): string;
}

export function figures({ say }: Language): Figures {
  const known = (value: number | null, text: (value: number) => string): string => (value === null ? say("unknown") : leftToRight(text(value)));
  return {
    power: (value) => known(value, (power) => (Math.abs(power) < 1_000 ? `${Math.round(power)} W` : Math.abs(power) < 999_500 ? `${digits(power / 1e3)} kW` : `${digits(power / 1e6)} MW`)),
    hashrate: (value) => known(value, (hashrate) => (hashrate < 999.5 ? `${hashrate === 0 ? "0" : digits(hashrate)} TH/s` : hashrate < 999_500 ? `${digits(hashrate / 1e3)} PH/s` : `${digits(hashrate / 1e6)} EH/s`)),
    temperature: (value) => known(value, (celsius) => `${Math.round(celsius)} °C`),
    unit: (value, unit, decimals = 0) => known(value, (amount) => `${amount.toFixed(decimals)} ${unit}`),
  };
}

/** "14:05:09", by the clock of whoever reads. */
export function clock(at: number, withSeconds = true): string {
  const time = new Date(at);
  return leftToRight(`${two(time.getHours())}:${two(time.getMinutes())}${withSeconds ? `:${two(time.getSeconds())}` : ""}`);
}

/** "58:12", "2:05:09": what a countdown shows. */
export function countdown(lengthMs: number): string {
  const whole = Math.max(0, Math.round(lengthMs / 1000));
  const [hours, minutes, seconds] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60];
  return leftToRight(hours >= 48 ? `${Math.floor(hours / 24)} d ${hours % 24} h` : hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${two(minutes)}:${two(seconds)}`);
}

/** "12 s", "5 min", "3 h". */
export function length(lengthMs: number): string {
  const seconds = Math.max(0, Math.round(lengthMs / 1000));
  return leftToRight(seconds < 100 ? `${seconds} s` : seconds < 6_000 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`);
}
