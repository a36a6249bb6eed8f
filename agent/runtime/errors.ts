export type DeviceErrorCode = "unreachable" | "timeout" | "malformed" | "refused" | "out-of-range";

/** Thrown by drivers, caught in plant only. The message says what was asked and what came back, without secrets. */
export class DeviceError extends Error {
  override readonly name = "DeviceError";
  readonly code: DeviceErrorCode;

  constructor(code: DeviceErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** One thing wrong with a configuration. `line` counts from 1 in the file, null where it is not about a line. */
export interface ConfigFault {
  readonly line: number | null;
  /** `grid.failsafeLimitW`, `miners[3].address`; empty for the file as a whole. */
  readonly path: string;
  /** What is there, what is allowed and what to do, as one sentence or two. No secrets. */
  readonly text: string;
}

/** Bad config: exit 78 with one line a fault, each with path and cure. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** Empty where the message is not about the configuration file. */
  readonly faults: readonly ConfigFault[];

  constructor(message: string, options: ErrorOptions & { readonly faults?: readonly ConfigFault[] } = {}) {
    super(message, options);
    this.faults = options.faults ?? [];
  }
}

export const formatFault = (file: string, { line, path, text }: ConfigFault): string =>
  [line === null ? file : `${file}:${line}`, ...(path === "" ? [] : [path]), text].join(": ");

/** All faults of a file as one error. */
export const configFaults = (file: string, faults: readonly ConfigFault[], options: ErrorOptions = {}): ConfigError =>
  new ConfigError(faults.map((fault) => formatFault(file, fault)).join("\n"), { ...options, faults });

/** What was thrown, in its own words. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The same with where it was thrown: for what only a bug of ours throws. */
export const stackOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
