/** What a sweep has seen so far, a line a host, so that one that was interrupted can go on. */
import { createHash } from "node:crypto";
import { appendFileSync, mkdirSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Seen } from "../../../drivers/find/sweep.ts";

const MOST_BYTES = 256 * 1024 * 1024;

export class Notebook {
  readonly #file: string;
  readonly #directory: string;

  /** One a question: the same ranges and the same port. */
  constructor(env: NodeJS.ProcessEnv, question: string) {
    this.#directory = join(env["XDG_STATE_HOME"] || join(homedir(), ".local", "state"), "curtaild", "discover");
    this.#file = join(this.#directory, `${createHash("sha256").update(question).digest("hex").slice(0, 16)}.jsonl`);
  }

  /** What an interrupted sweep had seen; empty: nothing to go on with. A line that was cut is a host not yet looked at. */
  async read(): Promise<readonly Seen[]> {
    const text = await readFile(this.#file, "utf8").catch(() => "");
    if (text.length > MOST_BYTES) return [];
    return text.split("\n").flatMap((line) => {
      try {
        return line === "" ? [] : [JSON.parse(line) as Seen];
      } catch {
        return [];
      }
    });
  }

  /** Written before the next host is counted. One that cannot be written costs the resuming, not the sweep. */
  add(seen: Seen): void {
    try {
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      appendFileSync(this.#file, `${JSON.stringify(seen)}\n`, { mode: 0o600 });
    } catch {
      // There is nobody to resume for.
    }
  }

  async forget(): Promise<void> {
    await rm(this.#file, { force: true });
  }
}
