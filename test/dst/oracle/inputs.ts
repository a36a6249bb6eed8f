/** The judge's own inputs: a power that its energy does not bear out, or a document the agent has and the judge has not, makes its verdicts worthless. */
import { roundW } from "./moment.ts";
import type { Entry, Sight, Verdicts } from "./sight.ts";

const WINDOW_MS = 60_000;
const APART = { fraction: 0.03, watts: 60 } as const;

export class Inputs {
  readonly #delivered = new Set<string>();
  #from: { readonly atMs: number; readonly energyWh: number } | null = null;
  #lastW = 0;
  #wms = 0;
  #unsureWms = 0;
  #lastMs = 0;

  delivered(id: string): void {
    this.#delivered.add(id);
  }

  entry({ name, ...fields }: Entry, verdicts: Verdicts): void {
    if (name !== "signal.accepted") return;
    verdicts.judged("inputs");
    if (!this.#delivered.has(String(fields["id"]))) verdicts.broken("inputs", `the agent has accepted ${String(fields["id"])}, which no operator issued as far as the judge was shown`);
  }

  look({ nowMs, powerW, energyWh: readEnergy }: Sight, verdicts: Verdicts): void {
    this.#wms += ((powerW + this.#lastW) / 2) * (nowMs - this.#lastMs);
    // Between two looks a step may have come right after the first or right before the second.
    this.#unsureWms += (Math.abs(powerW - this.#lastW) / 2) * (nowMs - this.#lastMs);
    [this.#lastW, this.#lastMs] = [powerW, nowMs];
    if (this.#from === null) {
      this.#from = { atMs: nowMs, energyWh: readEnergy() };
      this.#wms = this.#unsureWms = 0;
      return;
    }
    const lengthMs = nowMs - this.#from.atMs;
    if (lengthMs < WINDOW_MS) return;
    const energyWh = readEnergy();
    const [shownW, countedW] = [this.#wms / lengthMs, ((energyWh - this.#from.energyWh) * 3_600_000) / lengthMs];
    verdicts.judged("inputs");
    if (Math.abs(shownW - countedW) > APART.fraction * countedW + APART.watts + this.#unsureWms / lengthMs) verdicts.broken("inputs", `${roundW(shownW)} shown on average, ${roundW(countedW)} by the energy registers`);
    this.#from = { atMs: nowMs, energyWh };
    this.#wms = this.#unsureWms = 0;
  }
}
