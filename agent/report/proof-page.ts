/** A test of the rack on one page, for whoever asked for it: what was asked, what the meter showed, what is to be relied on. */
import type { Proof, ProofStep } from "../core/proof.ts";
import { hundredths, isoTime, whole } from "./figures.ts";

export interface ProofContext {
  readonly node: string;
  readonly operator: string;
  readonly who: string;
  readonly begunAt: number;
  readonly endedAt: number | null;
  readonly software: string;
  readonly key: { readonly kid: string; readonly fingerprint: string } | null;
}

export function proofView(proof: Proof, { who, begunAt, endedAt }: Pick<ProofContext, "who" | "begunAt" | "endedAt">) {
  return {
    kind: proof.course.kind, state: proof.state, why: proof.why, who,
    begunAt: isoTime(begunAt), endedAt: endedAt === null ? null : isoTime(endedAt),
    beforeW: whole(proof.before), step: proof.steps.length, of: proof.course.limits.length, holdS: seconds(proof.course.hold),
    steps: proof.steps.map(stepView), restoredS: seconds(proof.restored), meterLagS: seconds(proof.lag),
    machines: [...proof.machines].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([id, { ways, sleepPower }]) => ({
      id, downS: seconds(ways.down?.took ?? null), upS: seconds(ways.up?.took ?? null), sleepS: seconds(ways.sleep?.took ?? null), wakeS: seconds(ways.wake?.took ?? null), sleepW: whole(sleepPower),
    })),
  };
}

const seconds = (length: number | null): number | null => (length === null ? null : hundredths(length / 1_000));

const stepView = (step: ProofStep) => ({
  limitW: whole(step.limit), fromW: whole(step.from), withinS: seconds(step.within), settledS: seconds(step.settled), overAgainS: seconds(step.again),
  highestW: whole(step.highest), lowestW: whole(step.lowest), offsetW: whole(step.offset),
});

/** Plain text of one page. */
export function proofPage(proof: Proof, context: ProofContext): string {
  const view = proofView(proof, context);
  const kept = view.steps.filter(({ withinS, overAgainS }) => withinS !== null && overAgainS === 0).length;
  const row = (cells: readonly (number | string | null)[]): string => cells.map((cell) => String(cell ?? "-").padStart(14)).join("");
  return [
    `${view.kind === "drill" ? "DRILL" : "PROOF TEST"} of ${context.node} for ${context.operator}`,
    "",
    `asked for by   ${view.who}`,
    `begun          ${view.begunAt}`,
    `ended          ${view.endedAt ?? "-"} (${view.state}${view.why === null ? "" : `: ${view.why}`})`,
    `draw before    ${view.beforeW ?? "-"} W`,
    `limits kept    ${kept} of ${view.steps.length}`,
    `restored       ${view.restoredS === null ? "no" : `after ${view.restoredS} s`}`,
    `meter          ${view.meterLagS} s behind the machines at the most, as far as seen`,
    "",
    row(["limit W", "from W", "within s", "settled s", "over again s", "highest W", "meter-sum W"]),
    ...view.steps.map((step) => row([step.limitW, step.fromW, step.withinS, step.settledS, step.overAgainS, step.highestW, step.offsetW])),
    "",
    ...(view.machines.length === 0 ? [] : [row(["machine", "down s", "up s", "sleep s", "wake s", "asleep W"]), ...view.machines.map((one) => row([one.id, one.downS, one.upS, one.sleepS, one.wakeS, one.sleepW])), ""]),
    "All power is what the rack's own meter showed. Times count from the limit (steps) and from the order (machines).",
    `curtaild ${context.software}${context.key === null ? "; not signed: this rack has no key" : `; signed by ${context.key.kid}, fingerprint ${context.key.fingerprint}`}`,
    "",
  ].join("\n");
}

export const SIGNATURE_BELOW = "---- signature of all above (JWS, RFC 7515) ----";
