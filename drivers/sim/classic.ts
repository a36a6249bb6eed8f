import type { Asic } from "./asic.ts";
import type { Answer, Firmware, Item } from "./cgminer-answer.ts";
import { INVALID_COMMAND } from "./cgminer-answer.ts";
import { poolItem, summaryItem } from "./luxos-reports.ts";
import type { SimClock, SimMachine } from "./machine.ts";

export type ClassicProgram = "cgminer" | "bfgminer";

const PROGRAMS = {
  cgminer: { description: "cgminer 4.11.1", key: "CGMiner", version: "4.11.1", number: "ASC", list: "devs", set: "ascset", toggle: "asc", driver: "AVA" },
  bfgminer: { description: "bfgminer 5.5.0", key: "BFGMiner", version: "5.5.0", number: "PGA", list: "procs", set: "procset", toggle: "proc", driver: "RKM" },
} as const;

/** The mining programs as their authors left them: devices with settings of their own, and nothing else. */
export class ClassicFirmware implements Firmware {
  readonly description: string;
  readonly reports: ReadonlySet<string>;
  readonly commands: ReadonlySet<string>;
  readonly #machine: SimMachine;
  readonly #clock: SimClock;
  readonly #program: ClassicProgram;
  readonly #table: ReadonlyMap<string, (parameter: string) => Answer>;
  readonly #enabled: boolean[];
  /** Taken while all were disabled; acts when they are not. */
  #later: (() => void)[] = [];

