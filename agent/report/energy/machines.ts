/** Energy of single machines by quarter hours: a row each, and no more than that. */
import { QUARTER_MS } from "./interval.ts";
import type { MachineRow } from "./record.ts";

export interface MachineLook {
  readonly id: string;
  /** null: nothing but its nameplate is known. */
  readonly powerW: number | null;
  readonly hashrateThs: number | null;
}

export interface MachineRecord {
  readonly v: 1;
  readonly type: "MACHINES";
  readonly from: string;
  readonly to: string;
  readonly columns: readonly ["id", "energyWh", "hashesTh", "knownS"];
  readonly rows: readonly MachineRow[];
}

export interface MachineMemory {
  readonly from: number;
  readonly rows: readonly MachineRow[];
}

/** A look older than this says nothing any more. */
const LONGEST_LOOK = 30_000;

interface Sum {
  wh: number;
  th: number;
  knownS: number;
}

export class MachineBook {
  #from: number | null = null;
  #uptime = 0;
  #last: readonly MachineLook[] = [];
  readonly #sums = new Map<string, Sum>();

  recall({ from, rows }: MachineMemory): void {
    this.#from = from;
    for (const [id, wh, th, knownS] of rows) this.#sums.set(id, { wh, th, knownS });
  }

  memory(): MachineMemory | null {
    return this.#from === null ? null : { from: this.#from, rows: this.#rows() };
  }

  /** Takes a look at all machines; returns the record of the quarter hour that ended with it. A look over its end counts to the new one. */
  look(looks: readonly MachineLook[], { uptime, at }: { readonly uptime: number; readonly at: number }): MachineRecord | null {
    const from = Math.floor(at / QUARTER_MS) * QUARTER_MS;
    const ended = this.#from !== null && this.#from !== from ? this.#record(this.#from) : null;
    if (this.#from !== from) this.#sums.clear();
    this.#from = from;
    const seconds = this.#last.length === 0 ? 0 : Math.min(uptime - this.#uptime, LONGEST_LOOK) / 1000;
    for (const { id, powerW, hashrateThs } of this.#last) {
      const sum = this.#sum(id);
      sum.th += (hashrateThs ?? 0) * seconds;
      if (powerW === null) continue;
      sum.wh += (powerW * seconds) / 3600;
      sum.knownS += seconds;
    }
    for (const { id } of looks) this.#sum(id);
    this.#last = looks;
    this.#uptime = uptime;
    return ended;
  }

  #sum(id: string): Sum {
    const known = this.#sums.get(id);
    if (known !== undefined) return known;
    const sum = { wh: 0, th: 0, knownS: 0 };
    this.#sums.set(id, sum);
    return sum;
  }

  #record(from: number): MachineRecord {
    return { v: 1, type: "MACHINES", from: new Date(from).toISOString(), to: new Date(from + QUARTER_MS).toISOString(), columns: ["id", "energyWh", "hashesTh", "knownS"], rows: this.#rows() };
  }

  #rows(): MachineRow[] {
    return [...this.#sums].map(([id, { wh, th, knownS }]) => [id, Math.round(wh * 10) / 10, Math.round(th), Math.round(knownS)]);
  }
}
