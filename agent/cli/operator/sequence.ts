/** The operator's sequence numbers: milliseconds since 1970, always rising, remembered over restarts and clock steps. */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** Where they are kept; the directory is the user's own. */
export function stateDirectory(env: NodeJS.ProcessEnv): string {
  return join(env["XDG_STATE_HOME"] || join(homedir(), ".local", "state"), "curtaild", "operator");
}

export class Sequence {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = join(dir, "seq");
  }

  /** The last number used on a topic; null: none from here. */
  async last(topic: string): Promise<number | null> {
    const text = await readFile(this.#file(topic), "utf8").catch(() => null);
    return text !== null && /^\d{1,16}\s*$/.test(text) ? Number(text) : null;
  }

  /** The next number for a topic, written down before it is used. */
  async next(topic: string, at: number): Promise<number> {
    const seq = Math.max(Math.floor(at), ((await this.last(topic)) ?? -1) + 1);
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    const file = this.#file(topic);
    await writeFile(`${file}.${process.pid}`, `${seq}\n`);
    await rename(`${file}.${process.pid}`, file);
    return seq;
  }

  #file(topic: string): string {
    return join(this.#dir, encodeURIComponent(topic));
  }
}
