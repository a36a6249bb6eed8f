import type { Asic } from "./asic.ts";
import type { Answer, Firmware, Item } from "./cgminer-answer.ts";
import { INVALID_COMMAND } from "./cgminer-answer.ts";
import { fanItems, poolItem, summaryItem } from "./luxos-reports.ts";
import type { SimClock, SimMachine } from "./machine.ts";

/** The cgminer reports of Braiins OS, and pause and resume: nothing else is told here. */
export class BraiinsReports implements Firmware {
  readonly description = "BOSer boser-openwrt 0.1.0";
  readonly reports: ReadonlySet<string>;
  readonly commands: ReadonlySet<string>;
  readonly #table: ReadonlyMap<string, () => Answer>;
  readonly #clock: SimClock;
  readonly #look: () => void;

  constructor(machine: SimMachine, clock: SimClock, look: () => void) {
    this.#clock = clock;
    this.#look = look;
    const reports = new Map<string, () => Answer>([
      ["version", () => report(22, "BOSer versions", "VERSION", [{ API: "3.7", BOSer: this.description }])],
      ["summary", () => report(11, "Summary", "SUMMARY", [inMegahash(summaryItem(machine.firmware, this.seconds()))])],
      ["fans", () => report(202, "4 Fan(s)", "FANS", fanItems(machine.firmware))],
      ["devdetails", () => report(69, "Device Details", "DEVDETAILS", machine.firmware.boards.map((_, index) => ({ DEVDETAILS: index, Driver: "", ID: index, Model: `Bitmain ${machine.firmware.model.name}`, Name: "" })))],
      ["pools", () => report(7, "1 Pool(s)", "POOLS", [poolItem(machine.firmware, machine.id)])],
    ]);
    const others = new Map<string, () => Answer>([
      ["pause", () => done(machine.firmware, (asic) => asic.sleep())],
      ["resume", () => done(machine.firmware, (asic) => asic.wake())],
    ]);
    this.reports = new Set(reports.keys());
    this.#table = new Map([...reports, ...others]);
    this.commands = new Set(this.#table.keys());
  }

  seconds(): number {
    return Math.floor(this.#clock.wall() / 1000);
  }

  answer(command: string): Answer {
    this.#look();
    return this.#table.get(command)?.() ?? INVALID_COMMAND;
  }
}

const report = (code: number, message: string, name: string, items: readonly Item[]): Answer => ({ status: "S", code, message, section: { name, items } });

const done = (asic: Asic, act: (asic: Asic) => string | null): Answer => {
  const refusal = act(asic);
  return refusal === null ? { status: "S", code: 119, message: "Done", write: true } : { status: "E", code: 120, message: `Miner is ${refusal}` };
};

/** It counts in MH/s. */
const inMegahash = (item: Item): Item =>
  Object.fromEntries(Object.entries(item).map(([key, value]) => (key.startsWith("GHS ") ? [key.replace("GHS", "MHS"), Number(value) * 1000] : [key, value])));
