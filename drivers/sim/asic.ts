import type { SimModel, SimPoint } from "./model.ts";
import { defaultPointOf, lowestPointOf, pointOf } from "./model.ts";
import type { BoardPhysics } from "./physics.ts";
import { boardPhysics } from "./physics.ts";
import type { Random } from "./random.ts";
import { around, deviate } from "./random.ts";

export type AsicState = "hashing" | "ramping" | "asleep" | "starting" | "off" | "fault";

/** Why a setting was not taken; null: it was. */
export type Refusal = "asleep" | "starting" | "off" | "no-board" | "out-of-range" | null;

/** How one machine differs from its table: factors on its power, its hashrate, and what it says of its own power. */
export interface Unit {
  readonly power: number;
  readonly hashrate: number;
  readonly selfReport: number;
}

export const EXACT_UNIT: Unit = { power: 1, hashrate: 1, selfReport: 1 };

export const drawUnit = (random: Random): Unit => ({
  power: 1 + around(random, 0.025),
  hashrate: 1 + around(random, 0.01),
  selfReport: 1 + around(random, 0.05),
});

export interface AsicOptions {
  readonly model: SimModel;
  readonly random: Random;
  readonly unit?: Unit;
  /** Air at the inlet, °C; the model's own by default. */
  readonly inletC?: number;
  readonly restartMs?: number;
  readonly frequencyStepMs?: number;
  /** It starts settled at this point (the default one unless said). */
  readonly point?: string;
}

export interface BoardView {
  readonly enabled: boolean;
  /** While asleep: what it would wake to. */
  readonly frequencyMHz: number;
  readonly voltageMV: number;
  readonly hashrateThs: number;
  readonly temperatureC: number;
  readonly chipC: number;
  readonly ramping: boolean;
}

interface Board {
  enabled: boolean;
  frequency: number;
  target: number;
  voltage: number;
  temperature: number;
  nextStepAt: number;
}

interface Machine {
  now: number;
  phase: "running" | "asleep" | "starting" | "off";
  /** When `starting` is over. */
  phaseEnds: number;
  phaseBegan: number;
  /** Put to sleep by an order: holds over a restart and a loss of power. */
  sleepHeld: boolean;
  /** What a restart comes back with. */
  profile: string;
  bootedAt: number;
  power: number;
  hashrate: number;
  /** What the supply still draws above the new level after a sudden drop. */
  tail: number;
  tailAt: number;
  joules: number;
  /** TH since the mining process started. */
  work: number;
  fast: number;
  slow: number;
  readonly boards: Board[];
}

/** A machine put to sleep is at 25 W within 5 s: 3.8 s from 2,800 W with this time constant. */
const TAIL_MS = 800;
/** The firmware's "5s" and "30m" figures lag behind by these. */
const FAST_MS = 5_000;
const SLOW_MS = 1_800_000;
/** Boards are initialised for so long before a waking machine starts to climb. */
const WAKE_MS = 1_000;
/** Steps while something moves quickly, and while only the temperature does. */
const QUICK_MS = 250;
const THERMAL_MS = 5_000;
const SETTLED_C = 0.05;

/**
 * One miner without its sockets: a pure state machine on injected time (ms of any origin, never backwards).
 * The truth; what its firmware says about it is the servers' business.
 */
export class Asic {
  readonly model: SimModel;
  readonly unit: Unit;
  inletC: number;
  readonly #options: AsicOptions;
  readonly #physics: BoardPhysics;
  readonly #restartMs: number;
  readonly #stepMs: number;
  #m: Machine;

  constructor(options: AsicOptions, at = 0) {
    this.#options = options;
    this.model = options.model;
    this.unit = options.unit ?? EXACT_UNIT;
    this.inletC = options.inletC ?? this.model.physics.inletC;
    this.#physics = boardPhysics(this.model);
    this.#restartMs = options.restartMs ?? this.model.physics.restartS * 1000;
    this.#stepMs = options.frequencyStepMs ?? this.model.physics.frequencyStepMs;
    const point = options.point === undefined ? defaultPointOf(this.model) : pointOf(this.model, options.point);
    this.#m = this.#settledAt(point, at);
    this.#measure();
    this.#m.fast = this.#m.slow = this.#m.hashrate;
  }

