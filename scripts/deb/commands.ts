/** The trees of commands as data, for everything that is made from them. */
import type { Command } from "commander";
import { curtailctlCommands } from "../../agent/cli/curtailctl-commands.ts";
import { curtaildCommands } from "../../agent/cli/curtaild-commands.ts";

export interface CommandTree {
  readonly name: string;
  readonly description: string;
  readonly usage: string;
  readonly arguments: readonly { readonly name: string; readonly description: string; readonly choices: readonly string[] }[];
  readonly options: readonly { readonly flags: string; readonly short: string | null; readonly long: string | null; readonly takes: boolean; readonly description: string; readonly choices: readonly string[] }[];
  readonly commands: readonly CommandTree[];
}

export const programs = async (): Promise<readonly CommandTree[]> => [treeOf(await curtaildCommands("everything")), treeOf(await curtailctlCommands("everything"))];

function treeOf(command: Command): CommandTree {
  return {
    name: command.name(),
    description: command.description(),
    usage: command.usage(),
    arguments: command.registeredArguments.map((argument) => ({ name: argument.name(), description: argument.description, choices: argument.argChoices ?? [] })),
    options: command.options.filter(({ hidden }) => !hidden).map(({ flags, short, long, required, optional, description, argChoices }) => ({ flags, short: short ?? null, long: long ?? null, takes: required || optional, description, choices: argChoices ?? [] })),
    commands: command.createHelp().visibleCommands(command).map(treeOf),
  };
}
