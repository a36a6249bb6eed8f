/** A VTN's objects, and a rack that reads them, for the tests of this folder. */
import type { Now } from "../../agent/core/time.ts";
import { instant, millis, seconds, watts, type Instant } from "../../agent/core/units.ts";
import { readEvent, readProgram, type OadrEvent } from "../../agent/signal/openadr/reading.ts";
import type { Terms } from "../../agent/signal/openadr/stated.ts";

export const NOON = instant(Date.UTC(2026, 5, 1, 12));
export const iso = (at: number): string => new Date(at).toISOString();
export const after = (minutes: number): Instant => instant(NOON + minutes * 60_000);

export const terms: Terms = { contract: null, nominal: watts(30_000), failsafe: watts(10_000), levels: null, lostAfter: seconds(120), u: () => 0.5 };

export const certain = (at: number): Now => ({ uptime: millis(1_000_000), earliest: instant(at), latest: instant(at) });

export const program = { id: "p1", programName: "capacity", objectType: "PROGRAM", payloadDescriptors: [{ payloadType: "IMPORT_CAPACITY_LIMIT", units: "KW" }] };

type Fields = Readonly<Record<string, unknown>>;

export const limitOf = (kW: unknown): Fields => ({ type: "IMPORT_CAPACITY_LIMIT", values: [kW] });

/** An hour from noon under 8 kW, unless it says otherwise. */
export const event = (over: Fields = {}): Fields => ({
  id: "e1", programID: "p1", objectType: "EVENT", createdDateTime: iso(after(-60)), modificationDateTime: iso(after(-60)),
  intervalPeriod: { start: iso(NOON), duration: "PT1H" },
  intervals: [{ id: 0, payloads: [limitOf(8)] }],
  ...over,
});

export function read(from: unknown): OadrEvent {
  const known = readProgram(program);
  if (!known.ok) throw new Error(known.reason);
  const result = readEvent(from, new Map([["p1", known.value]]));
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}
