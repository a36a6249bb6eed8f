import type { Board } from "./board.ts";
import { isWalking } from "./board.ts";
import { Body } from "./body.ts";
import type { SimModel, SimPoint } from "./model.ts";
import { pointOf } from "./model.ts";
import type { Random } from "./random.ts";
import { around, deviate } from "./random.ts";
import type { Unit } from "./unit.ts";
import { EXACT_UNIT } from "./unit.ts";

/** A board as hot as this makes the firmware start mining anew, with cold boards. */
export const TRIP_C = 92;

/** `fault`: awake, and no board to hash with. */
export type AsicState = "hashing" | "ramping" | "asleep" | "starting" | "off" | "fault";

/** Why an order was not taken. */
export type Refusal = "asleep" | "starting" | "off" | "no-board" | "out-of-range";

/** How a mining process starts that cannot wake live: nothing is drawn but by fans and controller, then power climbs in a straight line. */
export interface Start {
  readonly downMs: number;
  /** From nothing to its setting. */
  readonly climbMs: number;
}

export interface AsicOptions {
  readonly model: SimModel;
  readonly random: Random;
  /** One exactly like the table unless said. */
  readonly unit?: Unit;
  /** Air at the inlet, °C; the model's own unless said. */
  readonly inletC?: number;
  /** How long the machine is away when it reboots. */
  readonly restartMs?: number;
  /** Unless said it wakes live: at once, up from the lowest frequency at its gait. */
  readonly start?: Start | null;
  readonly frequencyStepMs?: number;
  /** The point it runs settled at from the beginning; the default one unless said. */
  readonly point?: string;
  /** How long it has been mining like this already, ms; 0 unless said. */
  readonly minedMs?: number;
}

export interface BoardView {
  readonly enabled: boolean;
  /** While not running: what it would start to. */
  readonly frequencyMHz: number;
  /** Where it is going, or would start to. */
  readonly targetMHz: number;
  readonly voltageMV: number;
  readonly temperatureC: number;
  readonly chipC: number;
  readonly ramping: boolean;
}

/**
 * One miner without its sockets: a pure state machine on injected time (ms of any origin, never backwards) that takes
 * orders and tells the truth. Orders return null when taken; times of readings are those of the last `advance`.
 */
export class Asic {
  readonly model: SimModel;
  readonly unit: Unit;
  readonly #options: AsicOptions;
  readonly #body: Body;
  /** Put to sleep by an order: holds over a restart and a loss of power. */
  #sleepHeld = false;
  /** What a restart comes back with. */
  #profile: SimPoint;
  #starts = 0;
  #trips = 0;
  /** The machine itself starts, not only its mining process: nobody answers at first. */
  #boots = false;
  /** How the mining process starts from now on; null: it wakes live. */
  start: Start | null;

  constructor(options: AsicOptions, at = 0) {
    this.#options = options;
    this.model = options.model;
    this.unit = options.unit ?? EXACT_UNIT;
    this.start = options.start ?? null;
    const { physics, defaultPoint } = options.model;
    this.#profile = pointOf(options.model, defaultPoint);
    const gait = { megahertz: physics.frequencyStepMHz, millis: options.frequencyStepMs ?? physics.frequencyStepMs };
    const point = pointOf(options.model, options.point ?? defaultPoint);
    const { inletC = physics.inletC, minedMs = 0 } = options;
    this.#body = new Body({ model: this.model, unit: this.unit, inletC, gait, point, minedMs }, at);
    this.#body.onStarted(() => this.#started());
  }

