/** A program of ours as a process of its own, ended by its own handle. */
import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream } from "node:fs";
import { fileURLToPath } from "node:url";

const curtaild = fileURLToPath(new URL("../../agent/cli/curtaild.js", import.meta.url));
/** Kept to say why it ended. */
const TAIL_LINES = 5;
const TAIL_COLUMNS = 300;
const STOP_MS = 20_000;

export class Child {
  readonly name: string;
  readonly #process: ChildProcess;
  readonly #tail: string[] = [];
  /** Resolves with how. */
  readonly #ended: Promise<string>;
  #listener: ((line: string) => void) | null = null;
  #stopping = false;

  /** Starts `curtaild ARGS`; what it writes goes to `log`. In a group of its own, so that Ctrl-C reaches us first and we end things in order. */
  constructor(name: string, args: readonly string[], log: string) {
    this.name = name;
    this.#process = spawn(process.execPath, [curtaild, ...args], { stdio: ["ignore", "pipe", "pipe"], detached: true });
    const file = createWriteStream(log);
    const streams = [this.#process.stdout, this.#process.stderr].filter((stream) => stream !== null);
    for (const stream of streams) {
      stream.pipe(file, { end: false });
      this.#follow(stream);
    }
    this.#ended = new Promise<string>((resolve) => {
      this.#process.once("error", (error) => resolve(error.message));
      this.#process.once("close", (code, signal) => resolve(signal === null ? `exit code ${code}` : signal));
    });
    void this.#ended.then(() => file.end());
    process.once("exit", this.#kill);
    void this.#ended.then(() => process.removeListener("exit", this.#kill));
  }

  /** Resolves with the first line of output that `matches`; rejects when it ends before, or after `deadlineMs`. */
  async says(matches: (line: string) => boolean, deadlineMs: number): Promise<void> {
    const late = AbortSignal.timeout(deadlineMs);
    const said = new Promise<void>((resolve, reject) => {
      this.#listener = (line) => matches(line) && resolve();
      late.addEventListener("abort", () => reject(this.#failure(`said nothing within ${deadlineMs / 1000} s`)), { once: true });
    });
    await Promise.race([said, this.failed()]).finally(() => (this.#listener = null));
  }

  /** Rejects when it ends without having been told to. */
  async failed(): Promise<never> {
    const how = await this.#ended;
    if (this.#stopping) return new Promise<never>(() => undefined);
    throw this.#failure(`ended unexpectedly (${how})`);
  }

  /** SIGTERM, and SIGKILL when that is not enough. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#process.kill("SIGTERM");
    const timer = setTimeout(this.#kill, STOP_MS);
    await this.#ended;
    clearTimeout(timer);
  }

  readonly #kill = (): void => void this.#process.kill("SIGKILL");

  #follow(stream: NodeJS.ReadableStream): void {
    let rest = "";
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = (lines.pop() ?? "").slice(-4_096);
      for (const line of lines) {
        this.#tail.push(line.slice(0, TAIL_COLUMNS));
        this.#listener?.(line);
      }
      this.#tail.splice(0, Math.max(0, this.#tail.length - TAIL_LINES));
    });
  }

  #failure(what: string): Error {
    return new Error([`${this.name} ${what}.`, ...this.#tail].join("\n"));
  }
}
