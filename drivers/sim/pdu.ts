import type { Random } from "./random.ts";
import { deviate } from "./random.ts";

/** What hangs on an outlet, as of now whenever asked. */
export interface Load {
  readonly powerW: number;
  readonly energyWh: number;
  powerOff(): void;
  powerOn(): void;
}

/** What the meter of one outlet shows. */
export interface OutletSample {
  readonly on: boolean;
  readonly powerW: number;
  readonly energyWh: number;
  readonly voltageV: number;
  readonly currentMA: number;
}

export interface PduOptions {
  /** One an outlet; null: nothing plugged in. */
  readonly loads: readonly (Load | null)[];
  /** Monotonic, ms. */
  readonly now: () => number;
  readonly random: Random;
  /** How often the meter measures anew. */
  readonly sampleMs?: number;
  /** Standard deviation of a measurement, as a fraction. */
  readonly noise?: number;
}

const SAMPLE_MS = 500;
const NOISE = 0.002;
const MAINS_V = 230;
const MAINS_HZ = 50;
const POWER_FACTOR = 0.98;

/** A metered, switched PDU without its sockets: its outlets show what their loads really draw. */
export class Pdu {
  readonly outlets: number;
  readonly #options: PduOptions;
  readonly #switched: boolean[];
  readonly #dead = new Set<number>();
  readonly #open = new Set<number>();
  #frozen = false;
  #hertz = MAINS_HZ;
  #offsetW = 0;
  #samples: readonly OutletSample[] = [];
  #sampledAt = -Infinity;

  constructor(options: PduOptions) {
    this.#options = options;
    this.outlets = options.loads.length;
    this.#switched = options.loads.map(() => true);
  }

  /** The state of the relay, which a dead outlet still has. */
  isOn(outlet: number): boolean {
    return this.#switched[outlet] ?? false;
  }

  switch(outlet: number, on: boolean): void {
    if (outlet < 0 || outlet >= this.outlets || this.#switched[outlet] === on) return;
    this.#switched[outlet] = on;
    this.#energise(outlet);
  }

  /** Dead: no power behind a relay that says it is on. Counted from 0. */
  setDead(outlet: number, dead: boolean): void {
    if (dead) this.#dead.add(outlet);
    else this.#dead.delete(outlet);
    this.#energise(outlet);
  }

  /** A contact beside the outlets, wired normally closed. Counted from 0. */
  isClosed(contact: number): boolean {
    return !this.#open.has(contact);
  }

  openContact(contact: number): void {
    this.#open.add(contact);
  }

  /** Readings stay what they are now, whatever happens; switching still works. */
  setFrozen(frozen: boolean): void {
    if (frozen) this.#refresh();
    this.#frozen = frozen;
  }

  /** The sum of all outlets is wrong by this much, spread evenly. */
  setOffset(watts: number): void {
    this.#offsetW = watts;
    this.#sampledAt = -Infinity;
  }

  /** Of the mains, as it measures them. */
  get hertz(): number {
    return this.#hertz;
  }

  setHertz(hertz: number): void {
    this.#hertz = hertz;
  }

  clear(): void {
    this.setFrozen(false);
    this.setHertz(MAINS_HZ);
    this.setOffset(0);
    this.#open.clear();
    for (const outlet of [...this.#dead]) this.setDead(outlet, false);
  }

  /** What the meter shows now, whole watts. */
  samples(): readonly OutletSample[] {
    if (!this.#frozen) this.#refresh();
    return this.#samples;
  }

  #refresh(): void {
    const now = this.#options.now();
    if (now - this.#sampledAt < (this.#options.sampleMs ?? SAMPLE_MS)) return;
    this.#sampledAt = now;
    this.#samples = this.#options.loads.map((load, outlet) => this.#measure(load, outlet));
  }

  #measure(load: Load | null, outlet: number): OutletSample {
    const { random, noise } = this.#options;
    const drawn = load !== null && this.#powered(outlet) ? load.powerW : 0;
    const measured = drawn * (1 + (noise ?? NOISE) * deviate(random)) + this.#offsetW / this.outlets;
    const powerW = Math.round(measured);
    const voltageV = MAINS_V + Math.round(deviate(random));
    return {
      on: this.isOn(outlet),
      powerW,
      energyWh: Math.floor(load?.energyWh ?? 0),
      voltageV,
      currentMA: Math.round((Math.abs(powerW) / POWER_FACTOR / voltageV) * 1000),
    };
  }

  #powered(outlet: number): boolean {
    return this.isOn(outlet) && !this.#dead.has(outlet);
  }

  #energise(outlet: number): void {
    const load = this.#options.loads[outlet];
    if (this.#powered(outlet)) load?.powerOn();
    else load?.powerOff();
    this.#sampledAt = -Infinity;
  }
}
