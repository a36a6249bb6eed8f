import type { Asic, Refusal, Start } from "./asic.ts";
import { avalonSummary, statsItem, versionItem, type Generation, type Settings } from "./avalon-reports.ts";
import type { Answer, Firmware, Item } from "./cgminer-answer.ts";
import { INVALID_COMMAND } from "./cgminer-answer.ts";
import { boardItems, poolItem } from "./luxos-reports.ts";
import type { SimClock, SimMachine } from "./machine.ts";
import type { SimPoint } from "./model.ts";
import { defaultPointOf, pointOf } from "./model.ts";

/** Half a minute until the boards are fed and clocked, a minute of climbing. */
export const AVALON_START: Start = { downMs: 30_000, climbMs: 60_000 };
/** A supply of an A10 misses one order in so many. */
const MISSED = 3;
const SUPPLY = { least: 1200, most: 1388, step: 4 } as const;
/** A level of an Avalon 8 is worth so much of the voltage at level 0. */
const LEVEL = 0.01;
const OPTIONS: Readonly<Record<Generation, string>> = {
  "7": "pdelay|fan|frequency|voltage|led",
  "8": "fan|frequency|voltage-level|led",
  "10": "fan-spd|hashpower|reboot",
  modern: "help|reboot|softoff|softon|led|fan-spd|frequency|voltage|volt-tuning|workmode|hashpower",
};

type Option = (value: string) => Answer;

/** cgminer as Canaan ships it: reports in its own format, and settings that differ from generation to generation. */
export class AvalonFirmware implements Firmware {
  readonly description = "cgminer 4.11.1";
  readonly reports: ReadonlySet<string>;
  readonly commands: ReadonlySet<string>;
  readonly #machine: SimMachine;
  readonly #clock: SimClock;
  readonly #generation: Generation;
  readonly #levels: boolean;
  readonly #table: ReadonlyMap<string, (parameter: string) => Answer>;
  #privileged = false;
  #lamp = false;
  #mode: SimPoint;
  /** What the supply was told, in 10 mV; holds as long as the mining process it was set for. */
  #told: { readonly supply: number; readonly since: number } | null = null;
  #orders = 0;
  /** softoff and softon wait for the machine's clock. */
  #due: NodeJS.Timeout | null = null;

