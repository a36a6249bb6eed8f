/** The page's languages. */
import { en, type Words } from "./en.ts";
import { ur } from "./ur.ts";
import { urEvents } from "./ur-events.ts";

export type Word = keyof Words;
type Values = Readonly<Record<string, string | number>>;

export interface Language {
  readonly code: "en" | "ur";
  readonly direction: "ltr" | "rtl";
  say(word: Word, values?: Values): string;
  /** null: it has no sentence for this event, and the English one stands. */
  event(name: string): string | null;
}

function language(code: Language["code"], direction: Language["direction"], words: Words, events: Readonly<Record<string, string>>): Language {
  return {
    code,
    direction,
    say: (word, values = {}) => words[word].replaceAll(/\{(\w+)\}/g, (_, key: string) => isolated(String(values[key] ?? ""))),
    event: (name) => events[name] ?? null,
  };
}

/** A name or figure keeps its own direction, whatever stands around it. */
const isolated = (text: string): string => `\u2068${text}\u2069`;

export const languages = { en: language("en", "ltr", en, {}), ur: language("ur", "rtl", ur, urEvents) } as const;
