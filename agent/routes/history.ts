/** The recent past of the rack or of one machine. */
import * as z from "zod";
import type { PastOfRack } from "../report/history/history.ts";
import { ControlError, type ControlRoute } from "../link/control.ts";
import { parseQuery } from "./asked.ts";

const asks = z.strictObject({
  seconds: z.coerce.number().int().min(1).max(86_400).default(900).meta({ description: "How far back. The finest steps that reach so far are given: of the rack 1 s for 15 min, else 1 min; of a machine 10 s for 20 min, else 5 min." }),
  device: z.string().max(64).optional().meta({ description: "Of this machine; unset: of the rack." }),
});

export function historyRoutes(past: () => PastOfRack): ControlRoute[] {
  return [{
    method: "GET",
    path: "/history",
    socket: "look",
    does: "The recent past, oldest first, null for unknown; kept in memory, a day at the most.",
    asks,
    async handle(request) {
      const { seconds, device } = parseQuery(asks, request);
      const found = device === undefined ? past().rack(seconds) : past().machine(device, seconds);
      if (found === null) throw new ControlError(404, `no device ${device} in this rack`, "curtailctl devices lists them.");
      return found;
    },
  }];
}
