/** Remembers the recent past, for whoever looks: the command line, the status page, reports. */
import type { Decision } from "../core/decide.ts";
import type { Tick } from "../core/time.ts";
import type { Change } from "../report/changes.ts";
import { PastOfRack } from "../report/history/history.ts";
import type { StatusDocument } from "../report/status.ts";
import type { Attendant } from "./attendant.ts";

export class History implements Attendant {
  readonly name = "history";
  readonly past: PastOfRack;

  constructor(machines: readonly { readonly id: string }[]) {
    this.past = new PastOfRack(machines.map(({ id }) => id));
  }

  decided(decision: Decision, { status, tick }: { readonly status: StatusDocument; readonly tick: Tick }): readonly Change[] {
    this.past.look(decision, status, tick);
    return [];
  }
}
