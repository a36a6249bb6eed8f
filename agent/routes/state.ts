/** What `curtaild state export` asks of a daemon that runs and has the store open. */
import type { Daemon } from "../daemon.ts";
import { ControlError, type ControlRoute } from "../link/control.ts";
import type { Store } from "../runtime/store.ts";
import { messageOf } from "../runtime/errors.ts";

export function stateRoutes(daemon: Daemon, store: Store): ControlRoute[] {
  return [{
    // On the socket for acting: who can read the seed of the rack's draws knows them beforehand.
    method: "POST",
    path: "/state",
    socket: "act",
    verbatim: true,
    does: "Everything this rack has stored, for another controller.",
    async handle() {
      const records = await store.load("").catch((error: unknown) => {
        throw new ControlError(503, `the store cannot be read: ${messageOf(error)}`, "curtailctl status shows what became of it.");
      });
      return { logHead: daemon.status?.logHead ?? null, records: Object.fromEntries(records) };
    },
  }];
}
