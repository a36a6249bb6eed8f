/** What lies between operator and rack: it delays, reorders and doubles. What is forged draws from dice of its own, so that leaving it out shifts nothing. */
import { millis } from "../../agent/core/units.ts";
import type { NetworkHooks } from "../support/memory-link.ts";
import type { Dice } from "./dice.ts";
import type { Issued } from "./oracle/sight.ts";

export class Network {
  duplicates = false;
  reorders = false;
  late = false;
  lateBeats = false;

  /** `issued`: the document whose bytes these are; undefined: none of the operator's. */
  hooks(dice: { readonly genuine: Dice; readonly forged: Dice }, issued: (payload: string) => Issued | undefined, client: string): NetworkHooks {
    const of = (payload: string | Uint8Array): Issued | undefined => issued(String(payload));
    return {
      copies: ({ payload }, to) => (to === client && this.duplicates && of(payload)?.genuine === true ? 2 : 1),
      delay: ({ payload }, to) => {
        if (to !== client) return millis(0);
        const document = of(payload);
        if (document?.genuine !== true) return millis(dice.forged.between(1, 50));
        const usual = dice.genuine.between(1, 50);
        if (this.lateBeats && document.type === "HEARTBEAT") return millis(usual + dice.genuine.between(2_000, 45_000));
        if (this.late) return millis(usual + dice.genuine.between(1_000, 8_000));
        return millis(usual + (this.reorders ? dice.genuine.between(0, 3_000) : 0));
      },
    };
  }
}
