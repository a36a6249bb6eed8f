/** What is recorded: where it lies and how far it goes. */
import type { Evidence } from "../attend/evidence.ts";
import { ControlError, type ControlRoute } from "../link/control.ts";
import { headText } from "../record/chain.ts";

export function evidenceRoutes(evidence: Evidence | null, directory: string): ControlRoute[] {
  const kept = (): Evidence => {
    if (evidence === null) throw new ControlError(503, "no journal is kept", "The log says why: its directory cannot be read or written.");
    return evidence;
  };
  return [
    {
      method: "GET",
      path: "/journal",
      socket: "look",
      async handle() {
        const { journal, logHead } = kept();
        return { directory, head: headText(journal.head), synced: headText(journal.synced), checkpoint: logHead() };
      },
    },
  ];
}
