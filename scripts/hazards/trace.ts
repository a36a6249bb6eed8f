/** Reads docs/hazards.md as the tables it is: loss -> hazard -> unsafe control action -> requirement -> test. */

/** What a requirement cites. */
interface Citation {
  readonly file: string;
  readonly name: string;
}

interface Row {
  readonly id: string;
  readonly line: number;
  readonly cells: readonly string[];
}

/** What is wrong with the chain, one sentence each; empty: it holds. `source`: the text of a test file, null where there is none. */
export function gaps(markdown: string, source: (file: string) => string | null): string[] {
  const rows = rowsOf(markdown);
  const of = (kind: string): Row[] => rows.filter(({ id }) => id.startsWith(kind));
  const requirements = of("R");
  return [
    ...["L", "H", "U", "R"].filter((kind) => of(kind).length === 0).map((kind) => `no row whose id begins with ${kind}`),
    ...twice(rows),
    ...unled(of("L"), of("H")), ...unled(of("H"), of("U")), ...unled(of("U"), requirements),
    ...requirements.flatMap((row) => uncited(row, source)),
  ];
}

/** How many requirements there are, and how many tests they name. */
export function figures(markdown: string): { readonly requirements: number; readonly tests: number } {
  const requirements = rowsOf(markdown).filter(({ id }) => id.startsWith("R"));
  return { requirements: requirements.length, tests: new Set(requirements.flatMap((row) => citationsIn(row).map(({ file, name }) => `${file} ${name}`))).size };
}

function rowsOf(markdown: string): Row[] {
  return markdown.split("\n").flatMap((text, index) => {
    const cells = text.split("|").slice(1, -1).map((cell) => cell.trim());
    const [id = ""] = cells;
    return /^[LHUR]\d+$/.test(id) ? [{ id, line: index + 1, cells: cells.slice(1) }] : [];
  });
}

function twice(rows: readonly Row[]): string[] {
  return rows.filter(({ id }, index) => rows.findIndex((row) => row.id === id) !== index).map(({ id, line }) => `line ${line}: ${id} is there twice`);
}

/** Every one of the first has to be named by one of the second, and none besides. */
function unled(named: readonly Row[], by: readonly Row[]): string[] {
  const kind = named[0]?.id.charAt(0) ?? "?";
  const known = new Set(named.map(({ id }) => id));
  const mentions = by.map((row) => ({ row, ids: row.cells.join(" ").match(new RegExp(`\\b${kind}\\d+\\b`, "g")) ?? [] }));
  const mentioned = new Set(mentions.flatMap(({ ids }) => ids));
  return [
    ...named.filter(({ id }) => !mentioned.has(id)).map(({ id, line }) => `line ${line}: nothing stands against ${id}`),
    ...mentions.filter(({ ids }) => ids.length === 0).map(({ row }) => `line ${row.line}: ${row.id} names no ${kind}`),
    ...mentions.flatMap(({ row, ids }) => ids.filter((id) => !known.has(id)).map((id) => `line ${row.line}: ${row.id} names ${id}, which is not there`)),
  ];
}

function uncited(row: Row, source: (file: string) => string | null): string[] {
  const citations = citationsIn(row);
  if (citations.length === 0) return [`line ${row.line}: ${row.id} names no test`];
  return citations.flatMap(({ file, name }) => {
    const text = source(file);
    if (text === null) return [`line ${row.line}: ${row.id} names ${file}, which does not exist`];
    return text.includes(`test("${name}"`) || text.includes(`test(\`${name}\``) ? [] : [`line ${row.line}: ${row.id} names the test "${name}", which is not in ${file}`];
  });
}

const citationsIn = ({ cells }: Row): Citation[] => Array.from((cells.at(-1) ?? "").matchAll(/`(test\/[^`]+\.test\.ts)` "([^"]+)"/g), ([, file = "", name = ""]) => ({ file, name }));
