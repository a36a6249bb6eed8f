/** A line of the picture: pieces of text with a meaning, which becomes a colour where there are colours. */
import { createColors } from "picocolors";

export type Style = "plain" | "dim" | "bold" | "limit" | "power" | "good" | "fair" | "bad";

export interface Span {
  readonly text: string;
  readonly style: Style;
}

export type Line = readonly Span[];

export const span = (text: string, style: Style = "plain"): Span => ({ text, style });

/** The line as it goes to the terminal, cut to `columns`. Every character of ours is one column wide. */
export function render(line: Line, columns: number, coloured: boolean): string {
  const colors = createColors(coloured);
  const paint: Readonly<Record<Style, (text: string) => string>> = {
    plain: (text) => text,
    dim: colors.dim,
    bold: colors.bold,
    limit: colors.yellow,
    power: colors.cyan,
    good: colors.green,
    fair: colors.yellow,
    bad: colors.red,
  };
  let left = columns;
  let text = "";
  for (const { text: piece, style } of merged(line)) {
    const cut = [...piece].slice(0, left).join("");
    left -= [...cut].length;
    text += paint[style](cut);
  }
  return text;
}

/** One escape sequence a run of the same style, not one a character. */
function merged(line: Line): Span[] {
  const runs: Span[] = [];
  for (const piece of line) {
    const last = runs.at(-1);
    if (last?.style === piece.style) runs[runs.length - 1] = { text: last.text + piece.text, style: piece.style };
    else runs.push(piece);
  }
  return runs;
}
