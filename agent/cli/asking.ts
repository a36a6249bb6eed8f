/** What every command of curtailctl needs: the daemon, how to print, whom to ask. */
import { userInfo } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import { ControlClient } from "./client.ts";
import { exit, Failure } from "./exit.ts";

/** The options every command takes, before or after its name. */
export interface CommonOptions {
  readonly json?: true;
  readonly yes?: true;
  readonly socket?: string;
  readonly rack?: string;
}

const usualDirectory = "/run/curtaild";

export const commonOptions = (command: Command): CommonOptions => command.optsWithGlobals<CommonOptions>();

/** --socket says where the sockets are, --rack which of several daemons on this machine. */
export function client(command: Command): ControlClient {
  const { socket, rack } = commonOptions(command);
  return new ControlClient(socket ?? (rack === undefined ? usualDirectory : join(usualDirectory, rack)));
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

export function print(...lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
}

/** Says what will happen and goes on only with --yes or a yes typed on a terminal. */
export async function confirm(command: Command, what: string): Promise<void> {
  if (commonOptions(command).yes === true) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY) throw new Failure(exit.usage, `${what}\nNobody can be asked here: say --yes to do it.`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${what}\nGo on? [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new Failure(exit.notConfirmed, "nothing was changed.");
  } finally {
    terminal.close();
  }
}

/** Who asks, for the daemon's log: behind sudo the person, not root. */
export function who(): string {
  const name = process.env["SUDO_USER"] ?? userInfo().username;
  return name.replaceAll(/[^\w.@-]/g, "_").slice(0, 100) || "unknown";
}
