/** What the driver knows between two orders. Readings confirm; acknowledgements only raise expectations. */
import type { OperatingPoint } from "../../agent/core/model.ts";
import type { Board } from "./boards.ts";
import { Debts } from "./debts.ts";
import type { KnownBoard, Write } from "./tuning.ts";

export interface Controllers {
  readonly atm: boolean | null;
  readonly tuner: boolean | null;
}

/** Longer than boards are known to take; one that is still dead then is dead. */
const STARTS_MS = 120_000;

export class Memory {
  /** null: unknown. */
  asleep: boolean | null = null;
  controllers: Controllers = { atm: null, tuner: null };
  readonly debts = new Debts();
  readonly #unknown: readonly KnownBoard[];
  #boards: readonly KnownBoard[];
  #writes = 0;
  #resting: readonly number[] = [];
  /** Switched on by us and not seen to run since: until when they may be on their way. */
  readonly #starting = new Map<number, number>();

  constructor(boards: number) {
    this.#boards = this.#unknown = Array.from({ length: boards }, (_, index) => ({ index, frequency: null, voltage: null, confirmed: false }));
  }

  /** Those that run; as many as the model has, all unknown, until a reading names them. */
  get boards(): readonly KnownBoard[] {
    return this.#boards;
  }

  /** Those we switched off, by their numbers. */
  get resting(): readonly number[] {
    return this.#resting;
  }

  /** On its way to run, as far as anybody knows. */
  starts({ index, enabled, running }: Board): boolean {
    return enabled && !running && (this.#starting.get(index) ?? 0) > performance.now();
  }

  /** Boards that run, rest, or are on their way to run: what the machine has. A board that is dead for good is none of it. */
  able(boards: readonly Board[]): number {
    return boards.filter((board) => board.running || this.#resting.includes(board.index) || this.starts(board)).length;
  }

  /** Whether an order to this point brings the power of some board down and of none up. A board that is not known counts as higher. */
  lowers({ frequency }: OperatingPoint): boolean {
    if (this.asleep === true || this.#resting.length > 0 || frequency === null) return false;
    const ways = this.#boards.map((board) => (board.frequency === null ? -1 : Math.sign(frequency - board.frequency)));
    return ways.includes(-1) && !ways.includes(1);
  }

  /** Where the story stands. A reading begun here is news only if nothing was written until it ended. */
  get mark(): number {
    return this.#writes;
  }

  read(mark: number, boards: readonly Board[], mode: { readonly asleep: boolean | null; readonly controllers: Controllers }): void {
    if (mark !== this.#writes) return;
    this.asleep = mode.asleep;
    this.controllers = mode.controllers;
    this.debts.read(boards, mode.controllers);
    this.#resting = boards.filter((board) => !board.enabled && this.debts.owes(board.index)).map((board) => board.index);
    for (const { index, running } of boards) if (running) this.#starting.delete(index);
    const known = boards.filter((board) => board.running).map(({ index, frequency, voltage, ramping }) => ({ index, frequency, voltage, confirmed: !ramping }));
    this.#boards = boards.length === 0 ? this.#unknown : known;
  }

  /** Before a write is sent: from here on the device may or may not have taken it. */
  sending(write: Write): void {
    this.#change(write.board, write.kind === "frequency" ? { frequency: null } : { voltage: null });
  }

  acknowledged(write: Write): void {
    this.#change(write.board, write.kind === "frequency" ? { frequency: write.frequency } : { voltage: write.voltage });
  }

  /** The mode as just ordered and acknowledged; null when it was ordered and the answer is out. */
  curtailed(asleep: boolean | null): void {
    this.#writes++;
    this.asleep = asleep;
  }

  /** A board as just switched and acknowledged; what it is set to is unknown. */
  switched(index: number, on: boolean): void {
    this.#writes++;
    this.#resting = this.#resting.filter((known) => known !== index);
    this.#boards = this.#boards.filter((known) => known.index !== index);
    if (on) {
      this.debts.paid(index);
      this.#starting.set(index, performance.now() + STARTS_MS);
      this.#boards = [...this.#boards, { index, frequency: null, voltage: null, confirmed: false }];
    } else {
      this.#resting = [...this.#resting, index];
    }
  }

  #change(index: number, change: Partial<KnownBoard>): void {
    this.#writes++;
    this.#boards = this.#boards.map((board) => (board.index === index ? { ...board, ...change, confirmed: false } : board));
  }
}
