/** What the daemon itself has to find again after a power cut: orders and gains, the technician's limit, the restart delay drawn. */
import type { Memory } from "./core/memory.ts";
import { owed, remember } from "./core/memory.ts";
import type { RackState } from "./core/state.ts";
import type { Tick } from "./core/time.ts";
import { millis, seconds, type Instant, type Millis } from "./core/units.ts";
import type { Store } from "./runtime/store.ts";
import type { TechnicianLimit } from "./technician-limit.ts";
import { Trouble } from "./runtime/trouble.ts";

/** Learnt gains are written down this often when nothing else is. */
const REMEMBER_AT_LEAST = seconds(300);
/** What could not be written is tried again after this. */
const RETRY = seconds(5);

export class Notebook {
  readonly #store: Store;
  readonly #trouble: Trouble;
  #stored: ReadonlyMap<string, string> = new Map();
  #owed = "";
  #againAt: Millis = millis(0);
  #last: Promise<void> = Promise.resolve();

  /** `failed` is told why something could not be read or kept, once for each reason until it is well again. */
  constructor(store: Store, failed: (reason: string) => void) {
    this.#store = store;
    this.#trouble = new Trouble(failed);
  }

  /** Everything stored, also what belongs to the signal room. A store that cannot be read is an empty one, said aloud. */
  async open(): Promise<ReadonlyMap<string, string>> {
    this.#stored = await this.#store.load("").catch((error: unknown) => {
      this.#trouble.failed(error);
      return new Map<string, string>();
    });
    return this.#stored;
  }

  get technician(): TechnicianLimit | null {
    return this.kept("technician") as TechnicianLimit | null;
  }

  /** Ids of the machines in maintenance. */
  get maintenance(): readonly string[] {
    return (this.kept("maintenance") as readonly string[] | null) ?? [];
  }

  /** Where the technician has pinned machines. */
  get pins(): Readonly<Record<string, string>> {
    return (this.kept("pins") as Readonly<Record<string, string>> | null) ?? {};
  }

  get memory(): Memory | null {
    return this.kept("core/memory") as Memory | null;
  }

  /** Wall time of the last entry; null: none, or of an older version. */
  get writtenAt(): Instant | null {
    return (this.kept("core/memory") as { readonly at?: Instant } | null)?.at ?? null;
  }

  /** In [0, 1). Drawn once and kept until used, so that a crash loop cannot draw until it likes the number. */
  restartDraw(random: () => number): number {
    return (this.kept("restart/u") as number | null) ?? this.drawRestart(random);
  }

  drawRestart(random: () => number): number {
    const u = random();
    this.#note("restart/u", u);
    return u;
  }

  /** What is wanted and owed when it changes, what was learnt now and then. Resolves when it is written, or has failed. */
  remember(rack: RackState, { uptime, at }: Tick): Promise<void> {
    const owes = owed(rack);
    if (owes !== this.#owed || uptime >= this.#againAt) {
      this.#owed = owes;
      this.#againAt = millis(uptime + REMEMBER_AT_LEAST);
      this.keep("core/memory", { ...remember(rack), at }).catch(() => void (this.#againAt = millis(uptime + RETRY)));
    }
    return this.#last;
  }

  /** What was kept under a name when the store was opened; null: nothing. */
  kept(name: string): unknown {
    return JSON.parse(this.#stored.get(name) ?? "null");
  }

  keep(name: string, value: unknown): Promise<void> {
    return this.write(new Map([[name, value === null ? null : JSON.stringify(value)]]));
  }

  /** One write after the other, in the order they were asked for. Rejects when it could not be kept. */
  write(changes: ReadonlyMap<string, string | null>): Promise<void> {
    const write = this.#last.then(() => this.#store.commit(changes));
    this.#last = write.then(() => this.#trouble.over(), (error: unknown) => this.#trouble.failed(error));
    return write;
  }

  /** When everything asked for is written, or has failed. */
  settled(): Promise<void> {
    return this.#last;
  }

  #note(key: string, value: unknown): void {
    this.keep(key, value).catch(() => undefined);
  }
}
