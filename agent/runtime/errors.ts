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

/** Bad config: exit 78 with the path and the cure. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}
