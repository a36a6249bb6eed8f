/** When the controller's figures are an alarm, and when no more: with a distance between, so that none flutters. */
import type { HostFigures } from "./figures.ts";

interface Rule {
  readonly alarm: string;
  readonly figure: (figures: HostFigures) => number | string | boolean | null;
  readonly raised: (figures: HostFigures) => boolean;
  /** Once raised it stays until this. */
  readonly cleared: (figures: HostFigures) => boolean;
}

const below = (value: number | null, least: number): boolean => value !== null && value < least;
const above = (value: number | null, most: number): boolean => value !== null && value > most;

export const alarmRules: readonly Rule[] = [
  { alarm: "controller-hot", figure: ({ temperatureC }) => temperatureC, raised: ({ temperatureC }) => above(temperatureC, 80), cleared: ({ temperatureC }) => !above(temperatureC, 75) },
  { alarm: "disk-full", figure: ({ diskFreePct }) => diskFreePct, raised: ({ diskFreePct }) => below(diskFreePct, 10), cleared: ({ diskFreePct }) => !below(diskFreePct, 12) },
  { alarm: "memory-low", figure: ({ memoryAvailablePct }) => memoryAvailablePct, raised: ({ memoryAvailablePct }) => below(memoryAvailablePct, 10), cleared: ({ memoryAvailablePct }) => !below(memoryAvailablePct, 15) },
  { alarm: "clock-unsynced", figure: ({ clockSynced }) => clockSynced, raised: ({ clockSynced }) => !clockSynced, cleared: ({ clockSynced }) => clockSynced },
  { alarm: "network-down", figure: ({ linksUp }) => linksUp?.length ?? null, raised: ({ linksUp }) => linksUp?.length === 0, cleared: ({ linksUp }) => linksUp?.length !== 0 },
  { alarm: "loop-slow", figure: ({ loopDelayMs }) => loopDelayMs, raised: ({ loopDelayMs }) => above(loopDelayMs, 500), cleared: ({ loopDelayMs }) => !above(loopDelayMs, 200) },
  { alarm: "host-unread", figure: () => null, raised: unread, cleared: (figures) => !unread(figures) },
];

/** Not every machine has a sensor; every one has memory and a disk. */
function unread({ diskFreePct, memoryAvailablePct }: HostFigures): boolean {
  return diskFreePct === null || memoryAvailablePct === null;
}

/** The alarms that stand after these figures, given those that stood before. */
export const standing = (before: ReadonlySet<string>, figures: HostFigures): ReadonlySet<string> =>
  new Set(alarmRules.filter(({ alarm, raised, cleared }) => raised(figures) || (before.has(alarm) && !cleared(figures))).map(({ alarm }) => alarm));
