/** A parser for what miners send instead of JSON: one pass, no guessing. */
import { BACKSLASH, CLOSE_LIST, CLOSE_OBJECT, COLON, COMMA, OPEN_LIST, OPEN_OBJECT, QUOTE } from "./characters.ts";
import type { Json } from "./json.ts";

export interface ParsedReply {
  readonly value: Json;
  /** What had to be mended, each kind once; empty for valid JSON. */
  readonly mended: readonly Mend[];
}

export type Mend =
  | "nul" | "missing-comma" | "leading-comma" | "trailing-comma" | "not-a-number"
  | "control-character" | "escape" | "doubled-quote" | "pair-in-list" | "duplicate-key";

/** `at`: where in the text, in characters. `cut`: the text ended before the reply did. */
export class ReplySyntaxError extends Error {
  override readonly name = "ReplySyntaxError";
  readonly at: number;
  readonly cut: boolean;

  constructor(message: string, at: number, cut: boolean) {
    super(message);
    this.at = at;
    this.cut = cut;
  }
}

/** Deepest seen in the field is 6 (WhatsMiner edevs). */
export const MAX_DEPTH = 32;
/** What charCodeAt answers behind the end, made comparable. */
const END = -1;

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const NOT_A_NUMBER = /[+-]?(?:nan(?:\([\w]*\))?|infinity|inf)/iy;
const WORD = /true|false|null/y;
const BARE_KEY = /[A-Za-z_][\w .%-]*(?=")/y;
const HEX = /^[0-9a-fA-F]{4}$/;
const ESCAPES: Readonly<Record<string, string>> = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

export class MendingParser {
  readonly #text: string;
  readonly #mended = new Set<Mend>();
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  reply(): ParsedReply {
    const first = this.#peek();
    if (first === END) throw this.#wrong("is empty");
    if (first !== OPEN_OBJECT && first !== OPEN_LIST) throw this.#wrong("does not start with { or [");
    const value = this.#value();
    if (this.#peek() !== END) throw this.#wrong("goes on after its end");
    return { value, mended: [...this.#mended] };
  }

  #value(): Json {
    const next = this.#peek();
    if (next === OPEN_OBJECT) return this.#nested(() => this.#object());
    if (next === OPEN_LIST) return this.#nested(() => this.#list());
    if (next === QUOTE) return this.#string();
    return this.#scalar();
  }

  #nested(parse: () => Json): Json {
    if (++this.#depth > MAX_DEPTH) throw this.#wrong(`is nested deeper than ${MAX_DEPTH}`);
    this.#at++;
    const value = parse();
    this.#depth--;
    return value;
  }

  #object(): Json {
    const object: Record<string, Json> = {};
    this.#skipLeadingComma();
    while (!this.#closed(CLOSE_OBJECT)) {
      const key = this.#key();
      this.#expect(COLON);
      if (Object.hasOwn(object, key)) this.#mended.add("duplicate-key");
      put(object, key, this.#value());
      this.#separator(CLOSE_OBJECT);
    }
    return object;
  }

  #list(): Json {
    const list: Json[] = [];
    this.#skipLeadingComma();
    while (!this.#closed(CLOSE_LIST)) {
      const value = this.#value();
      // WhatsMiner lists error codes as `["531":"2026-01-02 03:04:05"]`: each pair is an object of its own.
      if (typeof value === "string" && this.#peek() === COLON) {
        this.#at++;
        this.#mended.add("pair-in-list");
        const pair: Record<string, Json> = {};
        put(pair, value, this.#value());
        list.push(pair);
      } else {
        list.push(value);
      }
      this.#separator(CLOSE_LIST);
    }
    return list;
  }

  #closed(bracket: number): boolean {
    if (this.#peek() !== bracket) return false;
    this.#at++;
    return true;
  }

  /** `[,{`: left behind by firmware that prints the comma before each entry. */
  #skipLeadingComma(): void {
    if (this.#peek() !== COMMA) return;
    this.#at++;
    this.#mended.add("leading-comma");
  }

  /** After an entry: a comma, or the end. A comma may be missing only after a bracket, where nothing else can be meant. */
  #separator(close: number): void {
    const bracketBefore = isClosing(this.#text.charCodeAt(this.#at - 1));
    const next = this.#peek();
    if (next === COMMA) {
      this.#at++;
      if (this.#peek() === close) this.#mended.add("trailing-comma");
      return;
    }
    if (next === close) return;
    const opens = close === CLOSE_OBJECT ? next === QUOTE : next === OPEN_OBJECT || next === OPEN_LIST;
    if (!bracketBefore || !opens) throw this.#wrong("lacks a comma");
    this.#mended.add("missing-comma");
  }

  #key(): string {
    if (this.#peek() !== QUOTE) throw this.#wrong("lacks a key");
    if (this.#text.charCodeAt(this.#at + 1) === QUOTE) {
      const bare = this.#match(BARE_KEY, this.#at + 2);
      if (bare !== null) {
        this.#at += 2 + bare.length + 1;
        this.#mended.add("doubled-quote");
        return bare;
      }
    }
    return this.#string();
  }

  #string(): string {
    let text = "";
    let from = ++this.#at;
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (Number.isNaN(code)) throw this.#wrong("ends inside a string");
      if (code === QUOTE) break;
      if (code === BACKSLASH) {
        text += this.#text.slice(from, this.#at) + this.#escape();
        from = this.#at;
      } else if (code === 0) {
        text += this.#text.slice(from, this.#at);
        from = ++this.#at;
        this.#mended.add("nul");
      } else {
        if (code < 0x20) this.#mended.add("control-character");
        this.#at++;
      }
    }
    text += this.#text.slice(from, this.#at);
    this.#at++;
    return text;
  }

  #escape(): string {
    const letter = this.#text[++this.#at];
    if (letter === undefined) throw this.#wrong("ends inside a string");
    this.#at++;
    if (letter === "u") {
      const hex = this.#text.slice(this.#at, this.#at + 4);
      if (!HEX.test(hex)) throw this.#wrong("has a broken escape");
      this.#at += 4;
      return String.fromCharCode(Number.parseInt(hex, 16));
    }
    const known = ESCAPES[letter];
    if (known === undefined) this.#mended.add("escape");
    return known ?? letter;
  }

  #scalar(): Json {
    const number = this.#match(NUMBER, this.#at);
    if (number !== null) {
      this.#at += number.length;
      const value = Number(number);
      if (Number.isFinite(value)) return value;
      this.#mended.add("not-a-number");
      return null;
    }
    const word = this.#match(WORD, this.#at);
    if (word !== null) {
      this.#at += word.length;
      return word === "null" ? null : word === "true";
    }
    const none = this.#match(NOT_A_NUMBER, this.#at);
    if (none === null) throw this.#wrong("has no value");
    this.#at += none.length;
    this.#mended.add("not-a-number");
    return null;
  }

  #expect(code: number): void {
    if (this.#peek() !== code) throw this.#wrong(`lacks "${String.fromCharCode(code)}"`);
    this.#at++;
  }

  /** The next character that says something. Between tokens, white space, NUL and other control characters say nothing. */
  #peek(): number {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (Number.isNaN(code)) return END;
      if (code > 0x20 && code !== 0xfeff) return code;
      if (code === 0) this.#mended.add("nul");
      this.#at++;
    }
  }

  #match(pattern: RegExp, at: number): string | null {
    pattern.lastIndex = at;
    return pattern.exec(this.#text)?.[0] ?? null;
  }

  #wrong(what: string): ReplySyntaxError {
    const cut = this.#at >= this.#text.length;
    return new ReplySyntaxError(cut ? `is cut after ${this.#text.length} characters` : `${what} at character ${this.#at}`, this.#at, cut);
  }
}

function isClosing(code: number): boolean {
  return code === CLOSE_OBJECT || code === CLOSE_LIST;
}

/** As JSON.parse does it: `__proto__` is a key like any other. */
function put(object: Record<string, Json>, key: string, value: Json): void {
  if (key === "__proto__") Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  else object[key] = value;
}
