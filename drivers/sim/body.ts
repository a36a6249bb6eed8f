import type { Board, Gait } from "./board.ts";
import { aim, isWalking, settle, settledBoard, walk } from "./board.ts";
import type { SimModel, SimPoint } from "./model.ts";
import { lowestPointOf } from "./model.ts";
import type { BoardPhysics } from "./physics.ts";
import { boardPhysics, hindrance } from "./physics.ts";
import type { Unit } from "./unit.ts";

export type Phase = "running" | "asleep" | "starting" | "off";

export interface BodyOptions {
  readonly model: SimModel;
  readonly unit: Unit;
  readonly inletC: number;
  readonly gait: Gait;
  readonly point: SimPoint;
  /** How long it has been mining like this already. */
  readonly minedMs: number;
}

/** Everything about a machine that changes, as plain values. */
interface Life {
  now: number;
  phase: Phase;
  phaseBegan: number;
  /** When a start is over; Infinity in all other phases. */
  phaseEnds: number;
  power: number;
  hashrate: number;
  /** What the supply still draws above the new level after a sudden drop, at `tailAt`. */
  tail: number;
  tailAt: number;
  /** Joules since it was made; TH since the mining process started. */
  energy: number;
  work: number;
  minedSince: number;
  /** The firmware's averages of the hashrate, TH/s. */
  fast: number;
  slow: number;
  readonly boards: Board[];
}

/** A machine put to sleep reaches its 25 W within 5 s: 3.8 s from 2,800 W with this time constant. */
const TAIL_MS = 800;
/** The firmware's "5s" and "30m" figures lag by these. */
const FAST_MS = 5_000;
const SLOW_MS = 1_800_000;
/** Boards are initialised for so long before a waking machine starts to climb. */
const WAKE_MS = 1_000;
/** A single board is reset and its chips are counted for so many steps of a ramp, 10 s at 150 ms, before it climbs from nothing. */
const INITIALISES = 67;
/** How far time may leap while something moves quickly, and while only the temperature does. */
const QUICK_MS = 250;
const THERMAL_MS = 5_000;
const SETTLED_C = 0.05;

/** Power, heat and hashrate of one machine as time passes. It obeys; what may be ordered when is decided above it. */
export class Body {
  inletC: number;
  /** Fans that do not turn. */
  standingFans = 0;
  readonly #options: BodyOptions;
  readonly #physics: BoardPhysics;
  #life: Life;
  #onStarted: () => void = () => {};

