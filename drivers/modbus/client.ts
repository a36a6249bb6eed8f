/** What modbus-serial is asked, and what is believed of its answers. The same for every transport. */
import type { ModbusRTU, ReadCoilResult, ReadRegisterResult, WriteCoilResult, WriteMultipleResult, WriteRegisterResult } from "modbus-serial/ModbusRTU.js";

import { DeviceError } from "../../agent/runtime/errors.ts";
import { describe, ExceptionReply } from "./request.ts";
import type { Reply, Request } from "./request.ts";

export type Outcome = { readonly reply: Reply } | { readonly error: DeviceError };

/** Who waits for one outcome; null: nobody any more. */
export interface Ear {
  hear: ((outcome: Outcome) => void) | null;
}

/**
 * Sends one request and tells `ear` the checked outcome, possibly never and possibly twice: the caller keeps the time and the first word.
 * The library keeps what it was given with the last 256 requests of a connection, so whoever has heard enough takes `hear` away.
 * The `writeFCn` calls name the unit in the call; `setID` would be read when the promise runs, not when it was set.
 */
export function ask(client: ModbusRTU, request: Request, ear: Ear): void {
  const settle = <T>(check: (result: T) => Reply | null) => (error: unknown, result: T): void => {
    if (error !== null && error !== undefined) return ear.hear?.({ error: translate(request, error) });
    const reply = check(result);
    ear.hear?.(reply === null ? { error: new DeviceError("malformed", `${describe(request)}: the reply is not the answer to it`) } : { reply });
  };
  switch (request.kind) {
    case "read": {
      const { unit, table, address, count } = request;
      const bits = settle((result: ReadCoilResult) => checkedBits(result, count));
      const words = settle((result: ReadRegisterResult) => checkedWords(result, count));
      if (table === "coil") return client.writeFC1(unit, address, count, bits);
      if (table === "discrete") return client.writeFC2(unit, address, count, bits);
      if (table === "holding") return client.writeFC3(unit, address, count, words);
      return client.writeFC4(unit, address, count, words);
    }
    case "write-coil":
      return client.writeFC5(request.unit, request.address, request.on,
        settle((result: WriteCoilResult) => echo(result.address === request.address && result.state === request.on)));
    case "write-register":
      return client.writeFC6(request.unit, request.address, request.value,
        settle((result: WriteRegisterResult) => echo(result.address === request.address && result.value === request.value)));
    case "write-coils":
      return client.writeFC15(request.unit, request.address, [...request.on],
        settle((result: WriteMultipleResult) => echo(result.address === request.address && result.length === request.on.length)));
    case "write-registers":
      return client.writeFC16(request.unit, request.address, [...request.values],
        settle((result: WriteMultipleResult) => echo(result.address === request.address && result.length === request.values.length)));
  }
}

const echo = (right: boolean): Reply | null => (right ? [] : null);

// The library checks the length of the frame but believes the byte count in it: fewer registers than asked for resolve.
const checkedWords = (result: ReadRegisterResult, count: number): Reply | null =>
  result.buffer.length === 2 * count && result.data.length === count ? result.data : null;

// Bits come in whole bytes; the last ones are padding.
const checkedBits = (result: ReadCoilResult, count: number): Reply | null =>
  result.buffer.length === Math.ceil(count / 8) ? result.data.slice(0, count).map(Number) : null;

/** Some of the library's errors are not instances of Error; all of them carry a message. */
function translate(request: Request, error: unknown): DeviceError {
  const { modbusCode, message, name } = error as { modbusCode?: unknown; message?: unknown; name?: unknown };
  if (typeof modbusCode === "number") return new ExceptionReply(request, modbusCode);
  if (name === "PortNotOpenError") return new DeviceError("unreachable", `${describe(request)}: the connection is closed`);
  return new DeviceError("malformed", `${describe(request)}: ${String(message)}`, { cause: error });
}
