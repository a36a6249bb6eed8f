/** A bounded number of verifications a second for each subscription; the rest is counted and not looked at. */
import type { Tick } from "../core/time.ts";

const most = 50;

export class FloodGate {
  readonly #windows = new Map<string, { second: number; passed: number }>();

  /** False: one too many in this second. `filter` is one of a fixed set, so the map is bounded. */
  admits(filter: string, { uptime }: Tick): boolean {
    const second = Math.floor(uptime / 1_000);
    const window = this.#windows.get(filter);
    if (window === undefined || window.second !== second) {
      this.#windows.set(filter, { second, passed: 1 });
      return true;
    }
    window.passed += 1;
    return window.passed <= most;
  }
}
