/**
 * Who stands at the address of each miner: serial numbers, MAC and firmware, as far as its firmware tells. Asked when it has
 * begun to answer, and once a day; one machine after the other, because many serve one question at a time.
 */
import type { Config } from "../config/schema.ts";
import { seconds, type Millis } from "../core/units.ts";
import type { Clock } from "../runtime/clock.ts";
import { messageOf } from "../runtime/errors.ts";
import type { Log } from "../runtime/log.ts";

export interface Identity {
  readonly driver: string;
  readonly firmware: string;
  readonly mac: string | null;
  readonly serial: string | null;
  /** By the board's index; null: not said. */
  readonly boardSerials: readonly (string | null)[];
}

/** null: nobody there says who he is. */
export type WhoIs = (address: Config["miners"][number]["address"], signal: AbortSignal) => Promise<Identity | null>;

const BETWEEN = seconds(1);
const AGAIN_AFTER = seconds(86_400);
/** One that comes and goes is not asked each time. */
const AT_LEAST_APART = seconds(600);
const LONGEST_MS = 20_000;

export class RollCall {
  readonly #miners: Config["miners"];
  readonly #whoIs: WhoIs;
  readonly #known = new Map<string, { readonly identity: Identity | null; readonly at: Millis; readonly away: boolean }>();
  #answering: ReadonlySet<string> = new Set();

  constructor(miners: Config["miners"], whoIs: WhoIs) {
    this.#miners = miners;
    this.#whoIs = whoIs;
  }

  /** null: not asked yet, or nothing was said, or somebody else than the configuration names stands there. */
  of(id: string): Identity | null {
    const { driver } = this.#miners.find((miner) => miner.id === id) ?? {};
    const identity = this.#known.get(id)?.identity ?? null;
    return identity?.driver === driver ? identity : null;
  }

  /** Which of them answer now. One that was away may be another one. */
  answering(ids: ReadonlySet<string>): void {
    for (const [id, entry] of this.#known) if (!ids.has(id) && !entry.away) this.#known.set(id, { ...entry, away: true });
    this.#answering = ids;
  }

  async run(clock: Clock, log: Log, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(BETWEEN, signal).catch(() => undefined);
      const next = this.#miners.find(({ id }) => this.#answering.has(id) && this.#isDue(id, clock.now().uptime));
      if (next === undefined || signal.aborted) continue;
      const identity = await this.#whoIs(next.address, AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)])).catch((error: unknown) => {
        log.debug({ device: next.id, reason: messageOf(error) }, "a miner did not say who it is");
        return null;
      });
      const before = this.#known.get(next.id)?.identity ?? null;
      this.#known.set(next.id, { identity: identity ?? before, at: clock.now().uptime, away: false });
    }
  }

  #isDue(id: string, now: Millis): boolean {
    const last = this.#known.get(id);
    return last === undefined || now - last.at >= (last.away ? AT_LEAST_APART : AGAIN_AFTER);
  }
}