  /** A copy that lives on alone: the same machine with the same past. */
  fork(): Asic {
    const copy = new Asic(this.#options, this.now);
    copy.#body.copyFrom(this.#body);
    copy.#sleepHeld = this.#sleepHeld;
    copy.#profile = this.#profile;
    copy.#starts = this.#starts;
    copy.#trips = this.#trips;
    copy.#boots = this.#boots;
    copy.start = this.start;
    return copy;
  }

  advance(toMs: number): void {
    this.#body.advance(toMs);
    const { phase, boards } = this.#life;
    if (phase !== "running" || !boards.some(({ enabled, temperature }) => enabled && temperature >= TRIP_C)) return;
    this.#trips += 1;
    this.restartMining();
  }

  /** How often its firmware has ended mining because of heat. */
  get trips(): number {
    return this.#trips;
  }

  setFrequency(board: number, megahertz: number): Refusal | null {
    const { frequencyMinMHz, frequencyMaxMHz } = this.model.limits;
    return this.#order(board, within(megahertz, frequencyMinMHz, frequencyMaxMHz), (found) => this.#body.aim(found, megahertz));
  }

  setVoltage(board: number, millivolts: number): Refusal | null {
    const { voltageMinMV, voltageMaxMV } = this.model.limits;
    return this.#order(board, within(millivolts, voltageMinMV, voltageMaxMV), (found) => this.#body.setVoltage(found, millivolts));
  }

  /** Frequency and voltage of all boards, and what a restart comes back with. */
  setProfile(point: SimPoint): Refusal | null {
    const refusal = this.setPoint(point);
    if (refusal === null) this.#profile = point;
    return refusal;
  }

  /** What a restart comes back with, and nothing now. */
  keepProfile(point: SimPoint): void {
    this.#profile = point;
  }

  /** Frequency and voltage of all boards, until the next start. */
  setPoint(point: SimPoint): Refusal | null {
    if (this.#life.phase !== "running") return this.#life.phase;
    for (const board of this.#life.boards) {
      this.#body.setVoltage(board, point.voltageMV);
      this.#body.aim(board, point.frequencyMHz);
    }
    return null;
  }

  /** A board that is switched on runs at once from the lowest frequency, or is initialised and then climbs from nothing. */
  setBoardEnabled(board: number, enabled: boolean, start: "at-once" | "initialised" = "at-once"): Refusal | null {
    return this.#order(board, true, (found) => {
      if (found.enabled === enabled) return;
      found.enabled = enabled;
      if (enabled && start === "at-once") this.#body.climb(found);
      else if (enabled) this.#body.initialise(found);
      this.#body.measure();
    });
  }

  /** Nothing hashes until `wake`, not even after a restart; the boards keep their targets. */
  sleep(): Refusal | null {
    const { phase } = this.#life;
    if (phase === "off" || phase === "starting") return phase;
    this.#sleepHeld = true;
    if (phase === "running") this.#body.enter("asleep");
    return null;
  }

  /**
   * Live, up from the lowest frequency to the targets (in `climbMs` from nothing, where that is said); or by a start of the
   * mining process, which comes back with the profile.
   */
  wake(climbMs: number | null = null): Refusal | null {
    const { phase } = this.#life;
    if (phase === "off" || phase === "starting") return phase;
    this.#sleepHeld = false;
    if (phase !== "asleep") return null;
    if (this.start === null) this.#body.run(climbMs);
    else this.#begin(this.start.downMs);
    return null;
  }

  /** Starts the mining process anew, with another profile where one is given; the machine goes on answering. */
  restartMining(profile: SimPoint | null = null): Refusal | null {
    const { phase } = this.#life;
    if (phase === "off" || phase === "starting") return phase;
    if (profile !== null) this.#profile = profile;
    if (phase === "running") this.#begin(this.start?.downMs ?? 0);
    return null;
  }

  /** Away for the restart time, then at the profile, whatever was set before. */
  reboot(): void {
    if (this.#life.phase !== "off") this.#start();
  }

  powerOff(): void {
    if (this.#life.phase !== "off") this.#body.enter("off");
  }

  powerOn(): void {
    if (this.#life.phase === "off") this.#start();
  }

  get now(): number {
    return this.#life.now;
  }

  /** At the wall, W. */
  get powerW(): number {
    return this.#life.power;
  }

  get energyWh(): number {
    return this.#life.energy / 3600;
  }

  /** Now, TH/s. */
  get hashrateThs(): number {
    return this.#life.hashrate;
  }

  get state(): AsicState {
    const { phase, boards } = this.#life;
    if (phase !== "running") return phase;
    if (boards.some(isWalking)) return "ramping";
    return boards.some((board) => board.enabled) ? "hashing" : "fault";
  }

  /** Mean over the boards that run; 0 while none is clocked. */
  get frequencyMHz(): number {
    return this.#mean((board) => board.frequency);
  }

  get voltageMV(): number {
    return this.#mean((board) => board.voltage);
  }

  /** Nobody answers on a machine without power, nor on a starting one before half its start. */
  get reachable(): "yes" | "booting" | "no" {
    const { phase, now, phaseBegan, phaseEnds } = this.#life;
    if (phase === "off") return "no";
    return phase === "starting" && this.#boots && now < (phaseBegan + phaseEnds) / 2 ? "booting" : "yes";
  }

  get boards(): BoardView[] {
    const running = this.#life.phase === "running";
    return this.#life.boards.map((board) => ({
      enabled: board.enabled,
      frequencyMHz: running ? board.frequency : board.target,
      targetMHz: board.target,
      voltageMV: board.voltage,
      temperatureC: board.temperature,
      chipC: board.temperature + (running && board.enabled ? this.model.physics.chipOverBoardC : 0),
      ramping: running && isWalking(board),
    }));
  }

