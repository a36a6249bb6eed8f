/** Exit codes (sysexits): what scripts may rely on. */
export const exit = { done: 0, found: 1, usage: 64, badInput: 65, unreachable: 69, bug: 70, notConfirmed: 75, notPermitted: 77, config: 78 } as const;
export type ExitCode = (typeof exit)[keyof typeof exit];

/** Ends a command with a code, a cause and a cure, and without a stack: nothing here is broken. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
