/**
 * Does a machine have power, whatever its outlet reads? A PDU that has stopped measuring reads on what it read last, its relays
 * too, and a machine may hang on another outlet than is written down. One that answers has power.
 */
import type { DeviceSnapshot, Feed } from "./snapshot.ts";
import type { Millis } from "./units.ts";
import { seconds } from "./units.ts";

/** An answer may have been under way when its outlet opened: longer than a poll takes at the most. */
const AFTERGLOW = seconds(5);

/** As its PDU has it, unless the machine has answered behind an outlet that was open by then: then it is closed, and what it shows is not this machine's. */
export function fed(device: DeviceSnapshot): DeviceSnapshot {
  const { feed, outlet } = device;
  if (feed === null || feed.on !== false || feed.offSince === null || !answered(device, feed.offSince)) return device;
  return { ...device, feed: { ...feed, on: true, offSince: null }, outlet: outlet === null ? null : { ...outlet, power: null, age: null } };
}

/** By the PDU's own word its last order has closed it. */
export const wasClosed = ({ order }: Feed): boolean => order?.state === "acknowledged" && order.setpoint.kind === "outlet" && order.setpoint.on;

/** One that has fallen silent since still has power, as far as anybody knows. */
function answered({ reading }: DeviceSnapshot, offSince: Millis): boolean {
  const heardAt = reading.kind === "known" ? reading.readAt.uptime : reading.last === null ? null : reading.since.uptime;
  return heardAt !== null && heardAt - offSince >= AFTERGLOW;
}
