/** How a family is recognised, as data. One field alone proves nothing: firmwares borrow each other's names. */
import { rowsAt, textAt, type JsonObject } from "../cgminer/json.ts";
import type { DriverName } from "../index.ts";
import { said, type About } from "./about.ts";
import type { Question } from "./questions.ts";

/** Puts a question to the host at hand; null: no answer to it. */
export type Ask = (question: Question) => Promise<JsonObject | null>;

export interface Family {
  /** The question whose answer shows it. */
  readonly shownBy: Question;
  /** Two of them have to hold. */
  readonly signs: readonly ((answer: JsonObject) => boolean)[];
  readonly driver: (answer: JsonObject) => DriverName;
  readonly firmware: string;
  readonly make: string;
  /** Above 0: it says what others say, and more. Below: others say what it says. */
  readonly rank?: number;
  /** What else it tells about itself. `driver`: where a second look shows another one. */
  readonly about: (answer: JsonObject, ask: Ask) => Promise<Partial<About> & { readonly driver?: DriverName }>;
}

export const row = (answer: JsonObject | null, name: string): JsonObject | undefined => rowsAt(answer ?? undefined, name)[0];

/** In their order, which is that of the boards. */
export const serialsOf = (rows: readonly JsonObject[], key: string): (string | null)[] => rows.map((one) => said(textAt(one, key)));

export const countOf = (rows: readonly unknown[]): number | null => (rows.length === 0 ? null : rows.length);