  constructor(options: BodyOptions, at: number) {
    this.#options = options;
    this.inletC = options.inletC;
    this.#physics = boardPhysics(options.model);
    const { frequencyMHz, voltageMV } = options.point;
    const board = settledBoard(frequencyMHz, voltageMV, { inletC: this.inletC, physics: this.#physics, at });
    this.#life = {
      now: at,
      phase: "running",
      phaseBegan: at,
      phaseEnds: Infinity,
      power: 0,
      hashrate: 0,
      tail: 0,
      tailAt: at,
      energy: 0,
      work: 0,
      minedSince: at - options.minedMs,
      fast: 0,
      slow: 0,
      boards: Array.from({ length: options.model.boards }, () => ({ ...board })),
    };
    this.measure();
    const { hashrate } = this.#life;
    this.#life.fast = this.#life.slow = hashrate;
    this.#life.work = (hashrate * options.minedMs) / 1000;
  }

  get life(): Readonly<Life> {
    return this.#life;
  }

  /** Called when a start is over: it says what to run at by `run` or `enter`. */
  onStarted(started: () => void): void {
    this.#onStarted = started;
  }

  /** The same machine with the same past, from here on alone. */
  copyFrom(other: Body): void {
    this.inletC = other.inletC;
    this.standingFans = other.standingFans;
    this.#life = structuredClone(other.#life);
  }

  /** Lets time pass. Cheap when nothing moves, whatever the distance. */
  advance(to: number): void {
    const life = this.#life;
    while (life.now < to) {
      const leap = this.#leap();
      this.#step(Math.min(to, life.phaseEnds, life.now + leap), leap < Infinity);
    }
  }

  /** Leaves off mining: sleep, a start (with its length), or no power. */
  enter(phase: Exclude<Phase, "running">, lengthMs = Infinity): void {
    const life = this.#life;
    const before = life.power;
    life.phase = phase;
    life.phaseBegan = life.now;
    life.phaseEnds = life.now + lengthMs;
    life.tail = phase === "off" ? 0 : Math.max(0, before - this.#level());
    life.tailAt = life.now;
    this.measure();
  }

  /** Begins mining: each board climbs to its target, from nothing in `climbMs` where that is said, else from the lowest frequency at its gait. */
  run(climbMs: number | null = null): void {
    const life = this.#life;
    life.phase = "running";
    life.phaseBegan = life.now;
    life.phaseEnds = Infinity;
    life.tail = 0;
    for (const board of life.boards) this.climb(board, climbMs);
    this.measure();
  }

  climb(board: Board, climbMs: number | null = null): void {
    const { target, voltage } = board;
    const { megahertz } = this.#options.gait;
    const from = climbMs === null ? lowestPointOf(this.#options.model).frequencyMHz : megahertz;
    settle(board, Math.min(target, from), voltage, this.#physics);
    board.climb = climbMs === null ? null : { megahertz, millis: (climbMs * megahertz) / target };
    board.nextStepAt = this.#life.now + (board.climb?.millis ?? WAKE_MS);
  }

  initialise(board: Board): void {
    settle(board, 0, board.voltage, this.#physics);
    board.climb = null;
    board.nextStepAt = this.#life.now + INITIALISES * this.#options.gait.millis;
  }

  aim(board: Board, megahertz: number): void {
    aim(board, megahertz, this.#life.now + this.#options.gait.millis);
  }

  setVoltage(board: Board, millivolts: number): void {
    settle(board, board.frequency, millivolts, this.#physics);
    this.measure();
  }

  /** A new mining process knows nothing of the past. */
  forget(): void {
    const life = this.#life;
    life.minedSince = life.now;
    life.work = life.fast = life.slow = 0;
  }

  /** Brings power and hashrate up to date with the settings. */
  measure(): void {
    const life = this.#life;
    life.power = this.#level();
    life.hashrate = 0;
    if (life.phase === "running") for (const board of life.boards) if (board.enabled) life.hashrate += board.hashrate;
    life.hashrate *= this.#options.unit.hashrate;
    if (life.tail === 0) return;
    const left = life.tail * Math.exp((life.tailAt - life.now) / TAIL_MS);
    life.power += left;
    if (left < 0.5) life.tail = 0;
  }

  /** How far time may leap without missing anything that moves. */
  #leap(): number {
    const life = this.#life;
    if (life.tail > 0) return QUICK_MS;
    let leap = Infinity;
    for (const board of life.boards) {
      if (life.phase === "running" && isWalking(board)) return QUICK_MS;
      if (Math.abs(this.#goal(board) - board.temperature) > SETTLED_C) leap = THERMAL_MS;
    }
    return leap;
  }

  #step(until: number, moving: boolean): void {
    const life = this.#life;
    const length = until - life.now;
    const { power, hashrate } = life;
    if (moving) this.#move(until, length);
    life.now = until;
    if (moving) this.measure();
    const mean = (hashrate + life.hashrate) / 2;
    life.energy += (((power + life.power) / 2) * length) / 1000;
    life.work += (mean * length) / 1000;
    life.fast += (mean - life.fast) * (1 - Math.exp(-length / FAST_MS));
    life.slow += (mean - life.slow) * (1 - Math.exp(-length / SLOW_MS));
    if (until >= life.phaseEnds) this.#onStarted();
  }

  #move(until: number, length: number): void {
    const lag = 1 - Math.exp(-length / (this.#options.model.physics.thermalTimeConstantS * 1000 * hindrance(this.standingFans)));
    for (const board of this.#life.boards) {
      board.temperature += (this.#goal(board) - board.temperature) * lag;
      if (this.#life.phase === "running") walk(board, until, this.#options.gait, this.#physics);
    }
  }

  /** Where this board's temperature is going. */
  #goal(board: Board): number {
    return this.inletC + (this.#life.phase === "running" && board.enabled ? board.rise * hindrance(this.standingFans) : 0);
  }

  #level(): number {
    const { model, unit } = this.#options;
    switch (this.#life.phase) {
      case "off":
        return 0;
      case "asleep":
        return model.sleepPowerW * unit.power;
      case "starting":
        return model.physics.restartW * unit.power;
      case "running": {
        const { c, inletC, powerPerCelsius } = model.physics;
        let level = c;
        for (const board of this.#life.boards) {
          // The table was taken with settled boards at the model's inlet: what a board is warmer or colder than that counts.
          if (board.enabled) level += board.power * (1 + powerPerCelsius * (board.temperature - inletC - board.rise));
        }
        return level * unit.power;
      }
    }
  }
}