  /** What the firmware says it draws: an estimate with an error of its own, whole watts. */
  get reportedW(): number {
    return Math.round(this.powerW * this.unit.selfReport);
  }

  /** What the firmware says it hashes, TH/s: `fast` lags by 5 s and scatters by a percent, `slow` lags by 30 min. */
  get reportedThs(): { readonly fast: number; readonly slow: number; readonly average: number } {
    const { fast, slow, work } = this.#life;
    const average = this.uptimeMs > 0 ? work / (this.uptimeMs / 1000) : fast;
    return { fast: fast * (1 + 0.01 * deviate(this.#options.random)), slow, average };
  }

  /** When the machine or its mining process last started: another time is another process. */
  get minedSince(): number {
    return this.#life.minedSince;
  }

  /** Since then, ms. */
  get uptimeMs(): number {
    return this.#life.now - this.#life.minedSince;
  }

  /** Hashed in that time, TH. */
  get workTh(): number {
    return this.#life.work;
  }

  /** Put to sleep by an order that still holds, also while it starts. */
  get curtailed(): boolean {
    return this.#sleepHeld;
  }

  /** The point a restart comes back with. */
  get profile(): string {
    return this.#profile.id;
  }

  /** How often the machine itself has started: what its firmware kept in memory is gone when this changes. */
  get starts(): number {
    return this.#starts;
  }

  /** Air at the inlet, °C. */
  get inletC(): number {
    return this.#body.inletC;
  }

  set inletC(celsius: number) {
    this.#body.inletC = celsius;
  }

  /** How many fans stand, the first of them: boards warm more and more slowly. */
  get standingFans(): number {
    return this.#body.standingFans;
  }

  set standingFans(count: number) {
    this.#body.standingFans = count;
  }

  /** What the tachometer of a fan says, counted from 0, that would turn at `rpm`. */
  tachometer(fan: number, rpm: number): number {
    return fan < this.standingFans ? 0 : rpm;
  }

  get #life(): Body["life"] {
    return this.#body.life;
  }

  #mean(of: (board: Board) => number): number {
    if (this.#life.phase !== "running") return 0;
    const running = this.#life.boards.filter((board) => board.enabled);
    return running.length === 0 ? 0 : running.reduce((sum, board) => sum + of(board), 0) / running.length;
  }

  #order(index: number, allowed: boolean, act: (board: Board) => void): Refusal | null {
    const { phase, boards } = this.#life;
    const board = boards[index];
    if (phase !== "running") return phase;
    if (board === undefined) return "no-board";
    if (!allowed) return "out-of-range";
    act(board);
    return null;
  }

  #start(): void {
    this.#begin(this.#options.restartMs ?? this.model.physics.restartS * 1000);
    this.#boots = true;
    this.#starts += 1;
  }

  #begin(lengthMs: number): void {
    // No two starts take the same time: up to a tenth more or less.
    this.#body.enter("starting", lengthMs * (1 + around(this.#options.random, 0.1)));
    this.#body.forget();
  }

  #started(): void {
    this.#boots = false;
    const { voltageMV, frequencyMHz } = this.#profile;
    for (const board of this.#life.boards) {
      board.enabled = true;
      board.voltage = voltageMV;
      board.target = frequencyMHz;
    }
    if (this.#sleepHeld) this.#body.enter("asleep");
    else this.#body.run(this.start?.climbMs ?? null);
  }
}

/** False for NaN too. */
const within = (value: number, least: number, most: number): boolean => value >= least && value <= most;