  /** A copy that lives on its own: the same machine, the same past. */
  fork(): Asic {
    const copy = new Asic(this.#options, this.#m.now);
    copy.inletC = this.inletC;
    copy.#m = structuredClone(this.#m);
    return copy;
  }

  /** Lets time pass. Cheap when nothing moves, whatever the distance. */
  advance(to: number): void {
    const m = this.#m;
    while (m.now < to) this.#step(Math.min(to, m.phaseEnds, m.now + this.#pace()));
  }

  setFrequency(board: number, megahertz: number): Refusal {
    const refusal = this.#refusal(board);
    if (refusal !== null) return refusal;
    const { frequencyMinMHz, frequencyMaxMHz } = this.model.limits;
    if (!(megahertz >= frequencyMinMHz && megahertz <= frequencyMaxMHz)) return "out-of-range";
    this.#retarget(board, megahertz);
    return null;
  }

  setVoltage(board: number, millivolts: number): Refusal {
    const refusal = this.#refusal(board);
    if (refusal !== null) return refusal;
    const { voltageMinMV, voltageMaxMV } = this.model.limits;
    if (!(millivolts >= voltageMinMV && millivolts <= voltageMaxMV)) return "out-of-range";
    const found = this.#m.boards[board];
    if (found !== undefined) found.voltage = millivolts;
    this.#measure();
    return null;
  }

  /** Frequency and voltage of all boards, and what a restart comes back with. */
  setProfile(point: SimPoint): Refusal {
    const refusal = this.#refusal(0);
    if (refusal !== null) return refusal;
    this.#m.profile = point.id;
    for (const [index, board] of this.#m.boards.entries()) {
      board.voltage = point.voltageMV;
      this.#retarget(index, point.frequencyMHz);
    }
    return null;
  }

  setBoardEnabled(board: number, enabled: boolean): Refusal {
    const refusal = this.#refusal(board);
    if (refusal !== null) return refusal;
    const found = this.#m.boards[board];
    if (found !== undefined && found.enabled !== enabled) {
      found.enabled = enabled;
      if (enabled) this.#climb(found, found.target);
      this.#measure();
    }
    return null;
  }

  /** Held frequencies stay as they are; nothing hashes until `wake`, not even after a restart. */
  sleep(): Refusal {
    const { phase } = this.#m;
    if (phase === "off" || phase === "starting") return phase;
    this.#m.sleepHeld = true;
    if (phase === "running") this.#dropTo("asleep");
    return null;
  }

  /** Up from the lowest frequency to the one that was held. */
  wake(): Refusal {
    const m = this.#m;
    if (m.phase === "off" || m.phase === "starting") return m.phase;
    m.sleepHeld = false;
    if (m.phase === "asleep") this.#run();
    return null;
  }

  reboot(): void {
    if (this.#m.phase !== "off") this.#dropTo("starting");
  }

  powerOff(): void {
    this.#dropTo("off");
    this.#m.tail = 0;
    this.#measure();
  }

  powerOn(): void {
    if (this.#m.phase === "off") this.#dropTo("starting");
  }

  get now(): number {
    return this.#m.now;
  }

  /** At the wall, W. */
  get powerW(): number {
    return this.#m.power;
  }

  get energyWh(): number {
    return this.#m.joules / 3600;
  }

  /** TH/s now. */
  get hashrateThs(): number {
    return this.#m.hashrate;
  }

  get state(): AsicState {
    const { phase } = this.#m;
    if (phase !== "running") return phase;
    if (this.#m.boards.some(isRamping)) return "ramping";
    return this.#m.boards.some((board) => board.enabled) ? "hashing" : "fault";
  }

  /** Mean over the enabled boards; 0 while nothing is clocked. */
  get frequencyMHz(): number {
    return this.#mean((board) => board.frequency);
  }

  get voltageMV(): number {
    return this.#mean((board) => board.voltage);
  }

  /** Nobody answers on a machine without power, and on a starting one not before half its start. */
  get reachable(): "yes" | "booting" | "no" {
    const { phase, now, phaseBegan, phaseEnds } = this.#m;
    if (phase === "off") return "no";
    return phase === "starting" && now < (phaseBegan + phaseEnds) / 2 ? "booting" : "yes";
  }

  /** What the firmware says it draws: an estimate with an error of its own, whole watts. */
  get reportedW(): number {
    return Math.round(this.#m.power * this.unit.selfReport);
  }

  /** The firmware's figures, TH/s: they lag, and the short one scatters by a percent. */
  get reportedThs(): { fast: number; slow: number; average: number } {
    const { fast, slow, work, now, bootedAt } = this.#m;
    const seconds = (now - bootedAt) / 1000;
    return { fast: fast * (1 + 0.01 * deviate(this.#options.random)), slow, average: seconds > 0 ? work / seconds : fast };
  }

  /** Since the mining process started, ms. */
  get uptimeMs(): number {
    return this.#m.now - this.#m.bootedAt;
  }

  /** Hashes since the mining process started, TH. */
  get workTh(): number {
    return this.#m.work;
  }

  get profile(): string {
    return this.#m.profile;
  }

  get boards(): BoardView[] {
    const running = this.#m.phase === "running";
    return this.#m.boards.map((board) => ({
      enabled: board.enabled,
      frequencyMHz: running ? board.frequency : board.target,
      voltageMV: board.voltage,
      hashrateThs: running ? this.#hashrateOf(board) : 0,
      temperatureC: board.temperature,
      chipC: board.temperature + (running && board.enabled ? this.model.physics.chipOverBoardC : 0),
      ramping: running && isRamping(board),
    }));
  }

  #settledAt(point: SimPoint, at: number): Machine {
    const temperature = this.inletC + this.#physics.rise(this.#physics.power(point.frequencyMHz, point.voltageMV));
    const board: Board = {
      enabled: true,
      frequency: point.frequencyMHz,
      target: point.frequencyMHz,
      voltage: point.voltageMV,
      temperature,
      nextStepAt: at,
    };
    return {
      now: at,
      phase: "running",
      phaseBegan: at,
      phaseEnds: Infinity,
      sleepHeld: false,
      profile: this.model.defaultPoint,
      bootedAt: at,
      power: 0,
      hashrate: 0,
      tail: 0,
      tailAt: at,
      joules: 0,
      work: 0,
      fast: 0,
      slow: 0,
      boards: Array.from({ length: this.model.boards }, () => ({ ...board })),
    };
  }

  /** How far one step may go without missing anything that moves. */
  #pace(): number {
    const m = this.#m;
    if (m.tail > 1) return QUICK_MS;
    let pace = Infinity;
    for (const board of m.boards) {
      if (m.phase === "running" && isRamping(board)) return QUICK_MS;
      if (Math.abs(this.#goal(board) - board.temperature) > SETTLED_C) pace = THERMAL_MS;
    }
    return pace;
  }

  #step(until: number): void {
    const m = this.#m;
    const length = until - m.now;
    const powerBefore = m.power;
    const hashrateBefore = m.hashrate;
    const lag = 1 - Math.exp(-length / (this.model.physics.thermalTimeConstantS * 1000));
    for (const board of m.boards) {
      board.temperature += (this.#goal(board) - board.temperature) * lag;
      if (m.phase === "running") this.#walk(board, until);
    }
    m.now = until;
    if (m.phase === "starting" && until >= m.phaseEnds) this.#started();
    this.#measure();
    const hashrate = (hashrateBefore + m.hashrate) / 2;
    m.joules += (((powerBefore + m.power) / 2) * length) / 1000;
    m.work += (hashrate * length) / 1000;
    m.fast += (hashrate - m.fast) * (1 - Math.exp(-length / FAST_MS));
    m.slow += (hashrate - m.slow) * (1 - Math.exp(-length / SLOW_MS));
  }

  #walk(board: Board, until: number): void {
    const step = this.model.physics.frequencyStepMHz;
    while (board.frequency !== board.target && board.nextStepAt <= until) {
      const distance = board.target - board.frequency;
      board.frequency = Math.abs(distance) <= step ? board.target : board.frequency + Math.sign(distance) * step;
      board.nextStepAt += this.#stepMs;
    }
  }

  /** Where this board's temperature is going. */
  #goal(board: Board): number {
    return this.inletC + (this.#m.phase === "running" && board.enabled ? this.#physics.rise(this.#physics.power(board.frequency, board.voltage)) : 0);
  }

  #measure(): void {
    const m = this.#m;
    m.power = this.#level();
    m.hashrate = 0;
    if (m.phase === "running") for (const board of m.boards) m.hashrate += this.#hashrateOf(board);
    if (m.tail === 0) return;
    const left = m.tail * Math.exp((m.tailAt - m.now) / TAIL_MS);
    m.power += left;
    if (left < 0.5) m.tail = 0;
  }

  #level(): number {
    const { sleepPowerW, physics } = this.model;
    switch (this.#m.phase) {
      case "off":
        return 0;
      case "asleep":
        return sleepPowerW * this.unit.power;
      case "starting":
        return physics.restartW * this.unit.power;
      case "running": {
        let level = physics.c;
        for (const board of this.#m.boards) if (board.enabled) level += this.#boardPower(board);
        return level * this.unit.power;
      }
    }
  }

  /** The table was taken with settled boards and the model's inlet: only what the board is warmer or colder than that counts. */
  #boardPower(board: Board): number {
    const power = this.#physics.power(board.frequency, board.voltage);
    const warmer = board.temperature - this.model.physics.inletC - this.#physics.rise(power);
    return power * (1 + this.model.physics.powerPerCelsius * warmer);
  }

  #hashrateOf(board: Board): number {
    return board.enabled ? this.#physics.hashrate(board.frequency, board.voltage) * this.unit.hashrate : 0;
  }

  #mean(of: (board: Board) => number): number {
    if (this.#m.phase !== "running") return 0;
    const running = this.#m.boards.filter((board) => board.enabled);
    return running.length === 0 ? 0 : running.reduce((sum, board) => sum + of(board), 0) / running.length;
  }

  #refusal(board: number): Refusal {
    if (this.#m.phase !== "running") return this.#m.phase;
    return this.#m.boards[board] === undefined ? "no-board" : null;
  }

  #retarget(index: number, megahertz: number): void {
    const board = this.#m.boards[index];
    if (board === undefined) return;
    if (!isRamping(board)) board.nextStepAt = this.#m.now + this.#stepMs;
    board.target = megahertz;
    this.#measure();
  }

