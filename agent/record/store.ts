/** KEEP: the durable state on LevelDB. Every commit is one batch, synchronised to the disk before it counts. */
import { mkdir } from "node:fs/promises";
import { ClassicLevel } from "classic-level";
import type { Store } from "../runtime/store.ts";

/**
 * The store cannot be used. `locked`: another process has it; `damaged`: what is in it cannot be trusted;
 * `unwritable`: a commit or the opening failed for the reason in `cause` (disk full, permissions, hardware).
 */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: "locked" | "damaged" | "unwritable";

  constructor(code: StoreError["code"], message: string, options: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export type Level = ClassicLevel;
type Change = { readonly type: "put"; readonly key: string; readonly value: string } | { readonly type: "del"; readonly key: string };

/** Opens the store in `dir`, made if it is missing. Throws a StoreError; the rack then runs under its failsafe limit. */
export async function openStore(dir: string): Promise<Store> {
  return new LevelStore(dir, await openLevel(dir));
}

/** Throws a StoreError. */
export async function openLevel(dir: string): Promise<Level> {
  // Documents are small and few: the caches of a database server would only cost memory.
  const level: Level = new ClassicLevel(dir, { writeBufferSize: 1 << 20, cacheSize: 1 << 20, maxOpenFiles: 64 });
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await level.open();
    return level;
  } catch (error) {
    await level.close().catch(() => undefined);
    throw openingError(dir, error);
  }
}

class LevelStore implements Store {
  readonly #dir: string;
  #level: Level;
  /** Commits reach the disk in the order they were asked for. */
  #last: Promise<void> = Promise.resolve();
  #broken = false;
  #closed = false;

  constructor(dir: string, level: Level) {
    this.#dir = dir;
    this.#level = level;
  }

  async load(prefix: string): Promise<ReadonlyMap<string, string>> {
    await this.#last;
    const found = new Map<string, string>();
    try {
      for await (const [key, value] of this.#level.iterator({ gte: prefix, lt: `${prefix}\u{10ffff}` })) found.set(key, value);
    } catch (error) {
      throw new StoreError("damaged", `the store in ${this.#dir} cannot be read: move it away and start again; the grid resends what it retains`, { cause: error });
    }
    return found;
  }

  commit(changes: ReadonlyMap<string, string | null>): Promise<void> {
    const batch = [...changes].map(([key, value]): Change => (value === null ? { type: "del", key } : { type: "put", key, value }));
    const commit = this.#last.then(() => this.#write(batch));
    this.#last = commit.catch(() => undefined);
    return commit;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
    await this.#level.close();
  }

  async #write(batch: Change[]): Promise<void> {
    if (this.#closed) throw new StoreError("unwritable", `the store in ${this.#dir} is closed`, {});
    try {
      if (this.#broken) await this.#reopen();
      await this.#level.batch(batch, { sync: true });
    } catch (error) {
      this.#broken = true;
      if (error instanceof StoreError) throw error;
      throw new StoreError("unwritable", `nothing can be written to the store in ${this.#dir}: ${causeOf(error)}. Look for a full or failing disk`, { cause: error });
    }
  }

  /** LevelDB refuses every write after one that failed; only opening it anew shows whether the disk is well again. */
  async #reopen(): Promise<void> {
    await this.#level.close();
    this.#level = await openLevel(this.#dir);
    this.#broken = false;
  }
}

function openingError(dir: string, error: unknown): StoreError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : "";
  if (code === "LEVEL_LOCKED") return new StoreError("locked", `another process has the store in ${dir} open: is curtaild running twice?`, { cause: error });
  if (code === "LEVEL_CORRUPTION") {
    return new StoreError("damaged", `the store in ${dir} is damaged (${causeOf(error)}): move it away and start again; the grid resends what it retains`, { cause: error });
  }
  return new StoreError("unwritable", `the store in ${dir} cannot be opened: ${causeOf(error)}. It has to be a directory this user may write to`, { cause: error });
}

export function causeOf(error: unknown): string {
  const { cause } = error instanceof Error ? error : {};
  return cause instanceof Error ? cause.message : error instanceof Error ? error.message : String(error);
}
