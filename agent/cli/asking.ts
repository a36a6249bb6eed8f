/** What every command of curtailctl needs: the daemon, how to print, whom to ask. */
import { userInfo } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import { ControlClient, type OrderMethod } from "./client.ts";
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

export interface Order {
  /** What will happen, said before it does; null: nothing that the rack draws or obeys, or what was begun is ended by Ctrl-C. */
  readonly will: string | null;
  readonly method?: OrderMethod;
  readonly path: string;
  readonly body?: object;
}

/** The one way in which a command changes anything of a running rack: it says what will happen, asks, and gives the name of who orders it. */
export async function order(command: Command, { will, method = "POST", path, body }: Order): Promise<unknown> {
  if (will !== null) await confirm(command, will);
  return client(command).order(method, path, { ...body, who: who() });
}

/**
 * Says what will happen and goes on only with --yes or a yes typed on a terminal. `unattended`: what a program's order is
 * taken for where nobody can be asked; the grid's documents are usually sent by programs.
 */
export async function confirm(command: Command, what: string, unattended: "no" | "yes" = "no"): Promise<void> {
  if (commonOptions(command).yes === true) return;
  const asked = process.stdin.isTTY && process.stderr.isTTY;
  if (!asked && unattended === "yes") return;
  if (!asked) throw new Failure(exit.usage, `${what}\nNobody can be asked here: say --yes to do it.`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${what}\nGo on? [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new Failure(exit.notConfirmed, "nothing was changed.");
  } finally {
    terminal.close();
  }
}

/** Who orders, for the daemon's record: behind sudo the person, not root. */
function who(): string {
  const name = process.env["SUDO_USER"] ?? userInfo().username;
  return name.replaceAll(/[^\w.@-]/g, "_").slice(0, 100) || "unknown";
}
