/** The emergency stop at the rack: what its contacts say, and the only way to clear it. */
import * as z from "zod";
import type { EStop } from "../attend/estop.ts";
import { ControlError, type ControlRoute } from "../link/control.ts";
import { parse, who } from "./asked.ts";

export function estopRoutes(estop: EStop): ControlRoute[] {
  const order = z.strictObject({ who });
  return [
    { method: "GET", path: "/estop", socket: "look", does: "Whether the rack's emergency stop is set, by whom, and its contacts.", handle: async () => ({ latch: estop.latch, contacts: estop.contacts }) },
    {
      method: "POST",
      path: "/estop/reset",
      socket: "act",
      does: "Takes the rack's own emergency stop back.",
      takes: order,
      async handle(request) {
        const { who: name } = parse(order, request);
        const had = estop.latch !== null;
        const obstacle = await estop.reset(name).catch(() => "it cannot be written down that it has ended");
        if (obstacle !== null) throw new ControlError(409, `the emergency stop is not cleared: ${obstacle}`, "Close the contact (turn the button until it comes out), or mend its box and cable; curtailctl estop shows what they say.");
        return { ok: true, cleared: had };
      },
    },
  ];
}
