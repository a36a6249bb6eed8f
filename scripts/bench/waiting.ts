import { setTimeout as pause } from "node:timers/promises";

/** Asks again and again until there is an answer. Throws when there is none in time: `what` says what was waited for. */
export async function until<T>(ask: () => Promise<T | null>, { what, everyMs, withinMs }: { readonly what: string; readonly everyMs: number; readonly withinMs: number }): Promise<T> {
  const end = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (performance.now() > end) throw new Error(`${what}: not within ${withinMs / 1000} s`);
    await pause(everyMs);
  }
}
