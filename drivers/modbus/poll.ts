import type { DeviceError } from "../../agent/runtime/errors.ts";
import type { Image } from "./image.ts";
import type { Block } from "./plan.ts";
import { ExceptionReply } from "./request.ts";
import type { Unit, Urgency } from "./unit.ts";

const FAST: Urgency = { priority: "fast", deadlineMs: 3_000 };
/** What is read behind everything else may wait through the polls of a whole serial line. */
const SLOW: Urgency = { priority: "slow", deadlineMs: 20_000 };

interface Failure {
  readonly block: Block;
  readonly error: DeviceError;
}

/** Reads one device, group by group. */
export class Poll {
  readonly #unit: Unit;
  readonly #ended = new AbortController();
  #image: Image | null = null;
  /** When each group with an interval was asked last; empty for a device not read before. */
  #askedAt = new Map<string, number>();

  constructor(unit: Unit) {
    this.#unit = unit;
  }

  /**
   * Reads the groups with intervalMs 0 and returns when they are in; the others are read behind them when they are due, and waited for only
   * the first time. Throws the first DeviceError when nothing was answered.
   */
  async run(signal: AbortSignal): Promise<Image> {
    const { image, blocks } = await this.#unit.survey(FAST, signal);
    const first = image !== this.#image;
    if (first) this.#askedAt = new Map();
    this.#image = image;
    const fast = this.#readFast(image, blocks.filter((block) => this.#interval(block.group) === 0), signal);
    const slow = this.#readDue(image, blocks, first ? { ...SLOW, deadlineMs: FAST.deadlineMs } : SLOW);
    await fast;
    if (first) await slow;
    return image;
  }

  /** Nothing is asked after this. */
  end(): void {
    this.#ended.abort(new Error("the meter was closed"));
  }

  async #readFast(image: Image, blocks: readonly Block[], signal: AbortSignal): Promise<void> {
    const read = (block: Block): Promise<Failure | null> => this.#readBlock(image, block, FAST, signal);
    const failed = (await Promise.all(blocks.map(read))).filter((result) => result !== null);
    const [first] = failed;
    if (first === undefined) return;
    if (failed.length === blocks.length) throw first.error;
    // One lost frame costs a connection, not a reading: what it took along is asked once more.
    await Promise.all(failed.filter(({ error }) => !(error instanceof ExceptionReply)).map(({ block }) => read(block)));
  }

  /** Never throws: what is not answered grows old in the image. */
  async #readDue(image: Image, blocks: readonly Block[], urgency: Urgency): Promise<void> {
    const now = this.#unit.now();
    const due = new Set(Object.keys(this.#unit.profile.groups).filter((group) => {
      const interval = this.#interval(group);
      return interval > 0 && now - (this.#askedAt.get(group) ?? -Infinity) >= interval;
    }));
    for (const group of due) this.#askedAt.set(group, now);
    await Promise.all(blocks.filter(({ group }) => due.has(group)).map((block) => this.#readBlock(image, block, urgency, this.#ended.signal)));
  }

  async #readBlock(image: Image, block: Block, urgency: Urgency, signal: AbortSignal): Promise<Failure | null> {
    try {
      image.take(block, await this.#unit.read(block, urgency, signal), this.#unit.now());
      return null;
    } catch (error) {
      if (error instanceof ExceptionReply) image.refused(block, this.#unit.now());
      return { block, error: error as DeviceError };
    }
  }

  #interval(group: string): number {
    return this.#unit.profile.groups[group]?.intervalMs ?? 0;
  }
}
