import { setTimeout as pause } from "node:timers/promises";
import { Command } from "commander";
import type { PduRow } from "../../routes/outlets.ts";
import { client, commonOptions, print, printJson } from "../asking.ts";
import { exit, Failure } from "../exit.ts";
import { pduLines } from "../pdu-lines.ts";
import { Screen } from "../screen/screen.ts";

const PERIOD_MS = 1_000;

export const pduCommand = (): Command =>
  new Command("pdu").description("meters and PDUs, outlet by outlet; live on a terminal, until Ctrl-C").argument("[id]", "one of them")
    .option("--once", "look once")
    .action(async (id: string | undefined, { once }: { once?: true }, command: Command) => {
      const look = async (): Promise<PduRow[]> => {
        const rows = (await client(command).ask("GET", "/pdus")) as PduRow[];
        const found = id === undefined ? rows : rows.filter((row) => row.id === id);
        if (found.length === 0) throw new Failure(exit.usage, id === undefined ? "there are no meters or PDUs: name them under meters in the configuration" : `there is no ${id}; there are ${rows.map((row) => row.id).join(", ") || "none"}`);
        return found;
      };
      if (commonOptions(command).json === true) return printJson(await look());
      if (once === true || !process.stdout.isTTY) return print(...pduLines(await look()));
      await live(async () => pduLines(await look()));
    });

/** Draws once a second, until Ctrl-C. What does not fit on the screen is cut; the last look stays behind. */
async function live(lines: () => Promise<readonly string[]>): Promise<void> {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(name, () => stop.abort());
  const screen = new Screen(process.stdout);
  let last = await lines();
  screen.open();
  try {
    while (!stop.signal.aborted) {
      screen.draw(last.slice(0, screen.size.rows));
      await pause(PERIOD_MS, undefined, { signal: stop.signal }).catch(() => undefined);
      last = await lines();
    }
  } finally {
    screen.close();
  }
  print(...last);
}
