import { setTimeout as pause } from "node:timers/promises";
import { Command, Option } from "commander";
import type { MapAnswer } from "../../routes/map.ts";
import { client, commonOptions, confirm, order, print, printJson } from "../asking.ts";
import { USUAL_CONFIG } from "../config-file.ts";
import { exit, Failure } from "../exit.ts";
import { mapLines, progressLine } from "../map-lines.ts";
import { share } from "../numbers.ts";
import { writeOutlets } from "../outlet-map.ts";

type Search = NonNullable<MapAnswer>;

interface MapOptions {
  readonly share: number;
  readonly devices?: string;
  readonly config: string;
  readonly least: number;
}

const PERIOD_MS = 1_000;

/** `map` searches and offers to write, `map show` shows the last search, `map stop` ends one. */
export function mapCommand(): Command {
  const map = new Command("map").description("find which outlet feeds which miner: dips one miner at a time and sees which outlet moves")
    .addOption(new Option("--share <percent>", "the most of the rack's power that may be missing at once").argParser(share).default(0.1, "10%"))
    .option("--devices <ids>", "only these, as asic-01,asic-07")
    .addOption(new Option("--least <confidence>", "only pairs at least so sure are written").argParser(share).default(0.8, "80%"))
    .option("--config <file>", "where what was found is written, once you say so", USUAL_CONFIG)
    .action(search);
  map.command("show").description("the last search, or how far the present one is").action(async (_options: object, command: Command) => {
    const answer = (await client(command).ask("GET", "/map")) as MapAnswer;
    if (commonOptions(command).json === true) printJson(answer);
    else print(...(answer === null ? ["Nothing has been searched since the daemon started."] : mapLines(answer)));
  });
  map.command("stop").description("end a search; the miner at hand is brought back").action(async (_options: object, command: Command) => {
    const answer = (await order(command, { will: "This ends the search; the miner at hand is brought back, and what was found is not written.", method: "DELETE", path: "/map" })) as { stopped: boolean };
    if (commonOptions(command).json === true) printJson(answer);
    else print(answer.stopped ? "The search ends; the miner at hand is brought back." : "Nothing was being searched.");
  });
  return map;
}

async function search(options: MapOptions, command: Command): Promise<void> {
  const devices = options.devices?.split(",").map((id) => id.trim()) ?? [];
  const will = `This takes ${devices.length === 0 ? "every miner" : devices.join(", ")} down for about half a minute each, one at a time, at most ${Math.round(options.share * 100)} % of the rack at once. Nothing is written before you say so.`;
  await order(command, { will, path: "/map", body: { share: options.share, devices } });
  const found = await watch(command);
  const sure = new Map(found.result.pairs.filter(({ confidence }) => confidence >= options.least).map(({ device, outlet }) => [device, outlet]));
  if (commonOptions(command).json === true) return printJson(found);
  print("", ...mapLines(found));
  const news = found.result.pairs.filter(({ device, outlet, configured }) => sure.has(device) && configured !== outlet);
  if (found.state !== "done") throw new Failure(exit.notConfirmed, "The search was not finished: nothing is written.");
  if (news.length === 0) return print("The configuration says so already: nothing to write.");
  await confirm(command, `This writes ${news.length} ${news.length === 1 ? "outlet" : "outlets"} into ${options.config}: ${news.map(({ device, outlet }) => `${device} ${outlet}`).join(", ")}.`);
  const changed = await writeOutlets(options.config, sure);
  print(`${options.config}: ${changed.join(", ")} changed. It holds from the daemon's next start on: systemctl restart curtaild`);
}

/** Until the search has ended. Ctrl-C ends it in order: the miner at hand is brought back. */
async function watch(command: Command): Promise<Search> {
  const [daemon, quiet] = [client(command), commonOptions(command).json === true];
  const stop = (): void => void order(command, { will: null, method: "DELETE", path: "/map" }).catch(() => undefined);
  process.once("SIGINT", stop);
  try {
    for (let said = ""; ; ) {
      const answer = (await daemon.ask("GET", "/map")) as MapAnswer;
      if (answer === null) throw new Failure(exit.unreachable, "the daemon was restarted and has forgotten the search. Every miner is brought back; begin anew.");
      if (answer.state !== "running") return answer;
      const line = progressLine(answer);
      if (!quiet && line !== said) process.stderr.write(`${line}\n`);
      said = line;
      await pause(PERIOD_MS);
    }
  } finally {
    process.removeListener("SIGINT", stop);
  }
}
