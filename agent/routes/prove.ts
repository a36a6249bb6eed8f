/** Proof tests and drills: begun, watched and stopped by a technician; the page is signed with the rack's own key. */
import * as z from "zod";
import type { Proving } from "../attend/proving.ts";
import { seconds } from "../core/units.ts";
import type { Daemon } from "../daemon.ts";
import { ControlError, type ControlRoute } from "../link/control.ts";
import { proofPage, proofView, SIGNATURE_BELOW } from "../report/proof-page.ts";
import { parse, who } from "./asked.ts";

const order = z.strictObject({ who });
const wish = z.strictObject({
  kind: z.enum(["prove", "drill"]),
  /** Parts of what the rack draws now, falling. */
  parts: z.array(z.number().min(0).max(1)).min(1).max(20).refine((parts) => parts.every((part, at) => at === 0 || part < (parts[at - 1] ?? 1)), "each lower than the one before"),
  holdS: z.number().min(0).max(3_600),
  who,
});

export interface ProveParts {
  readonly proving: Proving;
  readonly software: string;
  /** Null: the rack has no key. */
  readonly sign: ((text: string) => string) | null;
}

export type ProofAnswer = ReturnType<typeof proofView> | null;

export function proveRoutes(daemon: Daemon, { proving, software, sign }: ProveParts): ControlRoute[] {
  const view = (): ProofAnswer => (proving.trial === null ? null : proofView(proving.trial.proof, proving.trial));
  return [
    { method: "GET", path: "/prove", socket: "look", does: "How far a proof test or drill is, and what it measured.", handle: async () => view() },
    { method: "GET", path: "/prove/page", socket: "look", verbatim: true, does: "The last proof test or drill on one signed page.", handle: async () => ({ page: page(daemon, { proving, software, sign }) }) },
    {
      method: "POST", path: "/prove", socket: "act", does: "Begins a proof test or a drill.", takes: wish,
      async handle(request) {
        const { kind, parts, holdS, who: name } = parse(wish, request);
        if (proving.running) throw new ControlError(409, `a ${proving.trial?.proof.course.kind ?? "test"} is under way, begun by ${proving.trial?.who ?? "somebody"}`, "Watch it with curtailctl prove show, or end it with curtailctl prove stop.");
        if (!proving.start({ kind, parts, hold: seconds(holdS) }, name)) throw new ControlError(409, "nothing measures this rack now", "A test says what the meter shows: curtailctl status says why it does not.");
        return view();
      },
    },
    {
      method: "DELETE", path: "/prove", socket: "act", does: "Ends a proof test or drill; the rack is brought back.", takes: order,
      async handle(request) {
        const { who: name } = parse(order, request);
        return { ok: true, stopped: proving.stop(`stopped by ${name}`) };
      },
    },
  ];
}

function page(daemon: Daemon, { proving, software, sign }: ProveParts): string {
  const { trial } = proving;
  if (trial === null || trial.endedAt === null) throw new ControlError(404, "no proof test or drill has ended since the daemon started", "Begin one with curtailctl drill --to 80% --for 2m.");
  const { identity } = daemon;
  const { key } = identity;
  const text = proofPage(trial.proof, { ...trial, node: identity.node, operator: identity.operator, software, key: key === null || sign === null ? null : { kid: key.kid, fingerprint: key.fingerprint } });
  return sign === null ? text : `${text}${SIGNATURE_BELOW}\n${sign(text)}\n`;
}
