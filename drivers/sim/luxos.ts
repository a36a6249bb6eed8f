import type { Asic, BoardView, Refusal } from "./asic.ts";
import type { Answer, Firmware, Item } from "./cgminer-answer.ts";
import { INVALID_COMMAND } from "./cgminer-answer.ts";
import type { SimClock, SimMachine } from "./machine.ts";
import type { Random } from "./random.ts";

const VERSION = "2025.4.8.213000";
/** A session ends so long after its last use. */
const SESSION_MS = 60_000;
/** One share of difficulty 65,536 in TH. */
const SHARE_TH = (65_536 * 2 ** 32) / 1e12;

type Command = (parameters: readonly string[]) => Answer;

/** LuxOS as it speaks on TCP 4028: the reports, and the commands that need a session. */
export class LuxosFirmware implements Firmware {
  readonly description = "LUXminer 2025.4.8";
  readonly reports: ReadonlySet<string>;
  readonly commands: ReadonlySet<string>;
  readonly #table: ReadonlyMap<string, Command>;
  readonly #machine: SimMachine;
  readonly #clock: SimClock;
  readonly #random: Random;
  /** The advanced thermal manager owns the profile while it is on. */
  #atm = false;
  #session: { readonly id: string; usedAt: number } | null = null;

  constructor(machine: SimMachine, clock: SimClock, random: Random) {
    this.#machine = machine;
    this.#clock = clock;
    this.#random = random;
    const reports = this.#reports();
    this.#table = new Map([...reports, ...this.#orders()]);
    this.reports = new Set(reports.keys());
    this.commands = new Set(this.#table.keys());
  }

  seconds(): number {
    return Math.floor(this.#clock.wall() / 1000);
  }

  answer(command: string, parameter: string): Answer {
    const run = this.#table.get(command);
    return run === undefined ? INVALID_COMMAND : run(parameter === "" ? [] : parameter.split(",").map((part) => part.trim()));
  }

  get #asic(): Asic {
    return this.#machine.firmware;
  }

  #reports(): Map<string, Command> {
    return new Map<string, Command>([
      ["version", () => report(22, "LUXminer versions", "VERSION", [this.#version()])],
      ["config", () => report(33, "LUXminer config", "CONFIG", [this.#config()])],
      ["summary", () => report(11, "Summary", "SUMMARY", [this.#summary()])],
      ["devs", () => this.#devs()],
      ["power", () => report(311, "Power", "POWER", [{ PSU: true, Watts: this.#asic.reportedW }])],
      ["temps", () => report(201, "Temperatures", "TEMPS", this.#asic.boards.map(temps))],
      ["fans", () => report(202, "Fans", "FANS", this.#fans())],
      ["pools", () => report(7, "1 Pool(s)", "POOLS", [this.#pool()])],
      ["limits", () => report(318, "Limits", "LIMITS", [this.#limits()])],
      ["profiles", () => report(323, "Profiles", "PROFILES", this.#profiles())],
      ["session", () => report(319, "Session", "SESSION", [{ SessionID: this.#live()?.id ?? "" }])],
    ]);
  }

  #orders(): Map<string, Command> {
    return new Map<string, Command>([
      ["logon", () => this.#logon()],
      ["logoff", this.#held(() => this.#logoff())],
      ["frequencyget", ([board]) => this.#ofBoard(board, (view, index) => frequencyAnswer(view, index))],
      ["voltageget", ([board]) => this.#ofBoard(board, (view, index) => voltageAnswer(view, index))],
      ["frequencyset", this.#held((rest) => this.#frequencySet(rest))],
      ["voltageset", this.#held((rest) => this.#voltageSet(rest))],
      ["profileset", this.#held((rest) => this.#profileSet(rest))],
      ["atmset", this.#held((rest) => this.#atmSet(rest))],
      ["curtail", this.#held((rest) => this.#curtail(rest))],
      ["enableboard", this.#held((rest) => this.#enable(rest, true))],
      ["disableboard", this.#held((rest) => this.#enable(rest, false))],
      ["rebootdevice", this.#held(() => this.#leave("Rebooting"))],
      ["resetminer", this.#held(() => this.#leave("Resetting"))],
    ]);
  }

  #version(): Item {
    const { name } = this.#asic.model;
    return { API: "3.7", LUXminer: VERSION, Miner: `${VERSION}-abcdef`, Type: name, CompileTime: "Tue Apr  8 21:30:00 UTC 2025" };
  }

  #config(): Item {
    const asic = this.#asic;
    const { id } = this.#machine;
    return {
      "ASC Count": asic.model.boards,
      "PGA Count": 0,
      "Pool Count": 1,
      Hostname: id,
      Model: asic.model.name,
      ControlBoardType: "Amlogic",
      MACAddr: macOf(id),
      SerialNumber: `SIM-${id}`,
      Profile: profileName(this.#asic.profile),
      ProfileStep: "0",
      CurtailMode: asic.curtailed ? "Sleep" : "None",
      IsAtmEnabled: this.#atm,
      IsTuning: false,
      IsPowerSupplyOn: asic.state !== "asleep" && asic.state !== "starting",
      PowerLimit: 0,
    };
  }

  #summary(): Item {
    const asic = this.#asic;
    const { fast, slow, average } = asic.reportedThs;
    const shares = Math.floor(asic.workTh / SHARE_TH);
    return {
      Elapsed: Math.floor(asic.uptimeMs / 1000),
      "GHS 5s": gigahash(fast),
      "GHS av": gigahash(average),
      "GHS 30m": gigahash(slow),
      "Found Blocks": 0,
      Accepted: shares,
      Rejected: Math.floor(shares / 2000),
      "Hardware Errors": Math.floor(shares / 500),
      Utility: asic.uptimeMs > 0 ? Number((shares / (asic.uptimeMs / 60_000)).toFixed(2)) : 0,
      "Last getwork": this.seconds(),
    };
  }

  #devs(): Answer {
    const asic = this.#asic;
    const { fast, average } = asic.reportedThs;
    const running = asic.boards.filter((board) => board.enabled).length;
    const awake = asic.state === "hashing" || asic.state === "ramping";
    const items = asic.boards.map((board, index) => ({
      ASC: index,
      ID: index,
      Name: "LUXminer",
      Enabled: board.enabled ? "Y" : "N",
      Status: awake && board.enabled ? "Alive" : "Dead",
      Temperature: Math.round(board.temperatureC),
      "MHS 5s": board.enabled ? megahash(fast / running) : 0,
      "MHS av": board.enabled ? megahash(average / running) : 0,
      "Nominal MHS": megahash((asic.model.physics.thsPerMhz * board.frequencyMHz) / asic.model.boards),
      Accepted: Math.floor(asic.workTh / SHARE_TH / asic.model.boards),
      Rejected: 0,
      "Hardware Errors": 0,
      IsRamping: board.ramping,
      Profile: profileName(asic.profile),
      Frequency: board.frequencyMHz,
      Voltage: board.voltageMV / 1000,
      SerialNumber: `SIM-${this.#machine.id}-${index}`,
    }));
    return report(9, `${items.length} ASC(s)`, "DEVS", items);
  }

  #fans(): Item[] {
    const asic = this.#asic;
    const warmest = Math.max(...asic.boards.map((board) => board.temperatureC));
    // Idle speed on a cold machine, all of it at 75 °C.
    const percent = Math.round(Math.min(100, Math.max(20, 20 + ((warmest - 30) / 45) * 80)));
    return [0, 1, 2, 3].map((index) => ({ FAN: index, ID: index, RPM: percent * 60 + index * 10, Speed: percent }));
  }

  #pool(): Item {
    const accepted = Math.floor(this.#asic.workTh / SHARE_TH);
    return {
      POOL: 0,
      URL: "stratum+tcp://pool.invalid:3333",
      User: `rig.${this.#machine.id}`,
      Status: "Alive",
      Priority: 0,
      Accepted: accepted,
      Rejected: Math.floor(accepted / 2000),
      "Stratum Active": this.#asic.state === "hashing" || this.#asic.state === "ramping",
    };
  }

  #limits(): Item {
    const { limits } = this.#asic.model;
    return {
      FrequencyMin: limits.frequencyMinMHz,
      FrequencyMax: limits.frequencyMaxMHz,
      FrequencyStep: limits.frequencyStepMHz,
      VoltageMin: limits.voltageMinMV / 1000,
      VoltageMax: limits.voltageMaxMV / 1000,
      VoltageStep: 0.01,
    };
  }

  #profiles(): Item[] {
    const { points, defaultPoint } = this.#asic.model;
    const home = points.findIndex((point) => point.id === defaultPoint);
    return points.map((point, index) => ({
      "Profile Name": profileName(point.id),
      Frequency: point.frequencyMHz,
      Voltage: point.voltageMV / 1000,
      Watts: point.powerW,
      Hashrate: point.hashrateThs,
      Step: String(index - home),
      IsDynamic: false,
      IsTuned: false,
    }));
  }

  #live(): { readonly id: string; usedAt: number } | null {
    if (this.#session !== null && this.#clock.now() - this.#session.usedAt >= SESSION_MS) this.#session = null;
    return this.#session;
  }

  #logon(): Answer {
    if (this.#live() !== null) return refuse(402, "Another session is active");
    const id = Math.floor(this.#random() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
    this.#session = { id, usedAt: this.#clock.now() };
    return report(316, "Session created", "SESSION", [{ SessionID: id }]);
  }

  #logoff(): Answer {
    this.#session = null;
    return { status: "S", code: 317, message: "Session terminated" };
  }

  /** Runs only for the holder of the session; each use lengthens it. */
  #held(run: Command): Command {
    return ([sid, ...rest]) => {
      const session = this.#live();
      if (session === null || sid !== session.id) return refuse(401, "Session ID is not valid");
      session.usedAt = this.#clock.now();
      return run(rest);
    };
  }

  #ofBoard(text: string | undefined, answer: (view: BoardView, index: number) => Answer): Answer {
    const index = indexOf(text);
    const view = this.#asic.boards[index];
    return view === undefined ? NO_BOARD : answer(view, index);
  }

  #frequencySet([board, megahertz]: readonly string[]): Answer {
    if (megahertz === undefined) return MISSING;
    const index = indexOf(board);
    const refusal = this.#asic.setFrequency(index, numberOf(megahertz));
    if (refusal !== null) return refused(refusal);
    const { frequencyStepMHz } = this.#asic.model.physics;
    const ramp = { Board: index, Frequency: numberOf(megahertz), FrequencyStep: frequencyStepMHz, TargetChip: -1 };
    return { ...report(302, "Frequency ramp started", "RAMP", [ramp]), write: true };
  }

  #voltageSet([board, volts]: readonly string[]): Answer {
    if (volts === undefined) return MISSING;
    const refusal = this.#asic.setVoltage(indexOf(board), Math.round(numberOf(volts) * 1000));
    return refusal === null ? { status: "S", code: 308, message: "Voltage set", write: true } : refused(refusal);
  }

  #profileSet([name]: readonly string[]): Answer {
    if (name === undefined) return MISSING;
    if (this.#atm) return refuse(CODE_REFUSED, "Cannot change the profile while ATM is enabled");
    const point = this.#asic.model.points.find((candidate) => profileName(candidate.id) === name);
    if (point === undefined) return refuse(CODE_REFUSED, "Unknown profile");
    const refusal = this.#asic.setProfile(point);
    if (refusal !== null) return refused(refusal);
    const profile = { Profile: name, FrequencyStep: this.#asic.model.physics.frequencyStepMHz, VoltageStep: 0.1 };
    return { ...report(321, "Profile set", "PROFILE", [profile]), write: true };
  }

  #atmSet(settings: readonly string[]): Answer {
    const enabled = settings.find((setting) => setting.startsWith("enabled="));
    if (enabled !== "enabled=true" && enabled !== "enabled=false") return MISSING;
    this.#atm = enabled === "enabled=true";
    return { status: "S", code: 339, message: "ATM settings updated" };
  }

  #curtail([mode]: readonly string[]): Answer {
    if (mode !== "sleep" && mode !== "wakeup") return MISSING;
    const refusal = mode === "sleep" ? this.#asic.sleep() : this.#asic.wake();
    if (refusal !== null) return refused(refusal);
    const curtail = { Mode: mode === "sleep" ? "Sleep" : "None" };
    return { ...report(335, "Curtail mode set", "CURTAIL", [curtail]), write: true };
  }

  #enable([board]: readonly string[], enabled: boolean): Answer {
    const refusal = this.#asic.setBoardEnabled(indexOf(board), enabled);
    if (refusal !== null) return refused(refusal);
    return { status: "S", code: enabled ? 303 : 304, message: enabled ? "Board enabled" : "Board disabled" };
  }

  #leave(message: string): Answer {
    return {
      status: "S",
      code: 310,
      message,
      after: () => {
        this.#session = null;
        this.#machine.reboot();
      },
    };
  }
}

/** Refusals of which only the letter is documented carry cgminer's own codes. */
const CODE_REFUSED = 120;
const refuse = (code: number, message: string): Answer => ({ status: "E", code, message });
const MISSING = refuse(116, "Missing or wrong parameter");
const NO_BOARD = refuse(107, "Invalid board");

const REASONS: Readonly<Record<Refusal, Answer>> = {
  asleep: refuse(CODE_REFUSED, "Not possible while curtailed"),
  starting: refuse(CODE_REFUSED, "Not possible while starting"),
  off: refuse(CODE_REFUSED, "No power"),
  "no-board": NO_BOARD,
  "out-of-range": refuse(CODE_REFUSED, "Value outside the limits"),
};
const refused = (refusal: Refusal): Answer => REASONS[refusal];

const report = (code: number, message: string, name: string, items: readonly Item[]): Answer => ({
  status: "S",
  code,
  message,
  section: { name, items },
});

const frequencyAnswer = (view: BoardView, index: number): Answer =>
  report(301, "Frequency", "FREQUENCY", [{ Board: index, Frequency: view.frequencyMHz }]);

const voltageAnswer = (view: BoardView, index: number): Answer =>
  report(307, "Voltage", "VOLTAGE", [{ Board: index, Voltage: view.voltageMV / 1000 }]);

/** The inlet side of a board is some degrees colder than its outlet side. */
const temps = (board: BoardView, index: number): Item => ({
  TEMP: index,
  ID: index,
  Board: round1(board.temperatureC),
  Chip: round1(board.chipC),
  TopLeft: round1(board.temperatureC - 4),
  TopRight: round1(board.temperatureC + 3),
  BottomLeft: round1(board.temperatureC - 5),
  BottomRight: round1(board.temperatureC + 4),
});

const profileName = (pointId: string): string => `${pointId}MHz`;
const gigahash = (ths: number): number => Number((ths * 1e3).toFixed(2));
const megahash = (ths: number): number => Number((ths * 1e6).toFixed(2));
const round1 = (value: number): number => Math.round(value * 10) / 10;
const numberOf = (text: string): number => (/^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN);
const indexOf = (text: string | undefined): number => (text !== undefined && /^\d$/.test(text) ? Number(text) : -1);

/** Locally administered, the same for the same id. */
function macOf(id: string): string {
  let hash = 0x811c9dc5;
  for (const char of id) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  const bytes = [0x02, 0x53, ...[24, 16, 8, 0].map((shift) => (hash >>> shift) & 0xff)];
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
