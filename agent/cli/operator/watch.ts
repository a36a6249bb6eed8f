/** `operator watch`: what the racks say, as it comes. A table on a terminal, a line a change elsewhere, or CSV. */
import { Command } from "commander";
import type { Millis } from "../../core/units.ts";
import { commonOptions, print, printJson } from "../asking.ts";
import { durationOption, parseDuration } from "../human.ts";
import { address, addressed, type AddressOptions } from "./address.ts";
import { onBroker, retainedArrive } from "./conversation.ts";
import { ackText, cells, csv, csvHead, lineOf, speakerOf, table, type RackLine } from "./rack-line.ts";

interface WatchOptions extends AddressOptions {
  readonly once?: true;
  readonly csv?: true;
  readonly every: Millis;
}

/** More racks than fit any screen: one process shows no more. */
const mostRacks = 5_000;
const redrawEvery = parseDuration("1s");

export function watchCommand(): Command {
  return addressed(new Command("watch"))
    .description("show the status of racks as it comes, until Ctrl-C")
    .option("--once", "show what the broker retains, then end")
    .option("--csv", "a row a rack and a row for their sum, again and again")
    .addOption(durationOption("--every <time>", "how often, with --csv", "10s"))
    .action(watch);
}

async function watch(options: WatchOptions, command: Command): Promise<void> {
  const to = await address({ ...options, node: options.node ?? "all" });
  const racks = new Map<string, RackLine>();
  const forged = new Set<string>();
  const filter = to.node === "all" ? "site/+/rack/+" : to.node.includes("/rack/") ? to.node : `${to.node}/rack/+`;
  const json = commonOptions(command).json === true;
  const lines = !json && options.csv !== true && options.once !== true && !process.stdout.isTTY;
  await onBroker(to, {
    subscriptions: [{ topic: `${to.root}/${filter}/status`, qos: 1 }, { topic: `${to.root}/${filter}/ack/+`, qos: 1 }],
    message: ({ topic, payload }) => {
      const speaker = speakerOf(topic.slice(to.root.length + 1));
      if (speaker === null) return;
      const { node, kind } = speaker;
      const heard = to.cards.open(payload, node);
      if (heard === null && !forged.has(node) && forged.size < mostRacks) {
        forged.add(node);
        process.stderr.write(`${node}: what is said in its name is not signed by the key on its card.\n`);
      }
      if (heard === null || (!racks.has(node) && racks.size >= mostRacks)) return;
      if (kind === "status") racks.set(node, lineOf(node, heard, racks.get(node)?.ack ?? "-"));
      const rack = racks.get(node);
      if (kind === "ack" && rack !== undefined) rack.ack = ackText(heard.said);
      if (json) printJson({ topic, word: heard.trust, ...heard.said });
      else if (lines && rack !== undefined) print(cells(rack).join("  "));
    },
    body: async (_link, clock, signal) => {
      const rows = (): string => csv(racks, new Date(clock.now().at).toISOString());
      if (options.csv === true) process.stdout.write(csvHead);
      if (options.once === true || options.csv === true) await clock.sleep(retainedArrive, signal).catch(() => undefined);
      if (options.once === true) {
        if (!json) process.stdout.write(options.csv === true ? rows() : `${table(racks)}\n`);
        return;
      }
      while (!signal.aborted) {
        if (options.csv === true) process.stdout.write(rows());
        else if (!lines && !json) process.stdout.write(`\x1b[H\x1b[2J${table(racks)}\n`);
        await clock.sleep(options.csv === true ? options.every : redrawEvery, signal).catch(() => undefined);
      }
    },
  });
}
