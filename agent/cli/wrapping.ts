import { stripVTControlCharacters } from "node:util";

/** Colours have no width. */
const shown = (text: string): number => stripVTControlCharacters(text).length;

/** Breaks a text at spaces, so that a line with what stands before it fits into `columns`. */
export function wrapped(text: string, { first, rest, columns = 80 }: { readonly first: string; readonly rest: string; readonly columns?: number }): string[] {
  const lines: string[] = [];
  let line = first;
  let bare = true;
  for (const word of text.split(" ")) {
    if (!bare && shown(line) + 1 + shown(word) > columns) {
      lines.push(line);
      line = rest;
      bare = true;
    }
    line += bare ? word : ` ${word}`;
    bare = false;
  }
  return [...lines, line];
}
