/** What is recorded: where it lies and how far it goes. */
import type { Evidence } from "../attend/evidence.ts";
import type { Asked } from "../attend/reports.ts";
import { ControlError, type ControlRoute } from "../link/control.ts";
import { headText } from "../record/chain.ts";

/** What fits into an answer. */
const MOST_BYTES = 14_000_000;
const FORMATS = ["html", "json", "csv", "ocmf"] as const;

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
      does: "Where the journal lies and where it stands.",
      async handle() {
        const { journal, logHead } = kept();
        return { directory, head: headText(journal.head), synced: headText(journal.synced), checkpoint: logHead() };
      },
    },
    {
      method: "GET",
      path: "/equipment",
      socket: "look",
      verbatim: true,
      does: "The equipment register as a signed file: format csv or json.",
      handle: async ({ query }) => kept().equipment.sheet(query.get("format") === "csv" ? "csv" : "json"),
    },
    {
      method: "GET",
      path: "/report",
      socket: "look",
      verbatim: true,
      does: "A report on a document (id) or a stretch of time (from, to), as html, json, csv or ocmf (format).",
      async handle({ query }) {
        const format = FORMATS.find((one) => one === (query.get("format") ?? "html"));
        if (format === undefined) throw new ControlError(400, `there is no format ${query.get("format")}`, `There are ${FORMATS.join(", ")}.`);
        const written = await kept().reports.write(askedFor(query), format);
        if (written === null) throw new ControlError(404, `the journal of the last two months knows of no document ${query.get("id")}`, "curtailctl grid documents names those in force, curtailctl events the past ones; for older ones ask for a stretch of time with --from and --to.");
        if (written.text.length > MOST_BYTES) throw new ControlError(413, "the report is too long to be handed over", "Ask for a shorter stretch of time.");
        return written;
      },
    },
  ];
}

function askedFor(query: URLSearchParams): Asked {
  const id = query.get("id");
  if (id !== null) return { id };
  const [from, to] = [Date.parse(query.get("from") ?? ""), Date.parse(query.get("to") ?? "")];
  if (!(from < to)) throw new ControlError(400, "neither a document nor a stretch of time is named", "Send id, or from and to as ISO times, the first before the second.");
  return { from, to };
}
