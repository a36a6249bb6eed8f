/**
 * Several grids may speak to one rack, each in its own way. What they say stands together and the smallest binds; each has
 * to be heard, and the first that falls silent is a lost signal. No voice lifts what another states.
 */
import type { Allocation, Heard, HeartbeatState, LimitEvent } from "./grid.ts";
import { heartbeatTimeout } from "./mode.ts";
import { instant, millis, type Millis } from "./units.ts";

const NEVER = instant(0);

/** `first` may grant: its allocations are in force. What the others allocate only narrows. null: it does not speak here, and the next one is the first. */
export function together(first: Heard | null, others: readonly Heard[]): Heard {
  const [lead, ...rest] = first === null ? others : [first, ...others];
  if (lead === undefined) return SILENCE;
  if (rest.length === 0) return lead;
  const voices = [lead, ...rest];
  const allocations = [...lead.allocations, ...rest.flatMap((voice) => voice.allocations.map(withoutForce))];
  return {
    allocations,
    limits: [...voices.flatMap(({ limits }) => limits), ...rest.flatMap((voice) => voice.allocations.map(asLimit))],
    levels: voices.flatMap(({ levels }) => levels),
    setpoints: voices.flatMap(({ setpoints }) => setpoints),
    latches: voices.flatMap(({ latches }) => latches),
    heartbeat: weakest(voices, heartbeatTimeout(allocations)),
  };
}

/** Nobody has said anything. */
export const SILENCE: Heard = { allocations: [], limits: [], levels: [], setpoints: [], latches: [], heartbeat: { bornAt: null, confirmedAt: null, gapSince: null } };

/** Alive as long as all are, each by the timeout of its own; confirmed when the last of them was. */
function weakest(voices: readonly Heard[], timeout: Millis): HeartbeatState {
  const lost = voices.map(({ heartbeat, allocations }) => (heartbeat.bornAt === null ? null : heartbeat.bornAt + heartbeatTimeout(allocations)));
  const confirmed = voices.map(({ heartbeat }) => heartbeat.confirmedAt);
  const gaps = voices.flatMap(({ heartbeat }) => (heartbeat.gapSince === null ? [] : [heartbeat.gapSince]));
  return {
    bornAt: lost.includes(null) ? null : millis(Math.min(...lost.map(Number)) - timeout),
    confirmedAt: confirmed.includes(null) ? null : millis(Math.min(...confirmed.map(Number))),
    gapSince: gaps.length === 0 ? null : millis(Math.min(...gaps)),
  };
}

/** Its failsafe limit, timeouts and restart rule narrow as those of an allocation that is never valid. */
export function withoutForce(allocation: Allocation): Allocation {
  return { ...allocation, valid: { start: null, end: NEVER } };
}

/** Its watts narrow like a LIMIT. */
export function asLimit({ ref, valid, ceiling, schedule }: Allocation): LimitEvent {
  const stated = [{ span: valid, limit: ceiling }, ...schedule];
  return { ref, intervals: stated.flatMap(({ span, limit }) => (limit === null ? [] : [{ span, limit }])), expires: valid.end };
}