  constructor({ machine, clock }: { readonly machine: SimMachine; readonly clock: SimClock }, program: ClassicProgram) {
    this.#machine = machine;
    this.#clock = clock;
    this.#program = program;
    this.#enabled = machine.firmware.boards.map(() => true);
    const words = PROGRAMS[program];
    this.description = words.description;
    const reports = new Map<string, (parameter: string) => Answer>([
      ["version", () => report(22, `${words.key} versions`, "VERSION", [{ [words.key]: words.version, API: program === "cgminer" ? "3.7" : "3.3" }])],
      ["summary", () => report(11, "Summary", "SUMMARY", [this.#summary()])],
      [words.list, () => report(9, `${this.#enabled.length} device(s)`, "DEVS", this.#devices())],
      ["stats", () => report(70, "stats", "STATS", this.#stats())],
      ["pools", () => report(7, "1 Pool(s)", "POOLS", [poolItem(this.#asic, machine.id)])],
    ]);
    this.reports = new Set(reports.keys());
    this.#table = new Map([
      ...reports,
      [words.set, (parameter) => this.#set(parameter)],
      [`${words.toggle}enable`, (parameter) => this.#toggle(Number(parameter), true)],
      [`${words.toggle}disable`, (parameter) => this.#toggle(Number(parameter), false)],
      ["restart", () => ({ status: "S", code: 46, message: "RESTART", after: () => machine.reboot() })],
    ]);
    this.commands = new Set(this.#table.keys());
  }

  seconds(): number {
    return Math.floor(this.#clock.wall() / 1000);
  }

  answer(command: string, parameter: string): Answer {
    return this.#table.get(command)?.(parameter) ?? INVALID_COMMAND;
  }

  /** bfgminer puts raw line feeds into its strings, and a restart is no reply like the others. */
  garble(command: string, text: string): string {
    if (command === "restart") return '{"STATUS":"RESTART","id":1}';
    return this.#program === "bfgminer" ? text.replaceAll("\\n", "\n") : text;
  }

  get #asic(): Asic {
    return this.#machine.firmware;
  }

  #summary(): Item {
    const { fast, average } = this.#asic.reportedThs;
    const { "GHS 5s": _fast, "GHS av": _average, "GHS 30m": _slow, ...rest } = summaryItem(this.#asic, this.seconds());
    return { ...rest, "MHS av": megahash(average), [this.#program === "cgminer" ? "MHS 5s" : "MHS 20s"]: megahash(fast) };
  }

  #devices(): Item[] {
    const { boards, reportedThs } = this.#asic;
    const { number, driver } = PROGRAMS[this.#program];
    const on = Math.max(1, this.#enabled.filter(Boolean).length);
    return boards.map((board, index) => ({
      [number]: index,
      Name: driver,
      ID: index,
      ...(this.#program === "bfgminer" && { ProcID: 0 }),
      Enabled: this.#enabled[index] === true ? "Y" : "N",
      Status: "Alive",
      Temperature: Math.round(board.temperatureC),
      "MHS av": this.#enabled[index] === true ? megahash(reportedThs.average / on) : 0,
      [this.#program === "cgminer" ? "MHS 5s" : "MHS 20s"]: this.#enabled[index] === true ? megahash(reportedThs.fast / on) : 0,
      Accepted: 0,
      Rejected: 0,
      "Hardware Errors": 0,
    }));
  }

  /** bfgminer's drivers do not tell their clocks. */
  #stats(): Item[] {
    return this.#asic.boards.map((board, index) => ({
      STATS: index,
      ID: `${PROGRAMS[this.#program].driver}${index}`,
      Elapsed: Math.floor(this.#asic.uptimeMs / 1000),
      ...(this.#program === "cgminer" && { frequency: Math.round(board.frequencyMHz) }),
    }));
  }

  #set(parameter: string): Answer {
    const [device, option, value] = parameter.split(",");
    const index = Number(device);
    if (this.#enabled[index] === undefined) return failed(107, `Invalid device id ${device ?? ""}`);
    const { limits } = this.#asic.model;
    const cgminer = this.#program === "cgminer";
    if (option === "help") {
      const text = cgminer
        ? `freq: range ${limits.frequencyMinMHz}-${limits.frequencyMaxMHz} millivolts: range ${limits.voltageMinMV}-${limits.voltageMaxMV}`
        : `led: turn the lamp on\nclock: clock frequency (${limits.frequencyMinMHz}-${limits.frequencyMaxMHz})`;
      return { status: "I", code: 118, message: `${cgminer ? "ASC" : "PRC"} ${index} set info: ${text}` };
    }
    if (option === (cgminer ? "freq" : "clock")) return this.#took(index, () => this.#asic.setFrequency(index, Number(value)));
    if (cgminer && option === "millivolts") return this.#took(index, () => this.#asic.setVoltage(index, Number(value)));
    return failed(120, `device ${index} set failed: Unknown option: ${option ?? ""}`);
  }

  /** bfgminer says OK to anything; what its driver cannot do does not happen. */
  #took(index: number, set: () => string | null): Answer {
    const refusal = set();
    if (refusal === "asleep") this.#later.push(set);
    else if (refusal !== null && this.#program === "cgminer") return failed(120, `ASC ${index} set failed: ${refusal}`);
    return { status: "S", code: 119, message: `device ${index} set OK`, write: true };
  }

  #toggle(index: number, enabled: boolean): Answer {
    if (this.#enabled[index] === undefined) return failed(107, `Invalid device id ${index}`);
    if (this.#enabled[index] === enabled) return { status: "I", code: 109, message: `device ${index} already ${enabled ? "enabled" : "disabled"}` };
    this.#enabled[index] = enabled;
    if (!this.#enabled.includes(true)) this.#asic.sleep();
    else {
      this.#asic.wake();
      for (const set of this.#later.splice(0)) set();
      for (const [board, on] of this.#enabled.entries()) this.#asic.setBoardEnabled(board, on);
    }
    return { status: "S", code: enabled ? 110 : 111, message: `device ${index} ${enabled ? "enabled" : "disabled"}`, write: true };
  }
}

const report = (code: number, message: string, name: string, items: readonly Item[]): Answer => ({ status: "S", code, message, section: { name, items } });
const failed = (code: number, message: string): Answer => ({ status: "E", code, message });
const megahash = (ths: number): number => Number((ths * 1e6).toFixed(2));
