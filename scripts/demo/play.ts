/** Plays the story: gives each step's signal, watches until its time is over, and judges it. */
import { setTimeout as pause } from "node:timers/promises";
import { judge, type Verdict } from "./judge.ts";
import type { Act, Step } from "./story.ts";
import type { Look } from "./watch.ts";

export interface Theatre {
  readonly rack: Parameters<typeof judge>[1];
  /** Seconds since the story began. */
  readonly seconds: () => number;
  act(act: Act): Promise<void>;
  look(): Promise<Look>;
}

/** What shows the story to people: the live picture, or lines. */
export interface Show {
  /** The signal of step `index` goes out. */
  begin(step: Step, index: number): void;
  look(look: Look): void;
  /** Something worth a line of its own. */
  note(text: string): void;
  /** The story is over. */
  end(): void;
}

const BETWEEN_LOOKS_MS = 250;

export async function play(steps: readonly Step[], theatre: Theatre, { show, signal }: { readonly show: Show; readonly signal: AbortSignal }): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  let endS = 0;
  for (const [index, step] of steps.entries()) {
    endS += step.seconds;
    const signalS = theatre.seconds();
    show.begin(step, index);
    for (const act of step.acts) await theatre.act(act);
    const samples: Look[] = [];
    await watch(theatre, { show, signal, until: () => theatre.seconds() >= endS, seen: (seen) => samples.push(seen) });
    verdicts.push(judge(step, theatre.rack, { samples, signalS }));
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
    const next = pause(BETWEEN_LOOKS_MS, undefined, { signal });
    next.catch(() => undefined);
    const look = await theatre.look();
    seen?.(look);
    show.look(look);
    await next;
  }
}
