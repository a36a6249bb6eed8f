import type { BoardPhysics } from "./physics.ts";

/** One hashboard: what it runs at, where it is going, and what follows from that. */
export interface Board {
  enabled: boolean;
  frequency: number;
  /** Where it walks to; while the machine sleeps, what it would wake to. */
  target: number;
  voltage: number;
  temperature: number;
  nextStepAt: number;
  /** How it climbs since the mining process started; null once it has arrived or turned. */
  climb: Gait | null;
  /** At this frequency and voltage, with settled temperature: W, TH/s and °C above the inlet. */
  power: number;
  hashrate: number;
  rise: number;
}

/** A frequency step of the walk and the time from one to the next. */
export interface Gait {
  readonly megahertz: number;
  readonly millis: number;
}

export const isWalking = (board: Board): boolean => board.enabled && board.frequency !== board.target;

/** Sets what it runs at, at once. */
export function settle(board: Board, frequency: number, voltage: number, physics: BoardPhysics): void {
  board.frequency = frequency;
  board.voltage = voltage;
  board.power = physics.power(frequency, voltage);
  board.hashrate = physics.hashrate(frequency, voltage);
  board.rise = physics.rise(board.power);
}

/** Gives it a new goal; a board already on its way turns at its next step. A climb goes on at its own pace unless it has to turn back. */
export function aim(board: Board, target: number, firstStepAt: number): void {
  const turns = board.climb !== null && target < board.frequency;
  if (turns) board.climb = null;
  if (turns || !isWalking(board)) board.nextStepAt = firstStepAt;
  board.target = target;
}

/** All steps that are due by `until`. */
export function walk(board: Board, until: number, usual: Gait, physics: BoardPhysics): void {
  if (!isWalking(board) || board.nextStepAt > until) return;
  const gait = board.climb ?? usual;
  let { frequency } = board;
  while (frequency !== board.target && board.nextStepAt <= until) {
    const distance = board.target - frequency;
    frequency = Math.abs(distance) <= gait.megahertz ? board.target : frequency + Math.sign(distance) * gait.megahertz;
    board.nextStepAt += gait.millis;
  }
  if (frequency === board.target) board.climb = null;
  settle(board, frequency, board.voltage, physics);
}

/** A board at rest: running settled at its setting, with the temperature that belongs to it. */
export function settledBoard(frequency: number, voltage: number, { inletC, physics, at }: { inletC: number; physics: BoardPhysics; at: number }): Board {
  const board: Board = { enabled: true, frequency, target: frequency, voltage, temperature: 0, nextStepAt: at, climb: null, power: 0, hashrate: 0, rise: 0 };
  settle(board, frequency, voltage, physics);
  board.temperature = inletC + board.rise;
  return board;
}
