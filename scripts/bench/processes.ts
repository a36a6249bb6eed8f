/** The processes the benchmark starts, and nothing else, end with it. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

const PATIENCE_MS = 8_000;

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Takes over a child: it does not outlive this process. */
export function owned<T extends ChildProcess>(child: T): T {
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

/** Asked first, killed when it does not listen. Resolves when it is gone. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (!running.has(child)) return;
  const gone = once(child, "exit");
  if (child.connected) child.disconnect();
  else child.kill("SIGTERM");
  const killer = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  await gone;
  clearTimeout(killer);
}