  #dropTo(phase: "asleep" | "starting" | "off"): void {
    const m = this.#m;
    const before = m.power;
    m.phase = phase;
    m.phaseBegan = m.now;
    // Two starts of one machine never take the same time: up to a tenth more or less.
    m.phaseEnds = phase === "starting" ? m.now + this.#restartMs * (1 + around(this.#options.random, 0.1)) : Infinity;
    m.tail = 0;
    m.tail = Math.max(0, before - this.#level());
    m.tailAt = m.now;
    this.#measure();
  }

  #started(): void {
    const m = this.#m;
    const point = pointOf(this.model, m.profile);
    for (const board of m.boards) {
      board.enabled = true;
      board.voltage = point.voltageMV;
      board.target = point.frequencyMHz;
    }
    m.bootedAt = m.now;
    m.work = m.fast = m.slow = 0;
    m.phaseEnds = Infinity;
    if (m.sleepHeld) m.phase = "asleep";
    else this.#run();
  }

  #run(): void {
    const m = this.#m;
    m.phase = "running";
    m.phaseBegan = m.now;
    m.phaseEnds = Infinity;
    for (const board of m.boards) this.#climb(board, board.target);
    this.#measure();
  }

  #climb(board: Board, target: number): void {
    board.target = target;
    board.frequency = Math.min(target, lowestPointOf(this.model).frequencyMHz);
    board.nextStepAt = this.#m.now + WAKE_MS;
  }
}

const isRamping = (board: Board): boolean => board.enabled && board.frequency !== board.target;
