/** How far a long look is: a bar on a terminal, a line each tenth where there is none. On standard error, beside the result. */
const WIDTH = 24;
const REDRAW_MS = 100;

export interface Counts {
  readonly done: number;
  readonly total: number;
  readonly miners: number;
  readonly unidentified: number;
}

export class Progress {
  readonly #out: NodeJS.WriteStream;
  readonly #began = performance.now();
  #drawn = -Infinity;
  #tenth = 0;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  show(counts: Counts): void {
    const now = performance.now();
    if (this.#out.isTTY) {
      if (now - this.#drawn < REDRAW_MS && counts.done < counts.total) return;
      this.#drawn = now;
      this.#out.write(`\r\u001b[2K${bar(counts)} ${this.#words(counts)}`);
    } else if (Math.floor((10 * counts.done) / counts.total) > this.#tenth) {
      this.#tenth = Math.floor((10 * counts.done) / counts.total);
      this.#out.write(`${this.#words(counts)}\n`);
    }
  }

  end(): void {
    if (this.#out.isTTY) this.#out.write("\r\u001b[2K");
  }

  #words({ done, total, miners, unidentified }: Counts): string {
    const spent = (performance.now() - this.#began) / 1000;
    const left = done === 0 ? null : Math.ceil((spent / done) * (total - done));
    return `${done}/${total} hosts, ${miners} miners, ${unidentified} unidentified${left === null || left === 0 ? "" : `, ${left} s left`}`;
  }
}

const bar = ({ done, total }: Counts): string => {
  const full = Math.round((WIDTH * done) / Math.max(1, total));
  return `[${"#".repeat(full)}${"-".repeat(WIDTH - full)}]`;
};
