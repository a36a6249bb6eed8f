/** A Drawer on LevelDB. */
import type { Drawer } from "../runtime/drawer.ts";
import { causeOf, openLevel, StoreError, type Level } from "./store.ts";

/** Opens the drawer in `dir`, made if it is missing. Throws a StoreError. */
export async function openDrawer(dir: string): Promise<Drawer> {
  return new LevelDrawer(dir, await openLevel(dir));
}

class LevelDrawer implements Drawer {
  readonly #dir: string;
  #level: Level;
  #broken = false;

  constructor(dir: string, level: Level) {
    this.#dir = dir;
    this.#level = level;
  }

  async write(changes: ReadonlyMap<string, string | null>, { durable }: { readonly durable: boolean }): Promise<void> {
    const batch = [...changes].map(([key, value]) => (value === null ? { type: "del" as const, key } : { type: "put" as const, key, value }));
    try {
      if (this.#broken) await this.#reopen();
      await this.#level.batch(batch, { sync: durable });
    } catch (error) {
      this.#broken = true;
      if (error instanceof StoreError) throw error;
      throw new StoreError("unwritable", `nothing can be written to ${this.#dir}: ${causeOf(error)}. Look for a full or failing disk`, { cause: error });
    }
  }

  async read(prefix: string, after: string, most: number): Promise<readonly (readonly [string, string])[]> {
    const from = after === "" ? { gte: prefix } : { gt: after };
    const iterator = this.#level.iterator({ ...from, lt: `${prefix}\u{10ffff}`, limit: most });
    try {
      return await iterator.all();
    } finally {
      await iterator.close();
    }
  }

  close(): Promise<void> {
    return this.#level.close();
  }

  /** After a failed write the database takes no more: what follows the gap in its log would be lost at the next opening. */
  async #reopen(): Promise<void> {
    await this.#level.close();
    this.#level = await openLevel(this.#dir);
    this.#broken = false;
  }
}