  constructor({ machine, clock }: { readonly machine: SimMachine; readonly clock: SimClock }, generation: Generation) {
    this.#machine = machine;
    this.#clock = clock;
    this.#generation = generation;
    this.#levels = /nano|mini/i.test(machine.firmware.model.name);
    this.#mode = defaultPointOf(machine.firmware.model);
    const { id } = machine;
    const reports = new Map<string, () => Answer>([
      ["version", () => report(22, "CGMiner versions", "VERSION", versionItem(this.#asic, id))],
      ["summary", () => report(11, "Summary", "SUMMARY", avalonSummary(this.#asic, this.seconds()))],
      ["estats", () => report(70, "CGMiner stats", "STATS", statsItem(this.#asic, this.#settings))],
      ["stats", () => report(70, "CGMiner stats", "STATS", statsItem(this.#asic, this.#settings))],
      ["devs", () => ({ ...report(9, "1 ASC(s)", "DEVS", {}), section: { name: "DEVS", items: boardItems(this.#asic, id).slice(0, 1) } })],
      ["pools", () => report(7, "1 Pool(s)", "POOLS", poolItem(this.#asic, id))],
    ]);
    this.reports = new Set(reports.keys());
    this.#table = new Map([...reports, ["ascset", (parameter: string) => this.#ascset(parameter)], ["privilege", (parameter: string) => this.#privilege(parameter)]]);
    this.commands = new Set(this.#table.keys());
  }

  seconds(): number {
    return Math.floor(this.#clock.wall() / 1000);
  }

  answer(command: string, parameter: string): Answer {
    return this.#table.get(command)?.(parameter) ?? INVALID_COMMAND;
  }

  get #asic(): Asic {
    return this.#machine.firmware;
  }

  get #supply(): number {
    const { minedSince, profile, model } = this.#asic;
    return this.#told?.since === minedSince ? this.#told.supply : Math.round(pointOf(model, profile).voltageMV / 10);
  }

  set #supply(supply: number) {
    this.#told = { supply, since: this.#asic.minedSince };
  }

  get #settings(): Settings {
    const { points } = this.#asic.model;
    const now = points.findIndex(({ id }) => id === this.#asic.profile);
    return { generation: this.#generation, supply: this.#supply, mode: now, levels: this.#levels, lamp: this.#lamp };
  }

  #ascset(parameter: string): Answer {
    const [asc, option = "", ...rest] = parameter.split(",");
    if (asc !== "0") return failed(107, "Invalid ASC id");
    if (option === "help") return { status: "I", code: 118, message: `ASC 0 set info: ${OPTIONS[this.#generation]}${this.#levels ? "|worklevel" : ""}` };
    const known = `${OPTIONS[this.#generation]}${this.#levels ? "|worklevel" : ""}`.split("|").includes(option);
    const act = known ? this.#options().get(option) : undefined;
    return act === undefined ? failed(120, `ASC 0 set failed: Unknown option: ${option}`) : act(rest.join(","));
  }

  #options(): Map<string, Option> {
    return new Map<string, Option>([
      ["frequency", (value) => this.#took("frequency", value, this.#all((board) => this.#asic.setFrequency(board, Number(value))))],
      ["voltage", (value) => this.#setVoltage(value)],
      ["voltage-level", (value) => this.#took("voltage-level", value, this.#all((board) => this.#asic.setVoltage(board, this.#atLevel(Number(value)))))],
      ["softoff", (value) => this.#soon("softoff", value, () => void this.#asic.sleep())],
      ["softon", (value) => ({ ...this.#soon("softon", value, () => void this.#asic.wake()), unsaid: true })],
      ["hashpower", (value) => this.#took("hashpower", value, value === "0" ? this.#asic.sleep() : this.#asic.wake())],
      ["workmode", (value) => this.#setMode(value)],
      ["worklevel", (value) => this.#setLevel(value)],
      ["led", (value) => this.#blink(value)],
      ["reboot", () => ({ ...done("reboot", "1"), unsaid: true, after: () => this.#reboot() })],
    ]);
  }

  #privilege(parameter: string): Answer {
    const [id, option, ...values] = parameter.split(",");
    if (this.#generation !== "10" || id !== "0") return failed(45, "Access denied to 'privilege' command");
    if (option === "enable_privilege") {
      this.#privileged = values[0] === "1";
      return { status: "S", code: 119, message: "ASC 0 set OK" };
    }
    if (!this.#privileged) return failed(120, "ASC 0 set failed: no privilege");
    if (option === "setvolt") return this.#setSupply(Number(values[0]));
    if (option !== "setfreq") return failed(120, `ASC 0 set failed: Unknown option: ${option ?? ""}`);
    const clocks = values.slice(0, 4).map(Number);
    const rising = clocks.length === 4 && clocks.every((clock, index) => clock >= (clocks[index - 1] ?? 0));
    const refusal = rising ? this.#asic.setFrequency(Number(values[4]) - 1, clocks.reduce((sum, clock) => sum + clock, 0) / 4) : "out-of-range";
    return refusal === null ? { status: "S", code: 119, message: "ASC 0 set OK", write: true } : refused(refusal);
  }

  /** Answers with what the supply has afterwards, which is not always what it was told. */
  #setSupply(wanted: number): Answer {
    if (!(wanted >= SUPPLY.least && wanted <= SUPPLY.most) || (wanted - SUPPLY.least) % SUPPLY.step !== 0) return refused("out-of-range");
    this.#orders += 1;
    if (this.#orders % MISSED !== 0) {
      const refusal = this.#all((board) => this.#asic.setVoltage(board, wanted * 10));
      if (refusal !== null) return refused(refusal);
      this.#supply = wanted;
    }
    return { status: "I", code: 118, message: `ASC 0 set info: PS[0 1205 ${this.#supply} 166 ${this.#asic.reportedW} ${this.#supply}]`, write: true };
  }

  #setVoltage(value: string): Answer {
    const millivolts = this.#generation === "7" ? Number(value) / 10 : Number(value) * 10;
    const refusal = this.#all((board) => this.#asic.setVoltage(board, millivolts));
    if (refusal === null && this.#generation === "modern") this.#supply = Number(value);
    return this.#took("voltage", value, refusal);
  }

  #setMode(value: string): Answer {
    const point = this.#asic.model.points[Number(value)];
    if (point === undefined) return refused("out-of-range");
    this.#mode = point;
    return { ...done("workmode", value), write: true };
  }

  #setLevel(value: string): Answer {
    const point = this.#asic.model.points[Number(value.replace(/^set,/, ""))];
    if (point === undefined) return refused("out-of-range");
    this.#mode = point;
    return this.#took("worklevel", value, this.#asic.setProfile(point));
  }

  #blink(value: string): Answer {
    this.#lamp = value.endsWith("1");
    return this.#took("led", value, null);
  }

  /** A mode acts from here on; frequencies and voltages that were set are gone. */
  #reboot(): void {
    this.#privileged = false;
    this.#asic.restartMining(this.#mode);
    this.#machine.reboot();
  }

  #soon(option: string, value: string, act: () => void): Answer {
    const [, at] = /^1:(\d+)$/.exec(value) ?? [];
    if (at === undefined) return failed(120, `ASC 0 set failed: ${option} needs 1:TIME`);
    if (this.#due !== null) clearTimeout(this.#due);
    this.#due = setTimeout(act, Math.max(0, Number(at) * 1000 - this.#clock.wall())).unref();
    return { ...done(option, value), write: true };
  }

  #atLevel = (level: number): number => defaultPointOf(this.#asic.model).voltageMV * (1 + LEVEL * level);

  #all(set: (board: number) => Refusal | null): Refusal | null {
    return this.#asic.model.boards === 0 ? "no-board" : this.#asic.boards.map((_, board) => set(board)).find((refusal) => refusal !== null) ?? null;
  }

  /** The older ones say OK, the newer ones that it was a success, as information. */
  #took(option: string, value: string, refusal: Refusal | null): Answer {
    if (refusal !== null) return refused(refusal);
    return { ...(this.#generation === "modern" ? done(option, value) : { status: "S" as const, code: 119, message: "ASC 0 set OK" }), write: true };
  }
}

const done = (option: string, value: string): Answer => ({ status: "I", code: 118, message: `ASC 0 set info: success ${option}:${value}` });
const failed = (code: number, message: string): Answer => ({ status: "E", code, message });
const refused = (refusal: Refusal): Answer => failed(120, `ASC 0 set failed: ${refusal}`);
const report = (code: number, message: string, name: string, item: Item): Answer => ({ status: "S", code, message, section: { name, items: [item] } });
