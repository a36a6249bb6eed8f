/** Which keys may sign what. A new set takes keys away at once and brings new ones when it is on disk. */
import type { KeyObject } from "node:crypto";
import type { Instant } from "../core/units.ts";
import type { KeysDocument } from "./documents.ts";
import type { GridKey } from "./documents/keys.ts";

/** The kid the pinned root key signs KEYS with; no other key may have it. */
export const ROOT_KID = "root";

export class KeyRing {
  readonly #root: KeyObject | null;
  #sets: readonly KeysDocument[] = [];
  #kept = false;

  constructor(root: KeyObject | null) {
    this.#root = root;
  }

  get root(): KeyObject | null {
    return this.#root;
  }

  /** `sets`: those standing beside each other; `kept`: whether at least one of them is on disk. */
  replace(sets: readonly KeysDocument[], kept: boolean): void {
    this.#sets = sets;
    this.#kept = kept;
  }

  /** A key is in force when every set that stands names it, unexpired. */
  find(kid: string, earliest: Instant): GridKey | null {
    if (!this.#kept) return null;
    let found: GridKey | null = null;
    for (const { keys, expires } of this.#sets) {
      const key = keys.find((candidate) => candidate.kid === kid);
      if (key === undefined || expires <= earliest || (key.notAfter !== null && key.notAfter <= earliest)) return null;
      if (found !== null && found.print !== key.print) return null;
      found = key;
    }
    return found;
  }

  inForce(earliest: Instant): string[] {
    const kids = this.#sets.at(-1)?.keys.map(({ kid }) => kid) ?? [];
    return kids.filter((kid) => this.find(kid, earliest) !== null);
  }
}

/** A key speaks for a node and everything below it. */
export function mayAddress({ nodes }: GridKey, node: string): boolean {
  return nodes.some((granted) => node === granted || node.startsWith(`${granted}/`));
}
