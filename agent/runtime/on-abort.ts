/**
 * One listener on a signal however many exchanges wait under it. A thousand miners share the daemon's signal, and an
 * EventTarget walks its whole list for each listener that comes or goes.
 */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `ended` when the signal aborts, at most once. Returns what takes it back. The signal must not have aborted yet. */
export function onAbort(signal: AbortSignal, ended: () => void): () => void {
  const all = waiting.get(signal) ?? listen(signal);
  all.add(ended);
  return () => all.delete(ended);
}

/** Resolves when the signal aborts, at once if it has. */
export const aborted = (signal: AbortSignal): Promise<void> => new Promise((resolve) => void (signal.aborted ? resolve() : onAbort(signal, resolve)));

function listen(signal: AbortSignal): Set<() => void> {
  const all = new Set<() => void>();
  waiting.set(signal, all);
  signal.addEventListener("abort", () => {
    for (const ended of all) ended();
  }, { once: true });
  return all;
}
