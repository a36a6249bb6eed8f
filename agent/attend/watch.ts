/** Looks at the network by the calendar: says who is new, gone, moved or another one, by the names and outlets of the configuration. Changes nothing. */
import { formatAddress, formatOutlet } from "../config/address.ts";
import type { Config } from "../config/schema.ts";
import { compareLooks, type InventoryChange, type Known, type Look, type Registered, type Sighting } from "../core/inventory.ts";
import type { Chore } from "../runtime/chore.ts";
import type { Attendant, Desk } from "./attendant.ts";

/** One look at these networks. Rejects with the signal's reason only. */
export type LookAt = (networks: readonly string[], port: number | null, signal: AbortSignal) => Promise<Look>;

/** At an odd minute, when others do not ask their miners. */
const CRON = { hourly: "17 * * * *", daily: "37 4 * * *", weekly: "37 4 * * 1" } as const;
/** More machines than are kept in one value are not compared. */
const MOST_KNOWN = 10_000;

export class Watch implements Attendant {
  readonly name = "watch";
  readonly chores: readonly Chore[];
  readonly #register: readonly Registered[];
  readonly #lookAt: LookAt;
  #known: readonly Known[] = [];
  #desk: Desk | null = null;

  constructor({ discovery, miners }: Pick<Config, "discovery" | "miners">, lookAt: LookAt) {
    this.#lookAt = lookAt;
    this.#register = miners.map(({ id, driver, model, address, outlet }) => ({ id, driver, model, address: formatAddress(address), outlet: outlet === null ? null : formatOutlet(outlet) }));
    this.chores = discovery === null ? [] : [{
      name: `discovery: look at ${discovery.networks.join(", ")}`,
      cron: CRON[discovery.every],
      zone: "UTC",
      run: (signal) => this.look(discovery, signal),
    }];
  }

  /** What the last looks found. */
  get known(): readonly Known[] {
    return this.#known;
  }

  attach(kept: unknown, desk: Desk): void {
    this.#desk = desk;
    this.#known = Array.isArray(kept) ? (kept as readonly Known[]) : [];
  }

  async look({ networks, port }: Pick<NonNullable<Config["discovery"]>, "networks" | "port">, signal: AbortSignal): Promise<void> {
    const look = await this.#lookAt(networks, port, signal);
    const { known, changes } = compareLooks(this.#known, look, this.#register);
    for (const change of changes) this.#desk?.event(change.name, fieldsOf(change));
    this.#known = known.slice(0, MOST_KNOWN);
    await this.#desk?.keep(this.#known);
  }
}

const fieldsOf = ({ name, sighting, was, registered }: InventoryChange): Readonly<Record<string, unknown>> => ({
  device: registered?.id ?? null,
  outlet: registered?.outlet ?? null,
  address: sighting.address,
  is: wordsOf(sighting),
  mac: sighting.mac,
  serial: sighting.serial,
  ...(name === "miner.changed" && { was: was === null ? null : wordsOf(was), wasMac: was?.mac ?? null }),
  ...(name === "miner.moved" && { from: was?.address ?? null }),
});

const wordsOf = ({ driver, model, firmware }: Sighting): string => [model ?? "unknown model", driver, firmware].filter((word) => word !== "").join(", ");
