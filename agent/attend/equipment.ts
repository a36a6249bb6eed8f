/** Keeps the equipment register: what has been in this rack, since when, and what changed. A signed picture of it goes into the journal each day. */
import { formatAddress, formatOutlet } from "../config/address.ts";
import type { Config } from "../config/schema.ts";
import type { Decision } from "../core/decide.ts";
import type { Known } from "../core/inventory.ts";
import type { Tick } from "../core/time.ts";
import { seconds, type Millis } from "../core/units.ts";
import type { Plant } from "../plant/plant.ts";
import type { Journal } from "../record/journal.ts";
import { withSignature, type FileSeal } from "../report/bundle/signed.ts";
import type { Change } from "../report/changes.ts";
import { wearOf } from "../report/devices.ts";
import { register, registerCsv, type Equipment, type EquipmentChange, type RegisterEntry, type RegisterSheet } from "../report/register.ts";
import type { Chore } from "../runtime/chore.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { Attendant, Desk } from "./attendant.ts";
import { RollCall, type WhoIs } from "./roll-call.ts";

export interface EquipmentOptions {
  readonly journal: Pick<Journal, "write" | "checkpoint">;
  readonly config: Pick<Config, "miners">;
  readonly identity: { readonly operator: string; readonly node: string };
  readonly licence: string | null;
  readonly seal: (payload: string) => string;
  readonly publicKey: object | null;
  /** What the looks at the network found: serials and MACs of machines that the roll call has not reached. */
  readonly sightings: () => readonly Known[];
  /** Asks a miner who it is; null: nobody is asked. */
  readonly whoIs: WhoIs | null;
  readonly clock: Clock;
  readonly log: Log;
}

const LOOK_EVERY = seconds(60);
/** A description that is still growing with the first answers of a machine is no change. */
const SETTLED_AFTER = seconds(120);

export class EquipmentRegister implements Attendant {
  readonly name = "equipment";
  readonly chores: readonly Chore[];
  readonly #options: EquipmentOptions;
  readonly #configured: ReadonlyMap<string, Config["miners"][number]>;
  readonly #rollCall: RollCall | null;
  #known: ReadonlyMap<string, RegisterEntry> = new Map();
  #desk: Desk | null = null;
  #lookedAt: Millis | null = null;
  #at = 0;

  constructor(options: EquipmentOptions) {
    this.#options = options;
    this.#rollCall = options.whoIs === null ? null : new RollCall(options.config.miners, options.whoIs);
    this.#configured = new Map(options.config.miners.map((miner) => [miner.id, miner]));
    this.chores = [{ name: "equipment: write the register into the journal", cron: "10 0 * * *", zone: "UTC", run: async () => this.#snapshot() }];
  }

  attach(kept: unknown, desk: Desk): void {
    this.#desk = desk;
    this.#known = new Map(Array.isArray(kept) ? (kept as readonly RegisterEntry[]).map((entry) => [entry.id, entry]) : []);
  }

  decided(decision: Decision, { tick }: { readonly tick: Tick }): readonly Change[] {
    this.#at = tick.at;
    this.#rollCall?.answering(new Set(decision.views.flatMap(({ device: { id, reading } }) => (reading.kind === "known" ? [id] : []))));
    const plant = this.#desk?.plant;
    if (plant === undefined || tick.uptime < SETTLED_AFTER || (this.#lookedAt !== null && tick.uptime - this.#lookedAt < LOOK_EVERY)) return [];
    this.#lookedAt = tick.uptime;
    const { known, changes, moved } = register(this.#known, [...this.#machines(decision, plant), ...meters(plant)], tick.at);
    this.#known = known;
    if (moved) void this.#desk?.keep([...known.values()]).catch(() => undefined);
    return changes.map(told);
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.#rollCall?.run(this.#options.clock, this.#options.log, signal);
  }

  /** Signed on its last line, as reports are. */
  sheet(format: "json" | "csv"): { readonly name: string; readonly text: string } {
    const { identity, licence, seal, publicKey } = this.#options;
    const at = new Date(this.#at).toISOString();
    const sheet: RegisterSheet = { v: 1, type: "EQUIPMENT", ...identity, at, licence, items: [...this.#known.values()] };
    const body = format === "csv" ? registerCsv(sheet) : `{\n"report":${JSON.stringify(sheet)},\n`;
    const text = withSignature(body, format, (sha256) => {
      const document: FileSeal = { v: 1, type: "FILE", format, sha256, at, ...identity, key: publicKey };
      return seal(JSON.stringify(document));
    });
    return { name: `equipment-${at.slice(0, 10)}.${format}`, text };
  }

  #snapshot(): void {
    const { journal, licence } = this.#options;
    journal.write({ kind: "equipment", licence, items: [...this.#known.values()] });
    journal.checkpoint();
  }

  /** Only what answers: a machine that is silent may be another one by now. */
  #machines({ views }: Decision, plant: Plant): Equipment[] {
    const sighted = new Map(this.#options.sightings().filter(({ missed }) => missed === 0).map(({ sighting }) => [sighting.address, sighting]));
    return views.flatMap(({ device: { id, reading }, state }): Equipment[] => {
      const configured = this.#configured.get(id);
      const loop = plant.device(id);
      if (reading.kind !== "known" || configured === undefined || loop === undefined) return [];
      const address = formatAddress(configured.address);
      const self = this.#rollCall?.of(id) ?? null;
      const told = self ?? sighted.get(address) ?? null;
      const asic: Equipment = {
        kind: "asic", id, description: loop.device.description, model: configured.model, driver: configured.driver, address,
        firmware: told?.firmware ?? null, serial: told?.serial ?? null, mac: told?.mac ?? null,
        outlet: configured.outlet === null ? null : formatOutlet(configured.outlet), wear: wearOf(state.wear),
      };
      return [asic, ...reading.telemetry.boards.map(({ index }): Equipment => ({ ...NOTHING, kind: "board", id: `${id}/board-${index}`, description: `hash board ${index} of ${id}`, serial: self?.boardSerials[index] ?? null }))];
    });
  }
}

const NOTHING = { model: null, driver: null, firmware: null, serial: null, mac: null, address: null, outlet: null, wear: null } as const;

const meters = ({ meters: loops }: Plant): Equipment[] =>
  loops.flatMap(({ meter, reading }): Equipment[] => (reading === null ? [] : [{ ...NOTHING, kind: "meter", id: meter.id, description: meter.description }]));

function told(change: EquipmentChange): Change {
  if (change.kind === "added") return { name: "equipment.added", fields: { item: change.item, description: change.description } };
  const { item, field, from, to } = change;
  return { name: "equipment.changed", fields: { item, field, from, to } };
}
