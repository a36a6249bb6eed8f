/**
 * Shell text as pages show it, cut into what is typed at once: a pipeline, or a whole loop or function. Enough of the language for
 * the books, and an error for the rest. Commands inside `$(...)` are not looked into.
 */
export interface Step {
  /** Of the text, from 1. */
  readonly line: number;
  /** As it stands, without its comment and its `&`. */
  readonly text: string;
  /** Words of each simple command in it, quotes and redirections taken off. */
  readonly commands: readonly (readonly string[])[];
  readonly background: boolean;
}

interface Token {
  readonly kind: "word" | "operator";
  readonly value: string;
  readonly from: number;
  readonly to: number;
}

const OPERATORS = ["&&", "||", ">>", "|", ";", "&", ">", "<", "\n"];
const ENDS = new Set(["\n", ";", "&&", "||", "&"]);
const OPENS = new Set(["until", "while", "if", "for", "{"]);
const CLOSES = new Set(["done", "fi", "}"]);
/** Stand where a command's name does, and are none. */
const KEYWORDS = new Set([...OPENS, ...CLOSES, "do", "then", "else", "!"]);
const ASSIGNMENT = /^[A-Za-z_]\w*=/;

/** Throws where a quote or a loop is not closed, and at a here-document. */
export function stepsIn(text: string): Step[] {
  const steps: Step[] = [];
  let held: Token[] = [];
  let depth = 0;
  const end = (by: string): void => {
    const [first, last] = [held[0], held.at(-1)];
    if (first !== undefined && last !== undefined) steps.push({ line: text.slice(0, first.from).split("\n").length, text: text.slice(first.from, last.to), commands: commandsOf(held), background: by === "&" });
    held = [];
  };
  for (const token of tokens(text)) {
    if (token.kind === "operator" && token.value === "<" && held.at(-1)?.value === "<") throw new Error("here-documents are not understood");
    if (token.kind === "operator" && ENDS.has(token.value) && depth === 0) {
      end(token.value);
      continue;
    }
    if (token.kind === "word" && startsCommand(held.at(-1))) depth += OPENS.has(token.value) ? 1 : CLOSES.has(token.value) ? -1 : 0;
    if (held.length > 0 || token.value !== "\n") held.push(token);
  }
  if (depth !== 0) throw new Error("a loop, a condition or a function is not closed");
  end("\n");
  return steps;
}

const startsCommand = (before: Token | undefined): boolean => before === undefined || (before.kind === "operator" ? before.value !== ">" && before.value !== "<" && before.value !== ">>" : KEYWORDS.has(before.value) || before.value.endsWith("()"));

function commandsOf(all: readonly Token[]): string[][] {
  const commands: string[][] = [[]];
  all.forEach(({ kind, value }, index) => {
    const before = all[index - 1];
    const words = commands.at(-1) ?? [];
    if (kind === "operator") {
      if (/[<>]/.test(value)) return;
      commands.push([]);
    } else if (before?.kind === "operator" && /[<>]/.test(before.value)) return;
    else if (words.length === 0 && (KEYWORDS.has(value) || ASSIGNMENT.test(value) || value.endsWith("()"))) return;
    else words.push(value);
  });
  return commands.filter((words) => words.length > 0);
}

function tokens(text: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  while (at < text.length) {
    if (/[ \t]/.test(text[at] ?? "")) at += 1;
    else if (text.startsWith("\\\n", at)) at += 2;
    else if (text[at] === "#") at = lineEnd(text, at);
    else {
      const operator = /^\d?(?=[<>])/.test(text.slice(at)) ? text.slice(at).replace(/^\d/, "") : text.slice(at);
      const sign = OPERATORS.find((one) => operator.startsWith(one));
      const from = at;
      if (sign === undefined) {
        const word = wordAt(text, at);
        at = word.to;
        found.push({ kind: "word", value: word.value, from, to: at });
      } else {
        at += sign.length + (text.slice(at).length - operator.length);
        found.push({ kind: "operator", value: sign, from, to: at });
      }
    }
  }
  return found;
}

const lineEnd = (text: string, at: number): number => {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
};

/** One word with its quotes taken off; what is substituted stays as it stands. */
function wordAt(text: string, from: number): { readonly value: string; readonly to: number } {
  let value = "";
  let at = from;
  while (at < text.length) {
    const char = text[at] ?? "";
    if (text.startsWith("()", at)) {
      value += "()";
      at += 2;
    } else if (/[\s;&|<>]/.test(char)) break;
    else if (char === "\\") {
      value += text[at + 1] === "\n" ? "" : (text[at + 1] ?? "");
      at += 2;
    } else if (char === "'" || char === '"') {
      const end = text.indexOf(char, at + 1);
      if (end < 0) throw new Error(`a quote is not closed: ${text.slice(at, at + 40)}`);
      value += text.slice(at + 1, end);
      at = end + 1;
    } else if (text.startsWith("$(", at)) {
      const end = text.indexOf(")", at);
      if (end < 0) throw new Error(`$( is not closed: ${text.slice(at, at + 40)}`);
      value += text.slice(at, end + 1);
      at = end + 1;
    } else {
      value += char;
      at += 1;
    }
  }
  return { value, to: at };
}

/** It makes words the steps after it use, and does nothing else: exports, variables, functions. */
export const setsUp = ({ text }: Step): boolean => /^(?:export |alias |\w+\(\)|\w+=\S*(?:\s+\w+=\S*)*$)/.test(text);
