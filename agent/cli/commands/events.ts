import { Command, InvalidArgumentError } from "commander";
import type { AgentEvent } from "../../report/events.ts";
import { client, commonOptions, print, printJson } from "../asking.ts";
import { exit, Failure } from "../exit.ts";
import { clockText } from "../words.ts";

interface EventsOptions {
  readonly follow?: true;
  readonly last: number;
}

export const eventsCommand = (): Command =>
  new Command("events").description("what happened, and with -f what happens")
    .option("-f, --follow", "go on as it happens, until Ctrl-C")
    .option("--last <n>", "how many past ones first", count, 20)
    .action(async ({ follow, last }: EventsOptions, command: Command) => {
      const show = commonOptions(command).json === true ? printJson : (event: unknown) => print(eventLine(event as AgentEvent));
      if (follow !== true) {
        for (const event of (await client(command).ask("GET", `/events?last=${last}`)) as AgentEvent[]) show(event);
        return;
      }
      const stop = new AbortController();
      process.once("SIGINT", () => stop.abort());
      await client(command).follow(`/events?follow=1&last=${last}`, show, stop.signal);
      if (!stop.signal.aborted) throw new Failure(exit.unreachable, "the daemon has ended the stream: it stops. Follow again when it is back.");
    });

export function eventLine({ at, name, ...fields }: AgentEvent): string {
  const facts = Object.entries(fields).map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  return [clockText(at), name, ...facts].join("  ");
}

function count(text: string): number {
  const value = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= 2_000)) throw new InvalidArgumentError("It has to be a whole number from 0 to 2000.");
  return value;
}
