/** Plays the story: gives each step's signal, watches until its time is over, and judges it. */
import { setTimeout as pause } from "node:timers/promises";
import { END_S, judge, type Rack, type Verdict } from "./judge.ts";
import { PATIENCE_S, type Act, type Step } from "./story.ts";
import type { Look } from "./watch.ts";

export interface Theatre {
  readonly rack: Rack;
  /** Seconds since the story began. */
  readonly seconds: () => number;
  act(act: Act): Promise<void>;
  look(): Promise<Look>;
}

/** What shows the story to people: the live picture, or lines. */
export interface Show {
  /** The signal of a step goes out. */
  begin(step: Step, atS: number): void;
  look(look: Look): void;
  /** Something worth a line of its own. */
  note(text: string): void;
  /** A step is over and judged. */
  concluded(): void;
  /** The story is over. */
  end(): void;
}

const BETWEEN_LOOKS_MS = 250;

export async function play(steps: readonly Step[], theatre: Theatre, { show, signal }: { readonly show: Show; readonly signal: AbortSignal }): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const step of steps) {
    const signalS = theatre.seconds();
    show.begin(step, signalS);
    for (const act of step.acts) await theatre.act(act);
    const samples: Look[] = [];
    const verdict = (): Verdict => judge(step, theatre.rack, { samples, signalS });
    const over = (): boolean => {
      const lasted = theatre.seconds() - signalS;
      if (lasted < step.atLeastS) return false;
      const { ok, secondsToComply } = verdict();
      if (ok && secondsToComply !== null) return lasted >= secondsToComply + END_S;
      // In time, but not all of the limit is used yet: that may still come.
      const late = secondsToComply === null || secondsToComply > step.withinS;
      return lasted >= (late ? step.withinS : Math.max(PATIENCE_S, step.withinS)) + END_S;
    };
    await watch(theatre, { show, signal, until: over, seen: (seen) => samples.push(seen) });
    verdicts.push(verdict());
    show.concluded();
  }
  return verdicts;
}

/** Looks four times a second until `until` says so or `signal` aborts, which rejects. */
export async function watch(
  theatre: Theatre,
  { show, signal, until, seen }: { readonly show: Show; readonly signal: AbortSignal; readonly until: () => boolean; readonly seen?: (look: Look) => void },
): Promise<void> {
  while (!until()) {
    signal.throwIfAborted();
    const next = pause(BETWEEN_LOOKS_MS, undefined, { signal }).catch(() => undefined);
    const look = await theatre.look();
    seen?.(look);
    show.look(look);
    await next;
  }
}
