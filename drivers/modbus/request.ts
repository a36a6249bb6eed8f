import { DeviceError } from "../../agent/runtime/errors.ts";

export type Table = "coil" | "discrete" | "holding" | "input";

/**
 * One Modbus request. Addresses are wire addresses (from 0). The functions it becomes: 1, 2, 3, 4 for reads;
 * 5 and 15 for coils; 6 and 16 for registers. Nothing else is ever sent.
 */
export type Request =
  | { readonly kind: "read"; readonly unit: number; readonly table: Table; readonly address: number; readonly count: number }
  | { readonly kind: "write-coil"; readonly unit: number; readonly address: number; readonly on: boolean }
  | { readonly kind: "write-coils"; readonly unit: number; readonly address: number; readonly on: readonly boolean[] }
  | { readonly kind: "write-register"; readonly unit: number; readonly address: number; readonly value: number }
  | { readonly kind: "write-registers"; readonly unit: number; readonly address: number; readonly values: readonly number[] };

/** Registers as 0..65535, bits as 0 or 1, exactly as many as asked for; empty after a write. */
export type Reply = readonly number[];

const READ_CODES = { coil: 1, discrete: 2, holding: 3, input: 4 } as const;
const WRITE_CODES = { "write-coil": 5, "write-register": 6, "write-coils": 15, "write-registers": 16 } as const;

export function functionCode(request: Request): number {
  return request.kind === "read" ? READ_CODES[request.table] : WRITE_CODES[request.kind];
}

const MOST_READ = { coil: 2000, discrete: 2000, holding: 125, input: 125 } as const;
const whole = (value: number, least: number, most: number): boolean => Number.isInteger(value) && value >= least && value <= most;

/** Refuses what no frame can carry. Throws DeviceError("out-of-range"). */
export function assertPossible(request: Request): void {
  const count = request.kind === "read" ? request.count : request.kind === "write-coils" ? request.on.length : request.kind === "write-registers" ? request.values.length : 1;
  const most = request.kind === "read" ? MOST_READ[request.table] : request.kind === "write-coils" ? 1968 : 123;
  const values = request.kind === "write-register" ? [request.value] : request.kind === "write-registers" ? request.values : [];
  if (!whole(request.unit, 0, 255) || !whole(request.address, 0, 0xffff) || !whole(count, 1, most) || request.address + count > 0x1_0000
    || !values.every((value) => whole(value, 0, 0xffff))) {
    throw new DeviceError("out-of-range", `${describe(request)} does not fit a Modbus frame`);
  }
}

/** For messages: what was asked, in the words of a register map. */
export function describe(request: Request): string {
  const at = `at 0x${request.address.toString(16)} of unit ${request.unit}`;
  switch (request.kind) {
    case "read": return `read of ${request.count} ${request.table} ${at}`;
    case "write-coil": return `write of coil ${request.on ? "on" : "off"} ${at}`;
    case "write-coils": return `write of ${request.on.length} coils ${at}`;
    case "write-register": return `write of ${request.value} to holding ${at}`;
    case "write-registers": return `write of ${request.values.length} holding ${at}`;
  }
}

const EXCEPTIONS: Readonly<Record<number, string>> = {
  1: "illegal function", 2: "illegal data address", 3: "illegal data value", 4: "device failure",
  5: "acknowledged, still busy with it", 6: "busy", 8: "memory parity error",
  10: "gateway path unavailable", 11: "no answer from the unit behind the gateway",
};

/** The device answered, and the answer was an exception. The connection is in order. */
export class ExceptionReply extends DeviceError {
  readonly exception: number;

  constructor(request: Request, exception: number) {
    super(exception === 10 ? "unreachable" : exception === 11 ? "timeout" : "refused", `${describe(request)}: exception ${exception} (${EXCEPTIONS[exception] ?? "not in the standard"})`);
    this.exception = exception;
  }

  /** The gateway speaks of the unit behind it, which is silent or not there. */
  get fromGateway(): boolean {
    return this.exception === 10 || this.exception === 11;
  }

  /** 5: taken, not finished; 11: handed on, no answer seen. A write may have happened. */
  get leavesOutcomeOpen(): boolean {
    return this.exception === 5 || this.exception === 11;
  }
}
