import type { Contradiction } from "./contradictions.ts";

/** What may have one owner only. */
export class Owned {
  readonly twice: Contradiction[] = [];
  readonly #owners = new Map<string, string>();

  take(what: string, owner: string, path: readonly PropertyKey[]): void {
    const first = this.#owners.get(what);
    if (first === undefined) this.#owners.set(what, owner);
    else this.twice.push({ path, text: `is ${what}, which ${first} has already: give each its own.` });
  }

  /** Belongs to several of `owner`'s kind, and to no other kind. */
  share(what: string, owner: string): void {
    this.#owners.set(what, owner);
  }
}
