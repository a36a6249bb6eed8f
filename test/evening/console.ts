/** What a page shows of a console: commands with their prompt, and what they print. */
export interface Typed {
  readonly prompt: string;
  readonly command: string;
  /** `...` stands for any number of lines. */
  readonly prints: readonly string[];
  /** It is typed again until it prints this. */
  readonly until: RegExp | null;
}

const FENCE = /(?:<!-- until: (.*?) -->\s*)?^```console\n([\s\S]*?)^```/gm;

export function typedIn(page: string): Typed[] {
  return [...page.matchAll(FENCE)].flatMap(([, until, text = ""]) => {
    const typed: { prompt: string; command: string; prints: string[]; until: RegExp | null }[] = [];
    for (const line of text.trimEnd().split("\n")) {
      const [, prompt, command] = /^(\w*)\$ (.*)$/.exec(line) ?? [];
      if (prompt !== undefined && command !== undefined) typed.push({ prompt, command, prints: [], until: until === undefined || typed.length > 0 ? null : new RegExp(until) });
      else typed.at(-1)?.prints.push(line);
    }
    return typed;
  });
}

/** What stays the same from one evening to another: everything but figures, their units, fingerprints, the width of columns, and whether a rack starts or settles just while somebody looks. */
export const skeleton = (line: string): string =>
  line.replaceAll(/\b[0-9a-f]{64}\b/g, "HASH").replaceAll(/\S+ (?:STARTED|SETTLED)\b/g, "-").replaceAll(/\d[\d.:]*/g, "#").replaceAll(/(#-?)+(T#Z)?/g, "#").replaceAll(/# (?:[kMGTPE]?W|[GTPE]H\/s|m?s|min)\b/g, "#").replaceAll(/(?:# ?)+/g, "# ").replaceAll(/\s+/g, " ").trim();

/** The first line that was printed otherwise, as "wanted | printed"; null: none. */
export function unlike(wanted: readonly string[], printed: readonly string[]): string | null {
  let at = 0;
  let skip = false;
  for (const line of wanted) {
    if (line.trim() === "...") {
      skip = true;
      continue;
    }
    const found = skip ? printed.findIndex((other, index) => index >= at && skeleton(other) === skeleton(line)) : at;
    if (found < 0 || skeleton(printed[found] ?? "") !== skeleton(line)) return `${skeleton(line)} | ${skeleton(printed[at] ?? "(nothing)")}`;
    at = found + 1;
    skip = false;
  }
  return skip || at >= printed.length ? null : `(nothing) | ${printed[at] ?? ""}`;
}
