/** Counts the rack's energy: quarter hours for those who bill, intervals as the operator asks, seconds for reports, and what each machine took. */
import type { Decision } from "../core/decide.ts";
import type { Tick } from "../core/time.ts";
import { seconds, type Millis } from "../core/units.ts";
import type { Journal } from "../record/journal.ts";
import type { Change } from "../report/changes.ts";
import { knownW } from "../report/devices.ts";
import { EnergyBook, type EnergyMemory } from "../report/energy/book.ts";
import { Curve } from "../report/energy/curve.ts";
import { intervalLength } from "../report/asked.ts";
import { QUARTER_MS, type Look } from "../report/energy/interval.ts";
import { inParts } from "../report/energy/parts.ts";
import { MachineBook, type MachineLook, type MachineMemory } from "../report/energy/machines.ts";
import { forTheGrid, type Cost, type IntervalRecord } from "../report/energy/record.ts";
import { MinuteSummary } from "../report/energy/summary.ts";
import type { Chore } from "../runtime/chore.ts";
import type { Drawer } from "../runtime/drawer.ts";
import { aborted } from "../runtime/on-abort.ts";
import { limitW, measuredW, hashrateThs } from "../report/status.ts";
import type { Attendant, Desk, Told } from "./attendant.ts";

/** Takes a record that has to reach somebody. */
export type Forward = (topic: string, document: object) => void;

export interface EnergyOptions {
  readonly journal: Pick<Journal, "write">;
  readonly toGrid: Forward;
  /** null: there is no farm link. */
  readonly toFarm: Forward | null;
  readonly costOf: (from: number, kWh: number) => Cost | null;
  /** Where the rack's records are kept for reports. */
  readonly drawer: Drawer;
  readonly keepMs: number;
}

interface Kept {
  /** By quarter hours. */
  readonly own: EnergyMemory | null;
  /** As the operator asks. */
  readonly asked: EnergyMemory | null;
  readonly machines: MachineMemory | null;
}

const KEPT = "interval/";
const PAGE = 1_000;
const keyOf = (from: string): string => `${KEPT}${from}`;
/** Machines are polled every few seconds: more often there is nothing new. */
const MACHINES_EVERY = seconds(10);
const KEEP_EVERY = seconds(60);
/** A register read longer ago says nothing of now. */
const REGISTER_AGE = seconds(10);

export class Energy implements Attendant {
  readonly name = "energy";
  readonly chores: readonly Chore[];
  readonly #options: EnergyOptions;
  readonly #own: EnergyBook;
  readonly #asked = new EnergyBook(() => null);
  readonly #machines = new MachineBook();
  readonly #curve = new Curve();
  readonly #summary = new MinuteSummary();
  #desk: Desk | null = null;
  #at = 0;
  #machinesAt: Millis | null = null;
  #keptAt: Millis | null = null;

