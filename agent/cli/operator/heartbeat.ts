/** `operator heartbeat`: says on a rack's topic that the operator lives, and what it has said last. */
import { Command } from "commander";
import { millis, type Millis } from "../../core/units.ts";
import { Bell } from "../../runtime/bell.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Link } from "../../runtime/link.ts";
import { compose } from "../../signal/compose.ts";
import { commonOptions, print, printJson } from "../asking.ts";
import { exit, Failure } from "../exit.ts";
import { clockText } from "../words.ts";
import { durationOption } from "../human.ts";
import { address, signing, signingKey, type Address, type AddressOptions, type SigningOptions } from "./address.ts";
import { onBroker, retainedArrive } from "./conversation.ts";
import { Sequence, stateDirectory } from "./sequence.ts";
import { Spoken } from "./spoken.ts";

interface HeartbeatOptions extends AddressOptions, SigningOptions {
  readonly period: Millis;
  readonly once?: true;
  readonly quiet?: true;
}

/** After a new document or a new session of the agent the next heartbeat comes this soon. */
const soon = millis(1_000);
/** A heartbeat that arrives later than this is none. */
const lasts = 120_000;

export function heartbeatCommand(): Command {
  return signing(new Command("heartbeat"))
    .description("publish the heartbeat of a rack until stopped; it names every document the broker retains for it")
    .addOption(durationOption("--period <time>", "how often", "30s"))
    .option("--once", "one heartbeat, then end")
    .option("--quiet", "say nothing")
    .action(heartbeat);
}

async function heartbeat(options: HeartbeatOptions, command: Command): Promise<void> {
  const to = await address(options);
  const [, site, rack] = /^site\/([^/]+)\/rack\/([^/]+)$/.exec(to.node) ?? [];
  if (site === undefined || rack === undefined) throw new Failure(exit.usage, "a heartbeat is for one rack: --node site/SITE/rack/RACK.");
  if (options.period < 1_000) throw new Failure(exit.usage, "--period: at least a second.");
  const spoken = new Spoken({ prefix: to.prefix, operator: to.operator, site, rack }, to.cards);
  const bell = new Bell();
  const beats = new Beats(to, spoken, options);
  await onBroker(to, {
    subscriptions: spoken.subscriptions,
    message: (message) => {
      spoken.hear(message);
      bell.ring();
    },
    body: async (link, clock, signal) => {
      await clock.sleep(retainedArrive, signal).catch(() => undefined);
      while (!signal.aborted) {
        const beat = await beats.beat(link, clock);
        if (options.quiet !== true) say(beat, command);
        if (options.once === true) return;
        await untilNext(spoken, { bell, clock, period: options.period }, signal);
      }
    },
  });
}

interface Beat {
  readonly at: string;
  readonly seq: number;
  readonly last: Readonly<Record<string, readonly [number, number]>>;
  readonly stale: readonly string[];
}

class Beats {
  readonly #to: Address;
  readonly #spoken: Spoken;
  readonly #options: HeartbeatOptions;
  readonly #sequence = new Sequence(stateDirectory(process.env));

  constructor(to: Address, spoken: Spoken, options: HeartbeatOptions) {
    this.#to = to;
    this.#spoken = spoken;
    this.#options = options;
  }

  async beat(link: Link, clock: Clock): Promise<Beat> {
    const { prefix, operator, node, root } = this.#to;
    const key = await signingKey(this.#options);
    const iat = clock.now().at;
    const used = await Promise.all(this.#spoken.heardTopics.map(async (topic) => [topic, await this.#sequence.last(topic)] as const));
    const own = new Map(used.flatMap(([topic, seq]) => (seq === null ? [] : [[topic, seq] as const])));
    const { last, stale } = this.#spoken.last(iat, own);
    const { seen } = this.#spoken;
    const seq = await this.#sequence.next(`${root}/${node}/heartbeat`, iat);
    const document = compose("HEARTBEAT", { periodS: this.#options.period / 1_000, last, ...(seen !== null && { seen }) }, { prefix, operator, node, seq, iat, exp: iat + lasts, key });
    link.publish(document);
    return { at: new Date(iat).toISOString(), seq, last, stale };
  }
}

/** Waits for the period, or less when something new has been said or the agent has come anew. */
async function untilNext(spoken: Spoken, { bell, clock, period }: { readonly bell: Bell; readonly clock: Clock; readonly period: Millis }, signal: AbortSignal): Promise<void> {
  const picture = (): string => `${spoken.session} ${JSON.stringify(spoken.last(clock.now().at, new Map()).last)}`;
  const before = picture();
  const due = clock.now().uptime + period;
  while (!signal.aborted && clock.now().uptime < due) {
    if (picture() !== before) {
      await clock.sleep(soon, signal).catch(() => undefined);
      return;
    }
    await bell.wait(clock, millis(due - clock.now().uptime), signal).catch(() => undefined);
  }
}

function say({ at, seq, last, stale }: Beat, command: Command): void {
  if (commonOptions(command).json === true) printJson({ at, seq, last, stale });
  else print(`${clockText(at)}  heartbeat ${seq} names ${Object.keys(last).length} documents`);
  for (const topic of stale) process.stderr.write(`the broker retains an older document on ${topic} than was sent from here: publish it again.\n`);
}
