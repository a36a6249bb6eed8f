import { DeviceError } from "../../agent/runtime/errors.ts";

/** For an order whose effect ends the connection: a machine that hung up may have taken it, and the next reading tells. */
export async function unheard(order: Promise<unknown>): Promise<void> {
  await order.catch((error: unknown) => {
    if (!(error instanceof DeviceError) || error.code !== "unreachable") throw error;
  });
}
