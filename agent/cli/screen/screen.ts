/** Writes frames to a terminal without flicker: only lines that changed, each frame in one piece, everything put back at the end. */
import type { WriteStream } from "node:tty";

const ESC = "\u001B[";
/** Alternate screen, no cursor, no wrapping at the right edge. */
const ENTER = `${ESC}?1049h${ESC}?25l${ESC}?7l${ESC}2J`;
const LEAVE = `${ESC}?7h${ESC}?25h${ESC}?1049l`;
/** Terminals that know it show what lies between at once; the others ignore it. */
const FRAME = { begin: `${ESC}?2026h`, end: `${ESC}?2026l` } as const;

export class Screen {
  readonly #stream: WriteStream;
  #shown: readonly string[] = [];
  #open = false;

  constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  get size(): { readonly columns: number; readonly rows: number } {
    // A terminal that does not know its size says 0.
    return { columns: this.#stream.columns || 80, rows: this.#stream.rows || 24 };
  }

  open(): void {
    this.#open = true;
    this.#stream.write(ENTER);
    process.once("exit", this.#restore);
    this.#stream.on("resize", this.#forget);
  }

  draw(lines: readonly string[]): void {
    if (!this.#open) return;
    let frame = "";
    for (let row = 0; row < Math.max(lines.length, this.#shown.length); row++) {
      const line = lines[row] ?? "";
      if (line !== this.#shown[row]) frame += `${ESC}${row + 1};1H${line}${ESC}0m${ESC}K`;
    }
    this.#shown = lines;
    if (frame !== "") this.#stream.write(FRAME.begin + frame + FRAME.end);
  }

  close(): void {
    process.removeListener("exit", this.#restore);
    this.#stream.off("resize", this.#forget);
    this.#restore();
  }

  readonly #restore = (): void => {
    if (this.#open) this.#stream.write(LEAVE);
    this.#open = false;
  };

  /** After a change of size nothing is where it was. */
  readonly #forget = (): void => {
    this.#shown = [];
    if (this.#open) this.#stream.write(`${ESC}2J`);
  };
}
