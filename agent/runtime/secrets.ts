/**
 * Nothing secret leaves this process: not in the log, an event, an answer, a dump. Three nets, each for what slips through
 * the others: the name a value stands under, what secrets look like in a text, and the values read from secret files, which
 * a miner or a broker may say back in words of its own.
 */
export const NOT_SHOWN = "(not shown)";

/** Names are compared without case, dashes and underscores. Those of files that hold a secret end in `file` and are none. */
const SECRET_NAME = /(?:password|passphrase|passwd|secret|token|authorization|cookie|credential|privatekey|apikey|accesskey|sessionid|jwt)s?$|(?:wifi|pool|stratum|admin|user|new|old)(?:pass|pwd)$|^(?:pass|pw|pwd|salt|newsalt|sign)$/;
/** Secret where it is a text; as an object it is a public key. */
const SECRET_TEXT_NAME = /^key$|^d$/;

export const isSecretName = (name: string): boolean => sortOf(name) === "secret";

/** What a name says of the value under it: `text` is secret where the value is a text. */
type Sort = "secret" | "text" | "open";

/** Nearly all names are of our own events and answers, each a thousand times over. */
const sorts = new Map<string, Sort>();
/** Those of others come and go, and may be of any length. */
const MOST_SORTS = 1_000;
const LONGEST_NAME = 100;

function sortOf(name: string): Sort {
  const known = sorts.get(name);
  if (known !== undefined) return known;
  const word = bare(name);
  const sort = SECRET_NAME.test(word) ? "secret" : SECRET_TEXT_NAME.test(word) ? "text" : "open";
  if (sorts.size >= MOST_SORTS) sorts.clear();
  if (name.length <= LONGEST_NAME) sorts.set(name, sort);
  return sort;
}

const bare = (name: string): string => name.replaceAll(/[-_]/g, "").toLowerCase();

const WORDS = "pass(?:word|phrase|wd)?|pwd|secret|(?:access_?)?token|authorization|cookie|salt|api_?key|private_?key";
// Whoever writes a text may be hostile: every repetition is bounded, so that none takes longer than its length.
const CREDENTIALS = /([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/"]{0,512}@/gi;
const PEM = /-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,20}PRIVATE KEY-----|$)/g;
const BEARER = /\b(Bearer|Basic) {1,4}(?=[a-z]{0,40}[A-Z0-9=])[\w.~+/=-]{6,}/g;
/** `password=x`; not `password: is missing`, which is a sentence. */
const ASSIGNED = new RegExp(`\\b((?:\\w{0,40}_)?(?:${WORDS})\\s{0,4}=\\s{0,4})(?:"[^"]*"|'[^']*'|[^\\s"',;&}]+)`, "gi");
/** `"token":"`, also with the quotes escaped, as JSON inside JSON has it. */
const QUOTED = /"([\w-]{1,40})\\{0,15}"\s{0,4}:\s{0,4}(\\{0,15})"/g;
/** Cheap to ask of a text that has nothing to hide, as nearly all have. */
const SUSPECT = new RegExp(`@|PRIVATE KEY|bearer|basic|credential|session|sign|"(?:key|d|pw|pass)\\\\{0,15}"|${WORDS}`, "i");

/** `mqtt://rack:secret@host` without what stands before the host. */
export const withoutCredentials = (text: string): string => text.replaceAll(CREDENTIALS, "$1***@");

/** A text without what looks like a secret in it. */
export function withoutSecrets(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return withoutQuoted(withoutCredentials(text).replaceAll(PEM, NOT_SHOWN).replaceAll(BEARER, `$1 ${NOT_SHOWN}`).replaceAll(ASSIGNED, `$1${NOT_SHOWN}`));
}

function withoutQuoted(text: string): string {
  let [shown, from] = ["", 0];
  for (const head of text.matchAll(QUOTED)) {
    const [whole, name = "", { length: depth } = ""] = head;
    const begins = head.index + whole.length;
    if (head.index < from || !hiddenText(name)) continue;
    const ends = endOfString(text, begins, depth);
    shown += `${text.slice(from, begins)}${NOT_SHOWN}`;
    from = ends;
  }
  return shown + text.slice(from);
}

/** Where the string ends whose quotes stand behind `depth` backslashes: those of a quote within it are more. Without an end it is the rest. */
function endOfString(text: string, begins: number, depth: number): number {
  for (let quote = text.indexOf('"', begins); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let slashes = 0;
    while (text[quote - 1 - slashes] === "\\" && quote - slashes > begins) slashes++;
    if (slashes % (2 * (depth + 1)) === depth) return quote - depth;
  }
  return text.length;
}

/** Shorter ones are words of everybody, and taking them out would tell them. */
const SHORTEST = 4;
/** From this length on a value is taken out also where it is part of a word. */
const UNMISTAKABLE = 8;
/** Events and answers are not this deep. */
const DEEPEST = 12;

export class Secrets {
  readonly #values = new Set<string>();
  #known: RegExp | null = null;

  /** A value that may never be shown, as it was read from its file. */
  learn(value: string): void {
    const lines = value.includes("PRIVATE KEY") ? value.split("\n").filter((line) => !line.startsWith("-----")) : [value];
    for (const line of lines) if (line.length >= SHORTEST) for (const form of forms(line)) this.#values.add(form);
    const parts = [...this.#values].sort((a, b) => b.length - a.length).map((form) => (form.length >= UNMISTAKABLE ? escaped(form) : `(?<![A-Za-z0-9])${escaped(form)}(?![A-Za-z0-9])`));
    this.#known = parts.length === 0 ? null : new RegExp(parts.join("|"), "g");
  }

  /** A text without anything secret in it. */
  text(text: string): string {
    return withoutSecrets(this.values(text));
  }

  /** Only what was learnt is taken out: for texts that have to keep their form. */
  values(text: string): string {
    return this.#known === null ? text : text.replaceAll(this.#known, NOT_SHOWN);
  }

  /** For JSON.stringify. */
  readonly replacer = (name: string, value: unknown): unknown => {
    if (typeof value === "string") return hiddenText(name) ? NOT_SHOWN : this.text(value);
    if (value === null || typeof value === "boolean" || value === undefined) return value;
    return isSecretName(name) ? NOT_SHOWN : value;
  };

  /** The same of a value as it is: what has a toJSON says that. */
  hide<T>(value: T): T {
    return this.#hidden("", value, 0) as T;
  }

  #hidden(name: string, value: unknown, depth: number): unknown {
    const shown = this.replacer(name, value);
    if (typeof shown !== "object" || shown === null || depth > DEEPEST) return shown;
    if (shown instanceof Error) return this.text(shown.message);
    if (Array.isArray(shown)) return shown.map((item: unknown) => this.#hidden("", item, depth + 1));
    if ("toJSON" in shown && typeof shown.toJSON === "function") return this.#hidden(name, shown.toJSON(), depth + 1);
    return Object.fromEntries(Object.entries(shown).map(([inner, part]) => [inner, this.#hidden(inner, part, depth + 1)]));
  }
}

const hiddenText = (name: string): boolean => sortOf(name) !== "open";
const escaped = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}-]/g, String.raw`\$&`);

/** As it is, as JSON inside JSON has it, as a URL has it, as base64 has it. */
const forms = (text: string): string[] => {
  const json = JSON.stringify(text).slice(1, -1);
  return [...new Set([text, json, JSON.stringify(json).slice(1, -1), encodeURIComponent(text), Buffer.from(text).toString("base64").replace(/=+$/, ""), Buffer.from(text).toString("base64url")])];
};
