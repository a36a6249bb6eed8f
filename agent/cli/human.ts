/** Units as people write and read them. What is parsed is exact; what is formatted is rounded for reading. */
import { InvalidArgumentError, Option } from "commander";
import { millis, watts, type Millis, type Terahash, type Watts } from "../core/units.ts";

const powerUnits: Readonly<Record<string, number>> = { "": 1, w: 1, kw: 1e3, mw: 1e6, gw: 1e9 };
const durationUnits: Readonly<Record<string, number>> = { ms: 1, "": 1e3, s: 1e3, m: 60e3, min: 60e3, h: 3_600e3, d: 86_400e3 };

/**
 * "8kW", "8000", "1.2 MW" or, where the nominal power is known, "60%" of it. "mW" is read as MW: nobody curtails milliwatts.
 * Throws commander's InvalidArgumentError naming what is allowed.
 */
export function parsePower(text: string, nominal?: Watts): Watts {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z%]*)\s*$/i.exec(text);
  const amount = Number(match?.[1]);
  const unit = match?.[2]?.toLowerCase() ?? "?";
  if (unit === "%") {
    if (nominal === undefined) throw new InvalidArgumentError(`"${text}" is a share of something: say of what with --nominal POWER, or give watts.`);
    return watts((nominal * amount) / 100);
  }
  const scale = powerUnits[unit];
  if (scale === undefined || !Number.isFinite(amount)) throw new InvalidArgumentError(`"${text}" is not a power: write 8kW, 8000W or 60%.`);
  return watts(amount * scale);
}

/** "90s", "15m", "2h", "1d", "1h30m", or bare seconds. Throws InvalidArgumentError naming what is allowed. */
export function parseDuration(text: string): Millis {
  const compact = text.replaceAll(/\s/g, "").toLowerCase();
  const parts = [...compact.matchAll(/(\d+(?:\.\d+)?)(ms|min|[smhd]|(?=$))/g)];
  const total = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (durationUnits[unit ?? ""] ?? Number.NaN), 0);
  const read = parts.map(([whole]) => whole).join("");
  if (compact === "" || read !== compact || !Number.isFinite(total)) {
    throw new InvalidArgumentError(`"${text}" is not a length of time: write 90s, 15m, 2h, 1h30m or 1d.`);
  }
  return millis(total);
}

/** With a default that the help shows as it would be typed. */
export const durationOption = (flags: string, description: string, usual: string): Option => new Option(flags, description).argParser(parseDuration).default(parseDuration(usual), usual);

const digits = (value: number): string => value.toFixed(Math.abs(value) >= 10 ? 1 : 2);

/** "850 W", "20.1 kW", "1.25 MW"; "unknown" for null. */
export function formatPower(power: Watts | null): string {
  if (power === null) return "unknown";
  const size = Math.abs(power);
  if (size < 999.5) return `${Math.round(power)} W`;
  if (size < 999_950) return `${digits(power / 1e3)} kW`;
  return `${digits(power / 1e6)} MW`;
}

/** "121.8 TH/s", "1.46 PH/s", "850 GH/s"; "unknown" for null. */
export function formatHashrate(hashrate: Terahash | null): string {
  if (hashrate === null) return "unknown";
  if (hashrate === 0) return "0 TH/s";
  if (Math.abs(hashrate) < 1) return `${Math.round(hashrate * 1e3)} GH/s`;
  if (Math.abs(hashrate) < 999.95) return `${digits(hashrate)} TH/s`;
  if (Math.abs(hashrate) < 999_950) return `${digits(hashrate / 1e3)} PH/s`;
  return `${digits(hashrate / 1e6)} EH/s`;
}

/** Joules for a terahash, from power and hashrate: "22.9 J/TH"; "-" where nothing hashes, "unknown" for null. */
export function formatEfficiency(power: Watts | null, hashrate: Terahash | null): string {
  if (power === null || hashrate === null) return "unknown";
  return hashrate > 0 ? `${(power / hashrate).toFixed(1)} J/TH` : "-";
}

/** "850 ms", "45 s", "1 min 30 s", "2 h 5 min", "3 d 4 h"; "unknown" for null. */
export function formatDuration(length: Millis | null): string {
  if (length === null) return "unknown";
  if (length < 0) return `-${formatDuration(millis(-length))}`;
  if (length < 1_000) return `${Math.round(length)} ms`;
  const whole = Math.round(length / 1_000);
  const steps = [
    [86_400, "d"],
    [3_600, "h"],
    [60, "min"],
    [1, "s"],
  ] as const;
  const first = steps.findIndex(([size]) => whole >= size);
  let rest = whole;
  const words: string[] = [];
  for (const [size, unit] of steps.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) words.push(`${count} ${unit}`);
  }
  return words.join(" ");
}
