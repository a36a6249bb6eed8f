/** A manual page of a program, in roff, from its tree of commands. */
import type { CommandTree } from "./commands.ts";

export interface ManualOptions {
  readonly section: 1 | 8;
  readonly version: string;
  /** YYYY-MM-DD */
  readonly date: string;
}

const exitCodes: readonly (readonly [number, string])[] = [
  [0, "done"], [1, "a check found something"], [64, "the command line is wrong"], [65, "an input file is wrong"], [69, "the daemon or a machine cannot be reached"],
  [70, "a bug of curtaild"], [75, "sent, but not confirmed in time"], [77, "not permitted"], [78, "the configuration has faults"],
];

const files: readonly (readonly [string, string])[] = [
  ["/etc/curtaild/config.yaml", "the rack's configuration; curtaild check explains every fault in it"],
  ["/run/curtaild/look.sock, /run/curtaild/act.sock", "what members of the groups curtaild and curtaild-operator may see and change"],
  ["/var/lib/curtaild", "what survives a power cut"],
];

export function manualPage(program: CommandTree, { section, version, date }: ManualOptions): string {
  return [
    `.TH ${program.name.toUpperCase()} ${section} ${date} "curtaild ${version}" "curtaild"`,
    ".SH NAME", `${program.name} \\- ${roff(program.description.replace(/\.$/, ""))}`,
    ".SH SYNOPSIS", `.B ${program.name}`, roff(program.usage),
    ".SH OPTIONS", ...program.options.flatMap(option),
    ".SH COMMANDS", ...program.commands.flatMap((command) => commandLines(command, "")),
    ".SH EXIT STATUS", ...exitCodes.flatMap(([code, text]) => [".TP", `.B ${code}`, text]),
    ".SH FILES", ...files.flatMap(([path, text]) => [".TP", `.I ${roff(path)}`, text]),
    ".SH SEE ALSO", program.name === "curtaild" ? ".BR curtailctl (1)" : ".BR curtaild (8)",
    "",
  ].join("\n");
}

function commandLines(command: CommandTree, parents: string): string[] {
  const name = `${parents}${command.name}`;
  const own = command.usage.replace(/\s*\[command\]$/, "");
  const below = command.commands.filter((child) => child.name !== "help");
  return [
    `.SS "${roff(`${name} ${own}`.trim())}"`, roff(command.description),
    ...command.arguments.flatMap(({ name: argument, description }) => (description === "" ? [] : [".TP", `.I ${roff(argument)}`, roff(description)])),
    ...command.options.flatMap(option),
    ...below.flatMap((child) => commandLines(child, `${name} `)),
  ];
}

const option = ({ flags, description }: CommandTree["options"][number]): string[] => [".TP", `.B ${roff(flags)}`, roff(description)];

/** A hyphen that is typed is no dash, and a line must not begin like an order to roff. */
const roff = (text: string): string => text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^([.'])/, "\\&$1");
