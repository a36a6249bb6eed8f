/** A changed configuration while the daemon runs: what can be taken at once is, the rest is said to wait for a restart. */
import { differences, taken } from "../config/live.ts";
import type { Config } from "../config/schema.ts";
import { ConfigError, formatFault } from "../runtime/errors.ts";
import type { Attendant, Desk } from "./attendant.ts";

/** As many faults as a log line bears; `curtaild check` lists them all. */
const MOST_FAULTS = 5;

export interface Reloaded {
  readonly ok: boolean;
  /** Paths taken at once. */
  readonly live: readonly string[];
  /** Paths that hold from the next start on. */
  readonly restart: readonly string[];
  readonly faults: readonly string[];
}

export interface ReloadOptions {
  readonly config: Config;
  /** Reads and checks the file again. Rejects with a ConfigError that names its faults. */
  readonly reread: () => Promise<Config>;
  /** Takes from a configuration what can be taken while running. */
  readonly adopt: (config: Config) => void;
}

export class Reload implements Attendant {
  readonly name = "reload";
  readonly #options: ReloadOptions;
  /** What was wired at the start: what differs from it waits for a restart, however often the file is read. */
  readonly #wired: Config;
  #inForce: Config;
  #desk: Desk | null = null;

  constructor(options: ReloadOptions) {
    this.#options = options;
    this.#wired = options.config;
    this.#inForce = options.config;
  }

  attach(_kept: unknown, desk: Desk): void {
    this.#desk = desk;
  }

  /** Never rejects for a bad file: that is an answer. */
  async reload(who: string): Promise<Reloaded> {
    try {
      const config = await this.#options.reread();
      const changed = differences(this.#inForce, config).filter((difference) => difference.live);
      const live = changed.map(({ path }) => path);
      const restart = differences(this.#wired, config).filter((difference) => !difference.live).map(({ path }) => path);
      this.#inForce = taken(this.#wired, config);
      this.#options.adopt(this.#inForce);
      this.#desk?.event("config.reloaded", { live, restart, changes: changed.map(({ path, before, after }) => `${path}: ${before} -> ${after}`), who });
      this.#desk?.soon();
      return { ok: true, live, restart, faults: [] };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const faults = error.faults.length === 0 ? [error.message] : error.faults.map((fault) => formatFault("", fault).replace(/^:/, "line "));
      this.#desk?.event("config.refused", { faults: faults.slice(0, MOST_FAULTS), who });
      return { ok: false, live: [], restart: [], faults };
    }
  }

  /** What the rack runs by: as wired at the start, with what was taken since. */
  get config(): Config {
    return this.#inForce;
  }
}
