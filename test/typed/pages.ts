/** Every command the books show, in the order in which a reader meets it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CommandTree } from "../../scripts/deb/commands.ts";
import { setsUp, stepsIn, type Step } from "./shell.ts";

export interface Shown {
  readonly page: string;
  /** Of the page, from 1. */
  readonly line: number;
  readonly step: Step;
  /** What the page has typed before it to set the shell up. */
  readonly before: readonly string[];
}

const root = fileURLToPath(new URL("../../../", import.meta.url));
const FENCE = /^([ \t]*)```(\w*)[^\n]*\n([\s\S]*?)^\1```/gm;
/** Blocks that are typed; of a console only what stands after a prompt. */
const SHELLS = new Set(["sh", "bash", "shell", "console"]);
/** In running text: one of the two programs with more than the name of a command. */
const INLINE = /`((?:sudo )?curtail(?:d|ctl) [^`\n]+)`/g;

export const pages = (): string[] => ["README.md", "CONTRIBUTING.md", ...readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`)];
export const readPage = (page: string): string => readFileSync(join(root, page), "utf8");

export interface Fence {
  readonly kind: string;
  readonly text: string;
  /** Of its first line within, from 1. */
  readonly line: number;
}

export const fencesOf = (page: string): Fence[] =>
  [...page.matchAll(FENCE)].map(({ 0: whole, 2: kind = "", 3: text = "", index }) => ({ kind, text, line: lineAt(page, index + whole.indexOf("\n") + 1) }));

const lineAt = (text: string, index: number): number => text.slice(0, index).split("\n").length;

/** Keeps the lines where they are. */
const promptsOf = (text: string): string => text.split("\n").map((line) => /^\w*\$ (.*)$/.exec(line)?.[1] ?? "").join("\n");

/** What the fenced blocks of a page type. */
export function typedOn(name: string, text = readPage(name)): Shown[] {
  const before: string[] = [];
  const shown: Shown[] = [];
  for (const { kind, text: block, line } of fencesOf(text)) {
    if (!SHELLS.has(kind)) continue;
    for (const step of stepsIn(kind === "console" ? promptsOf(block) : block)) {
      if (setsUp(step)) before.push(step.text);
      else shown.push({ page: name, line: line + step.line - 1, step, before: [...before] });
    }
  }
  return shown;
}

/** What its text says to type: whole commands that say more than the name of one. Alternatives (`a|b`, `a…`) are names, too. */
export function saidOn(name: string, trees: readonly CommandTree[], text = readPage(name)): Shown[] {
  const prose = text.replaceAll(FENCE, (block) => block.replaceAll(/[^\n]/g, " "));
  return [...prose.matchAll(INLINE)].filter(([, code = ""]) => !/[|…]/.test(code)).flatMap(({ 1: code = "", index }) =>
    stepsIn(code).filter(({ commands: [words = []] }) => isWhole(words, trees)).map((step) => ({ page: name, line: lineAt(prose, index), step, before: [] })));
}

function isWhole(words: readonly string[], trees: readonly CommandTree[]): boolean {
  const [program, ...rest] = words[0] === "sudo" ? words.slice(1) : words;
  let here = trees.find(({ name }) => name === program);
  if (here === undefined) return true;
  // An option that lacks its value counts as one argument too few.
  let more = -1;
  let given = 0;
  rest.forEach((word, index) => {
    const next = here?.commands.find(({ name }) => name === word);
    more += 1;
    if (next !== undefined && given === 0) here = next;
    else {
      if (index === rest.length - 1 && here?.options.some(({ long, takes }) => takes && long === word) === true) given -= 1;
      if (!word.startsWith("-") && here?.options.some(({ long, short, takes }) => takes && [long, short].includes(rest[index - 1] ?? "")) !== true) given += 1;
    }
  });
  return more > 0 && given >= 0 && given >= (here.usage.match(/<[^>]+>/g)?.length ?? 0);
}
