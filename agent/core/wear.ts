/** What a machine has gone through, told from its readings alone: rest, restarts, heat and cold, settings changed. */
import type { Millis } from "./units.ts";
import { millis, seconds } from "./units.ts";
import type { View } from "./view.ts";

export interface Wear {
  /** Asleep or without power, in all. */
  readonly rest: Millis;
  /** Times it came up again: out of sleep, after a restart of its own, or when its outlet closed. */
  readonly powerCycles: number;
  /** Times its hottest board cooled down by `SWING` and was as hot again. */
  readonly thermalCycles: number;
  /** Settings changed by order, sleeping and waking included. */
  readonly changes: number;
  readonly last: Last;
}

/** What the next look is compared with. */
interface Last {
  /** Uptime; null: not looked at since the start. */
  readonly at: Millis | null;
  readonly rests: boolean | null;
  /** Uptime since when it rests without end; null: it does not. */
  readonly restsSince: Millis | null;
  /** Of its mining process. */
  readonly running: Millis | null;
  /** The hottest or the coldest it was since it last turned, °C. */
  readonly turning: number | null;
  readonly heats: boolean;
}

export const NEW: Wear = { rest: millis(0), powerCycles: 0, thermalCycles: 0, changes: 0, last: { at: null, rests: null, restsSince: null, running: null, turning: null, heats: true } };

/** Solder tires of swings, not of drift: boards change by some 5 K with the day, by 30 K and more when they sleep. */
const SWING = 20;
/** A longer silence says nothing of how long it rested. */
const GAP = seconds(60);

export function nextWear(wear: Wear, { device }: Pick<View, "device">, uptime: Millis): Wear {
  const { reading, feed } = device;
  const telemetry = feed?.on !== false && reading.kind === "known" ? reading.telemetry : null;
  const rests = feed?.on === false ? true : telemetry === null || telemetry.state === null ? null : telemetry.state === "asleep";
  const { last } = wear;
  const passed = last.at === null ? 0 : Math.min(GAP, uptime - last.at);
  const rest = rests === true && last.rests === true ? millis(wear.rest + passed) : wear.rest;
  // A silent machine has not changed; what it did meanwhile shows when it speaks again.
  const rested = rests ?? last.rests;
  const restsSince = rested === true ? (last.restsSince ?? uptime) : null;
  const restarted = telemetry?.uptime != null && last.running !== null && telemetry.uptime < last.running && rests === false;
  const cycled = (last.rests === true && rests === false) || restarted;
  const heat = nextHeat(last, hottest(telemetry));
  const next: Last = { at: uptime, rests: rested, restsSince, running: telemetry?.uptime ?? last.running, turning: heat.turning, heats: heat.heats };
  return { rest, powerCycles: wear.powerCycles + (cycled ? 1 : 0), thermalCycles: wear.thermalCycles + (heat.cycled ? 1 : 0), changes: wear.changes, last: next };
}

function hottest(telemetry: { readonly boards: readonly { readonly boardTemperature: number | null }[] } | null): number | null {
  let most: number | null = null;
  for (const { boardTemperature } of telemetry?.boards ?? []) if (boardTemperature !== null && (most === null || boardTemperature > most)) most = boardTemperature;
  return most;
}

/** Half a cycle down, half a cycle up, each of them `SWING` from where it turned. */
function nextHeat({ turning, heats }: Pick<Last, "turning" | "heats">, now: number | null): { readonly turning: number | null; readonly heats: boolean; readonly cycled: boolean } {
  if (now === null || turning === null) return { turning: now ?? turning, heats, cycled: false };
  if (heats ? now >= turning : now <= turning) return { turning: now, heats, cycled: false };
  if (Math.abs(now - turning) < SWING) return { turning, heats, cycled: false };
  return { turning: now, heats: !heats, cycled: !heats };
}

/** What is written down: the counts, and how far a swing has come. */
export type KeptWear = Pick<Wear, "rest" | "powerCycles" | "thermalCycles" | "changes"> & Pick<Last, "turning" | "heats">;

/** Of a machine that has been through nothing there is nothing to write. */
export const keptWear = (wear: Wear): { readonly wear?: KeptWear } => {
  const { rest, powerCycles, thermalCycles, changes, last: { turning, heats } } = wear;
  return rest + powerCycles + thermalCycles + changes === 0 && turning === null ? {} : { wear: { rest: millis(Math.round(rest)), powerCycles, thermalCycles, changes, turning, heats } };
};

/** A restart of the daemon is none of the machine. */
export const recalledWear = ({ turning, heats, ...counts }: KeptWear): Wear => ({ ...counts, last: { ...NEW.last, turning, heats } });
