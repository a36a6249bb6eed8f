/** What both programs share: lazily loaded commands, and errors that become exit codes. */
import { Command, CommanderError } from "commander";
import { ConfigError, stackOf } from "../runtime/errors.ts";
import { withoutSecrets } from "../runtime/secrets.ts";
import { exit, Failure, type ExitCode } from "./exit.ts";

/** A group of commands that is loaded only when it is asked for. */
export interface LazyCommand {
  readonly name: string;
  readonly description: string;
  readonly load: () => Promise<Command>;
}

/** The words of a command line, or everything: for what is made from the whole tree. */
export type Asked = readonly string[] | "everything";

/** Adds the commands; those not asked for stay a line in the help. */
export async function addLazily(program: Command, commands: readonly LazyCommand[], asked: Asked): Promise<void> {
  for (const { name, description, load } of commands) program.addCommand(asked === "everything" || asked.includes(name) ? await load() : new Command(name).description(description));
}

/** Runs a program and resolves with its exit code; what went wrong has been said on standard error. */
export async function runProgram(program: Command, argv: readonly string[]): Promise<ExitCode> {
  throwInsteadOfExit(program);
  // `| head` has read enough: nothing is wrong, and nobody is left to tell.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? exit.done : exit.bug));
  try {
    await program.parseAsync([...argv]);
    return typeof process.exitCode === "number" ? (process.exitCode as ExitCode) : exit.done;
  } catch (error) {
    if (error instanceof CommanderError) return commanderCode(error);
    if (error instanceof Failure) return say(error.message, error.exitCode);
    if (error instanceof ConfigError) return say(error.message, exit.config);
    return say(`this is a bug of ${program.name()}: ${stackOf(error)}`, exit.bug);
  }
}

function say(text: string, code: ExitCode): ExitCode {
  process.stderr.write(`${withoutSecrets(text)}\n`);
  return code;
}

/** commander has said it already. It calls every usage error 1, help and version 0; other codes are ours. */
function commanderCode({ exitCode }: CommanderError): ExitCode {
  return exitCode === 1 ? exit.usage : (exitCode as ExitCode);
}

function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) throwInsteadOfExit(child);
}
