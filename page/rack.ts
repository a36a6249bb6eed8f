/** What the page knows of the rack, and how old that is. */
import type { LiveEvent, LiveMachine, LiveRack, LiveStatus, LiveWord } from "../agent/report/live.ts";
import type { Word } from "./words/words.ts";

export type { LiveEvent, LiveMachine, LiveRack, LiveStatus };

const MOST_EVENTS = 40;

export interface Rack {
  readonly rack: LiveRack;
  readonly status: LiveStatus;
  readonly machines: ReadonlyMap<string, LiveMachine>;
  /** Newest first. */
  readonly events: readonly LiveEvent[];
  /** The daemon's clock when it last spoke, and ours. */
  readonly at: number;
  readonly heardAt: number;
  readonly everyS: number;
}

/** null: what came does not begin with a whole, and there was none before. */
export function told(before: Rack | null, word: LiveWord, heardAt: number): Rack | null {
  const rack = word.rack ?? before?.rack;
  // With `rack` everything comes anew: what was known before may be of another life of the daemon.
  const whole = word.rack !== undefined;
  const status = word.status === undefined ? before?.status : ({ ...(whole ? {} : before?.status), ...word.status } as LiveStatus);
  if (rack === undefined || status === undefined) return null;
  const machines = new Map(whole ? [] : before?.machines);
  for (const [id, change] of Object.entries(word.machines ?? {})) machines.set(id, { ...machines.get(id), ...change } as LiveMachine);
  const events = [...(word.events ?? []).toReversed(), ...(whole ? [] : (before?.events ?? []))].slice(0, MOST_EVENTS);
  return { rack, status, machines, events, at: Date.parse(word.at), heardAt, everyS: word.everyS };
}

/** The daemon's clock now, going by ours since it spoke. */
export const daemonNow = ({ at, heardAt }: Rack): number => at + (performance.now() - heardAt);

/** Three words missed, and two seconds for the way. */
export const isStale = ({ heardAt, everyS }: Rack): boolean => performance.now() - heardAt > (everyS * 3 + 2) * 1000;

/** How a state looks: a drawing and a kind, told apart by both. */
export interface Look {
  readonly word: Word;
  readonly icon: string;
  readonly kind: "runs" | "changes" | "rests" | "trouble" | "unknown";
}

const looks: Readonly<Record<string, Look>> = {
  hashing: { word: "hashing", icon: "bolt", kind: "runs" },
  ramping: { word: "ramping", icon: "arrows", kind: "changes" },
  starting: { word: "starting", icon: "arrows", kind: "changes" },
  asleep: { word: "asleep", icon: "moon", kind: "rests" },
  off: { word: "off", icon: "off", kind: "rests" },
  fault: { word: "fault", icon: "triangle", kind: "trouble" },
  quarantined: { word: "quarantined", icon: "triangle", kind: "trouble" },
};
const silent: Look = { word: "stateUnknown", icon: "question", kind: "unknown" };

export const lookOf = ({ state }: Pick<LiveMachine, "state">): Look => looks[state] ?? silent;

/** In the order of the legend. */
export const allLooks: readonly Look[] = [...Object.values(looks), silent];
