/**
 * What our orders switched off and owe back: "atm" and "tuner", the firmware's own controllers, and "board 2". A board that
 * somebody else switched off is none of it and stays off.
 */
import type { Board } from "./boards.ts";
import type { Controllers } from "./memory.ts";

export type Controller = "atm" | "tuner";

export class Debts {
  readonly #words = new Set<string>();

  get words(): readonly string[] {
    return [...this.#words].toSorted();
  }

  /** As `words` had it before the daemon was started anew. */
  recall(words: readonly string[]): void {
    for (const word of words) if (WORD.test(word)) this.#words.add(word);
  }

  owe(debt: Controller | number): void {
    this.#words.add(wordOf(debt));
  }

  paid(debt: Controller | number): void {
    this.#words.delete(wordOf(debt));
  }

  owes(debt: Controller | number): boolean {
    return this.#words.has(wordOf(debt));
  }

  get controllers(): readonly Controller[] {
    return (["tuner", "atm"] as const).filter((controller) => this.owes(controller));
  }

  /** What a reading shows switched on again, by whomever, is owed no more. */
  read(boards: readonly Board[], controllers: Controllers): void {
    for (const board of boards) if (board.enabled) this.paid(board.index);
    if (controllers.atm === true) this.paid("atm");
    if (controllers.tuner === true) this.paid("tuner");
  }
}

const WORD = /^(?:atm|tuner|board \d{1,2})$/;

const wordOf = (debt: Controller | number): string => (typeof debt === "number" ? `board ${debt}` : debt);