  constructor(options: EnergyOptions) {
    this.#options = options;
    this.#own = new EnergyBook(options.costOf);
    this.chores = [{ name: "energy: remove records that are older than is kept", cron: "40 3 * * *", zone: "UTC", run: () => this.#forget() }];
  }

  /** Of the rack, by their beginning. */
  async intervals(from: number, to: number): Promise<readonly IntervalRecord[]> {
    const found: IntervalRecord[] = [];
    const end = keyOf(new Date(to).toISOString());
    // The one that has begun before belongs to it.
    for (let after = keyOf(new Date(Math.max(0, from - QUARTER_MS)).toISOString()); ; ) {
      const page = await this.#options.drawer.read(KEPT, after, PAGE);
      for (const [key, value] of page) if (key < end) found.push(JSON.parse(value) as IntervalRecord);
      const last = page.at(-1);
      if (last === undefined || last[0] >= end || page.length < PAGE) return found;
      after = last[0];
    }
  }

  /** Writes down the seconds that are not yet. */
  flush(): void {
    const minute = this.#curve.end();
    if (minute !== null) this.#options.journal.write({ kind: "curve", ...minute });
  }

  attach(kept: unknown, desk: Desk): void {
    this.#desk = desk;
    const { own = null, asked = null, machines = null } = (kept ?? {}) as Partial<Kept>;
    if (own !== null) this.#own.recall(own);
    if (asked !== null) this.#asked.recall(asked);
    if (machines !== null) this.#machines.recall(machines);
  }

  decided(decision: Decision, { status, tick, asked }: Told): readonly Change[] {
    const { journal, toGrid, toFarm, drawer } = this.#options;
    this.#at = tick.at;
    const power = { powerW: measuredW(decision), limitW: limitW(decision.effective.limit), quality: decision.quality };
    const look: Look = {
      ...power, uptime: tick.uptime, at: tick.at, violating: decision.compliance.kind === "violating", hashrateThs: hashrateThs(decision),
      clock: status.clock, registers: this.#registers(tick),
    };
    for (const record of this.#asked.look(look, intervalLength(asked))) toGrid("interval", { ...forTheGrid(record), at: record.to });
    const records = this.#own.look(look);
    for (const record of records) {
      const { v: _v, type: _type, ...fields } = record;
      journal.write({ kind: "interval", ...fields }, { atOnce: true });
      void drawer.write(new Map([[keyOf(record.from), JSON.stringify(record)]]), { durable: true }).catch(() => undefined);
      toFarm?.("interval", record);
    }
    const minute = this.#curve.look({ at: tick.at, ...power });
    if (minute !== null) journal.write({ kind: "curve", ...minute });
    this.#lookAtMachines(decision, { tick, ...power });
    // A record that has gone out must not be made again by a daemon that remembers the interval as unfinished.
    if (records.length > 0 || this.#keptAt === null || tick.uptime - this.#keptAt >= KEEP_EVERY) this.#keep(tick);
    return records.flatMap(replaced);
  }

  /** What was begun is kept where it stands, so that a restart misses no more than itself. */
  async run(signal: AbortSignal): Promise<void> {
    await aborted(signal);
    this.flush();
    this.#keep(null);
  }

  async #forget(): Promise<void> {
    const { drawer, keepMs } = this.#options;
    const end = keyOf(new Date(this.#at - keepMs).toISOString());
    const old = (await drawer.read(KEPT, "", PAGE)).filter(([key]) => key < end);
    await drawer.write(new Map(old.map(([key]) => [key, null])), { durable: false });
  }

  #lookAtMachines(decision: Decision, { tick, powerW, limitW: limit }: { readonly tick: Tick; readonly powerW: number | null; readonly limitW: number | null }): void {
    if (this.#machinesAt !== null && tick.uptime - this.#machinesAt < MACHINES_EVERY) return;
    this.#machinesAt = tick.uptime;
    const { journal, toFarm } = this.#options;
    const machines = decision.views.map(({ device, draw }): MachineLook => ({
      id: device.id,
      powerW: knownW(draw),
      hashrateThs: device.reading.kind === "known" ? device.reading.telemetry.hashrate : null,
    }));
    const record = this.#machines.look(machines, tick);
    if (record !== null) {
      const { v: _v, type: _type, ...fields } = record;
      journal.write({ kind: "machines", ...fields });
      for (const part of inParts(record)) toFarm?.("machines", part);
    }
    if (toFarm === null) return;
    const summary = this.#summary.look({ at: tick.at, powerW, limitW: limit, machines });
    for (const part of summary === null ? [] : inParts(summary)) toFarm("summary", part);
  }

  /** Of the meters that feed the rack; all of them count, or none does. */
  #registers(tick: Tick): Record<string, number | null> {
    const meters = (this.#desk?.plant.meters ?? []).filter(({ role, reading }) => role === "rack" && reading !== null);
    if (meters.some(({ reading }) => reading?.energyWh === null)) return {};
    return Object.fromEntries(meters.map((loop) => {
      const { age } = loop.total(tick);
      return [loop.meter.id, age !== null && age <= REGISTER_AGE ? (loop.reading?.energyWh ?? null) : null];
    }));
  }

  #keep(tick: Tick | null): void {
    this.#keptAt = tick?.uptime ?? null;
    const kept: Kept = { own: this.#own.memory(), asked: this.#asked.memory(), machines: this.#machines.memory() };
    this.#desk?.keep(kept).catch(() => undefined);
  }
}

function replaced({ registerNote, registers }: IntervalRecord): Change[] {
  if (registerNote !== "replaced") return [];
  return registers.map(({ meter, startWh, endWh }) => ({ name: "meter.replaced", fields: { meter, fromWh: startWh, toWh: endWh } }));
}
