import { setTimeout as pause } from "node:timers/promises";

/** Asks again and again until the answer is more than a text that says what is still waited for. Throws that text when time is up. */
export async function until<T extends object | number | true>(ask: () => Promise<T | string>, { everyMs, withinMs }: { readonly everyMs: number; readonly withinMs: number }): Promise<T> {
  const end = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (typeof answer !== "string") return answer;
    if (performance.now() > end) throw new Error(`${answer}, for ${withinMs / 1000} s`);
    await pause(everyMs);
  }
}
