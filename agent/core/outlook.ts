/** What will limit the rack, as far as anybody has said it: the same statements, asked for every moment at which one may change. */
import { statements } from "./aim.ts";
import type { Heard, Span } from "./grid.ts";
import type { EffectiveLimit, Statement } from "./limit.ts";
import { effectiveLimit } from "./limit.ts";
import type { Mode } from "./mode.ts";
import type { Now } from "./time.ts";
import type { Instant, Millis, Watts } from "./units.ts";

/** From this moment on, until the next. */
export interface Ahead {
  readonly at: Instant;
  readonly effective: EffectiveLimit;
}

export interface OutlookContext {
  readonly mode: Mode;
  readonly heard: Heard;
  readonly synchronised: boolean;
  readonly uptime: Millis;
  readonly failsafe: Watts;
  /** What the farm itself states at a time. */
  readonly local: (now: Now) => readonly Statement[];
  /** When that may change by the clock. */
  readonly moments: readonly Instant[];
}

/** A document with a thousand intervals is no reason to look at each. */
const MOMENTS_AT_MOST = 200;

/** The limits that follow, each once: what binds at `from` is not among them. */
export function outlook({ mode, heard, synchronised, uptime, failsafe, local, moments }: OutlookContext, from: Instant, until: Instant): Ahead[] {
  const at = (moment: Instant): EffectiveLimit => {
    const now: Now = { uptime, earliest: moment, latest: moment };
    return effectiveLimit(statements(mode, { heard, now, synchronised, local: local(now), uptime, failsafe }));
  };
  const when = [...new Set([...momentsOf(heard), ...moments])].filter((moment) => moment > from && moment <= until).sort((a, b) => a - b).slice(0, MOMENTS_AT_MOST);
  const ahead: Ahead[] = [];
  let before = at(from);
  for (const moment of when) {
    const effective = at(moment);
    if (!isSame(before, effective)) ahead.push({ at: moment, effective });
    before = effective;
  }
  return ahead;
}

function momentsOf({ allocations, limits, levels, setpoints }: Heard): Instant[] {
  const ends = ({ start, end }: Span): Instant[] => [start, end].filter((moment) => moment !== null);
  return [
    ...allocations.flatMap(({ valid, schedule }) => [...ends(valid), ...schedule.flatMap(({ span }) => ends(span))]),
    ...[...limits, ...levels, ...setpoints].flatMap(({ intervals, expires }) => [...(expires === null ? [] : [expires]), ...(intervals as readonly { readonly span: Span }[]).flatMap(({ span }) => ends(span))]),
  ];
}

const isSame = (a: EffectiveLimit, b: EffectiveLimit): boolean =>
  a.binding?.power === b.binding?.power && a.binding?.source === b.binding?.source && a.binding?.ref?.id === b.binding?.ref?.id;
