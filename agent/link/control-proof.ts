/**
 * Who asks on act.sock: Node cannot read a unix socket's peer, so the caller proves its uid. It is given a word, and
 * writes it into a file of that name in a directory where everybody may create and nobody but us may list (mode 1733).
 * The kernel writes down whose file it is. A link to somebody else's file has two names or not that content, and is no proof.
 */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { chmod, mkdir, open, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Millis } from "../core/units.ts";
import { seconds } from "../core/units.ts";
import type { Clock } from "../runtime/clock.ts";
import { ControlError } from "./control-http.ts";

export interface Caller {
  readonly uid: number;
  /** As the machine's list of users has it; `uid-1000` where it has none. */
  readonly name: string;
}

export const proofHeader = "curtaild-proof";

const expiry = seconds(10);
const most = 64;

export class Proofs {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #asked = new Map<string, Millis>();

  /** `directory` is made by `open`. */
  constructor(directory: string, clock: Clock) {
    this.#directory = directory;
    this.#clock = clock;
  }

  async open(): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    await chmod(this.#directory, 0o1733);
  }

  async close(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** A word to be written into `file` within ten seconds. */
  async ask(): Promise<{ word: string; file: string }> {
    const { uptime } = this.#clock.now();
    for (const [word, asked] of this.#asked) if (uptime - asked > expiry || this.#asked.size >= most) this.#asked.delete(word);
    for (const left of await readdir(this.#directory)) if (!this.#asked.has(left)) await rm(join(this.#directory, left), { recursive: true, force: true });
    const word = randomBytes(16).toString("hex");
    this.#asked.set(word, uptime);
    return { word, file: join(this.#directory, word) };
  }

  /** Whose file it is. A word serves once. Throws a ControlError. */
  async check(word: string | undefined): Promise<Caller> {
    const asked = word === undefined ? undefined : this.#asked.get(word);
    if (word === undefined || asked === undefined || this.#clock.now().uptime - asked > expiry) {
      throw new ControlError(403, "nobody knows who asks", `POST /proof, write its word into the file it names, and send it as ${proofHeader}; curtailctl does so.`);
    }
    this.#asked.delete(word);
    const file = join(this.#directory, word);
    try {
      const uid = await ownerOf(file, word);
      return { uid, name: await userName(uid) };
    } finally {
      await rm(file, { force: true });
    }
  }
}

async function ownerOf(file: string, word: string): Promise<number> {
  const no = (what: string): ControlError => new ControlError(403, `${file} ${what}: it is no proof of who asks`, "Create it yourself, readable for others, with nothing but the word in it; curtailctl does so.");
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error: unknown) => {
    throw no(error instanceof Error && "code" in error ? `cannot be opened (${String(error.code)})` : "cannot be opened");
  });
  try {
    const { uid, nlink, size } = await handle.stat();
    if (nlink !== 1 || size !== word.length) throw no("is not what was asked for");
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(word.length), 0, word.length, 0);
    if (buffer.toString("latin1", 0, bytesRead) !== word) throw no("does not hold the word");
    return uid;
  } finally {
    await handle.close();
  }
}

async function userName(uid: number): Promise<string> {
  const users = await readFile("/etc/passwd", "utf8").catch(() => "");
  const name = users.split("\n").find((line) => line.split(":")[2] === String(uid))?.split(":")[0];
  return name ?? `uid-${uid}`;
}

/** `ada(1000)`. Root may act for somebody, as sudo does, and says for whom. */
export const whoIs = ({ uid, name }: Caller, claimed: unknown): string => `${uid === 0 && typeof claimed === "string" && claimed !== "" ? claimed : name}(${uid})`;
