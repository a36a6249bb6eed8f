import { DeviceError } from "../../agent/runtime/errors.ts";
import type { Bus } from "./bus.ts";
import { decode, wordsOf } from "./decode.ts";
import type { Value } from "./decode.ts";
import { Image } from "./image.ts";
import type { Priority } from "./job.ts";
import { placesOf, planReads } from "./plan.ts";
import type { Block, Place } from "./plan.ts";
import type { Probe, Profile } from "./profile.ts";
import { ExceptionReply } from "./request.ts";
import type { Reply, Request } from "./request.ts";

export interface PollTarget {
  readonly id: string;
  readonly profile: Profile;
  readonly bus: Bus;
  readonly unit: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** What one device was found to be: how many of everything it has, and the reads that ask for it. */
interface Survey {
  /** The bus' generation it was made in. */
  readonly generation: number;
  readonly image: Image;
  readonly blocks: readonly Block[];
}

interface BlockRead {
  readonly image: Image;
  readonly block: Block;
  readonly priority: Priority;
  readonly deadlineMs: number;
}

interface Failure {
  readonly block: Block;
  readonly error: DeviceError;
}

/** How long a question of a poll may wait for its turn before nobody needs the answer. */
const POLL_DEADLINE_MS = 3_000;
/** What is read behind everything else may wait through the polls of a whole serial line. */
const SLOW_DEADLINE_MS = 20_000;

/** Reads one device as its profile says. */
export class Poll {
  readonly #target: PollTarget;
  readonly #ended = new AbortController();
  readonly #slowAskedAt = new Map<string, number>();
  #survey: Survey | null = null;

  constructor(target: PollTarget) {
    this.#target = target;
  }

  /**
   * Reads the groups with intervalMs 0 and returns when they are in; the others are read behind them when they are due, and waited for only
   * the first time. Throws the first DeviceError when nothing was answered.
   */
  async run(signal: AbortSignal): Promise<Image> {
    const { image, blocks } = await this.survey(signal);
    const first = this.#slowAskedAt.size === 0;
    const fast = this.#readFast(image, blocks.filter((block) => this.#interval(block) === 0), signal);
    const slow = this.#readSlow(image, blocks, first ? POLL_DEADLINE_MS : SLOW_DEADLINE_MS);
    await fast;
    if (first) await slow;
    return image;
  }

  /** Who is there, and how many of everything it has. Asked again when the device may have become another one. */
  async survey(signal: AbortSignal): Promise<Survey> {
    const { profile, bus } = this.#target;
    if (this.#survey !== null && this.#survey.generation === bus.generation) return this.#survey;
    this.#survey = null;
    const counts = new Map<string, number>();
    for (const [key, { table, address, least, most }] of Object.entries(profile.counts)) {
      const probe: Probe = { table, address, type: "u16", scale: 1, range: [least, most], means: `number of ${key}` };
      counts.set(key, Number(await this.#probe(probe, signal)));
    }
    for (const probe of profile.identify) await this.#probe(probe, signal);
    const places = placesOf(profile, counts);
    this.#slowAskedAt.clear();
    this.#survey = { generation: bus.generation, image: new Image(profile, places), blocks: planReads(places, profile.limits) };
    return this.#survey;
  }

  /** One value now, past every schedule. Throws a DeviceError. */
  async read(place: Place, priority: Priority, signal: AbortSignal): Promise<Value> {
    const [block] = planReads([place], this.#target.profile.limits);
    if (block === undefined) return null;
    const reply = await this.send(this.#request(block), priority, POLL_DEADLINE_MS, signal);
    const image = new Image(this.#target.profile, [place]);
    const now = this.#target.now();
    image.take(block, reply, now);
    return image.samples(now)[0]?.value ?? null;
  }

  send(request: Request, priority: Priority, deadlineMs: number, signal: AbortSignal): Promise<Reply> {
    const { bus, profile } = this.#target;
    return bus.send(request, { priority, deadlineMs, timing: profile.limits }, signal);
  }

  /** Nothing is asked after this. */
  end(): void {
    this.#ended.abort(new Error("the meter was closed"));
  }

  async #probe(probe: Probe, signal: AbortSignal): Promise<Value> {
    const { id, profile } = this.#target;
    const address = probe.address - profile.addressBase;
    const reply = await this.send(this.#request({ table: probe.table, address, count: wordsOf(probe) }), "fast", POLL_DEADLINE_MS, signal);
    const value = decode(probe, reply, profile);
    if (value !== null && (probe.equals === undefined || value === probe.equals)) return value;
    const expected = probe.equals ?? `${probe.range?.[0]} to ${probe.range?.[1]}`;
    throw new DeviceError("refused", `${id} is no ${profile.profile}: ${probe.means} (${probe.table} 0x${address.toString(16)}) must be ${expected}, `
      + `registers are ${reply.join(" ")}; look at its profile and its address`);
  }

  async #readFast(image: Image, blocks: readonly Block[], signal: AbortSignal): Promise<void> {
    const read = (block: Block): Promise<Failure | null> => this.#readBlock({ image, block, priority: "fast", deadlineMs: POLL_DEADLINE_MS }, signal);
    const failed = (await Promise.all(blocks.map(read))).filter((result) => result !== null);
    const [first] = failed;
    if (first === undefined) return;
    if (failed.length === blocks.length) throw first.error;
    // One lost frame costs a connection, not a reading: what it took along is asked once more.
    await Promise.all(failed.filter(({ error }) => !(error instanceof ExceptionReply)).map(({ block }) => read(block)));
  }

  /** Never throws: what is not answered grows old in the image. */
  async #readSlow(image: Image, blocks: readonly Block[], deadlineMs: number): Promise<void> {
    const now = this.#target.now();
    const due = new Set(Object.entries(this.#target.profile.groups)
      .filter(([key, { intervalMs }]) => intervalMs > 0 && now - (this.#slowAskedAt.get(key) ?? -Infinity) >= intervalMs).map(([key]) => key));
    for (const key of due) this.#slowAskedAt.set(key, now);
    await Promise.all(blocks.filter(({ group }) => due.has(group)).map((block) => this.#readBlock({ image, block, priority: "slow", deadlineMs }, this.#ended.signal)));
  }

  async #readBlock({ image, block, priority, deadlineMs }: BlockRead, signal: AbortSignal): Promise<Failure | null> {
    const { now } = this.#target;
    try {
      image.take(block, await this.send(this.#request(block), priority, deadlineMs, signal), now());
      return null;
    } catch (error) {
      if (error instanceof ExceptionReply) image.refused(block, now());
      return { block, error: error as DeviceError };
    }
  }

  #request({ table, address, count }: Pick<Block, "table" | "address" | "count">): Request {
    return { kind: "read", unit: this.#target.unit, table, address, count };
  }

  #interval({ group }: Block): number {
    return this.#target.profile.groups[group]?.intervalMs ?? 0;
  }
}
