import type { Asic, BoardView, Refusal } from "./asic.ts";
import type { Answer, Firmware, Item } from "./cgminer-answer.ts";
import { INVALID_COMMAND } from "./cgminer-answer.ts";
import {
  boardItems,
  configItem,
  fanItems,
  limitsItem,
  LUXOS_VERSION,
  poolItem,
  powerItem,
  profileItems,
  profileName,
  summaryItem,
  temperatureItem,
  versionItem,
} from "./luxos-reports.ts";
import { LuxosSession } from "./luxos-session.ts";
import type { SimClock, SimMachine } from "./machine.ts";
import type { Random } from "./random.ts";

type Command = (parameters: readonly string[]) => Answer;

/** LuxOS as it speaks on TCP 4028: the reports, and the orders that need a session. */
export class LuxosFirmware implements Firmware {
  readonly description = `LUXminer ${LUXOS_VERSION}`;
  readonly reports: ReadonlySet<string>;
  readonly commands: ReadonlySet<string>;
  readonly #table: ReadonlyMap<string, Command>;
  readonly #machine: SimMachine;
  readonly #clock: SimClock;
  readonly #session: LuxosSession;
  #starts = 0;
  /** The advanced thermal manager owns the profile while it is on. */
  #atm: boolean;
  #tuner: boolean;
  #led = "off";

  constructor(machine: SimMachine, clock: SimClock, { random, atm = false, tuner = false }: { readonly random: Random; readonly atm?: boolean; readonly tuner?: boolean }) {
    this.#atm = atm;
    this.#tuner = tuner;
    this.#machine = machine;
    this.#clock = clock;
    this.#session = new LuxosSession(() => clock.now(), random);
    const reports = this.#reports();
    this.#table = new Map([...reports, ...this.#others()]);
    this.reports = new Set(reports.keys());
    this.commands = new Set(this.#table.keys());
  }

  seconds(): number {
    return Math.floor(this.#clock.wall() / 1000);
  }

  answer(command: string, parameter: string): Answer {
    const { starts } = this.#asic;
    if (starts !== this.#starts) this.#session.close();
    this.#starts = starts;
    const run = this.#table.get(command);
    return run === undefined ? INVALID_COMMAND : run(parameter === "" ? [] : parameter.split(",").map((part) => part.trim()));
  }

  get #asic(): Asic {
    return this.#machine.firmware;
  }

  /** What may be joined. Codes of temps, fans and limits are not documented. */
  #reports(): Map<string, Command> {
    const { id } = this.#machine;
    return new Map<string, Command>([
      ["version", () => report(22, "LUXminer versions", "VERSION", [versionItem(this.#asic)])],
      ["config", () => report(33, "LUXminer config", "CONFIG", [configItem(this.#asic, { id, atm: this.#atm, tuner: this.#tuner, led: this.#led })])],
      ["summary", () => report(11, "Summary", "SUMMARY", [summaryItem(this.#asic, this.seconds())])],
      ["devs", () => report(9, `${this.#asic.model.boards} ASC(s)`, "DEVS", boardItems(this.#asic, id))],
      ["power", () => report(311, "Power", "POWER", [powerItem(this.#asic)])],
      ["temps", () => report(201, "Temperatures", "TEMPS", this.#asic.boards.map(temperatureItem))],
      ["fans", () => report(202, "Fans", "FANS", fanItems(this.#asic))],
      ["pools", () => report(7, "1 Pool(s)", "POOLS", [poolItem(this.#asic, id)])],
      ["limits", () => report(318, "Limits", "LIMITS", [limitsItem(this.#asic)])],
      ["profiles", () => report(323, "Profiles", "PROFILES", profileItems(this.#asic))],
      ["session", () => report(319, "Session", "SESSION", [{ SessionID: this.#session.id ?? "" }])],
    ]);
  }

  #others(): Map<string, Command> {
    return new Map<string, Command>([
      ["frequencyget", ([board]) => this.#ofBoard(board, 301, "FREQUENCY", (view) => ({ Frequency: view.frequencyMHz }))],
      ["voltageget", ([board]) => this.#ofBoard(board, 307, "VOLTAGE", (view) => ({ Voltage: view.voltageMV / 1000 }))],
      ["logon", () => this.#logon()],
      ["logoff", this.#held(() => this.#logoff())],
      ["frequencyset", this.#held((rest) => this.#frequencySet(rest))],
      ["voltageset", this.#held((rest) => this.#voltageSet(rest))],
      ["profileset", this.#held((rest) => this.#profileSet(rest))],
      ["atmset", this.#held((rest) => this.#controllerSet(rest, (enabled) => (this.#atm = enabled)))],
      ["autotunerset", this.#held((rest) => this.#controllerSet(rest, (enabled) => (this.#tuner = enabled)))],
      ["ledset", this.#held((rest) => this.#ledSet(rest))],
      ["kill", () => this.#logoff()],
      ["curtail", this.#held((rest) => this.#curtail(rest))],
      ["enableboard", this.#held(([board]) => this.#enable(board, true))],
      ["disableboard", this.#held(([board]) => this.#enable(board, false))],
      ["rebootdevice", this.#held(() => this.#leave("Rebooting"))],
      ["resetminer", this.#held(() => this.#leave("Resetting"))],
    ]);
  }

  /** Runs only for the holder of the session; each use lengthens it. */
  #held(run: Command): Command {
    return ([session, ...rest]) => (this.#session.use(session) ? run(rest) : NO_SESSION);
  }

  #logon(): Answer {
    const id = this.#session.open();
    return id === null ? BUSY : report(316, "Session created", "SESSION", [{ SessionID: id }]);
  }

  #logoff(): Answer {
    this.#session.close();
    return { status: "S", code: 317, message: "Session terminated" };
  }

  #ofBoard(text: string | undefined, code: number, name: string, show: (view: BoardView) => Item): Answer {
    const index = indexOf(text);
    const view = this.#asic.boards[index];
    return view === undefined ? NO_BOARD : report(code, "Board", name, [{ Board: index, ...show(view) }]);
  }

  #frequencySet([board, megahertz]: readonly string[]): Answer {
    if (megahertz === undefined) return MISSING;
    const index = indexOf(board);
    const frequency = numberOf(megahertz);
    const refusal = this.#asic.setFrequency(index, frequency);
    if (refusal !== null) return REFUSALS[refusal];
    const ramp = { Board: index, Frequency: frequency, FrequencyStep: this.#asic.model.physics.frequencyStepMHz, TargetChip: -1 };
    return { ...report(302, "Frequency ramp started", "RAMP", [ramp]), write: true };
  }

  #voltageSet([board, volts]: readonly string[]): Answer {
    if (volts === undefined) return MISSING;
    const refusal = this.#asic.setVoltage(indexOf(board), Math.round(numberOf(volts) * 1000));
    return refusal === null ? { status: "S", code: 308, message: "Voltage set", write: true } : REFUSALS[refusal];
  }

  #profileSet([name]: readonly string[]): Answer {
    if (name === undefined) return MISSING;
    if (this.#atm) return refuse(CODE_REFUSED, "Cannot change the profile while ATM is enabled");
    const point = this.#asic.model.points.find((candidate) => profileName(candidate.id) === name);
    if (point === undefined) return refuse(CODE_REFUSED, "Unknown profile");
    const refusal = this.#asic.setProfile(point);
    if (refusal !== null) return REFUSALS[refusal];
    const profile = { Profile: name, FrequencyStep: this.#asic.model.physics.frequencyStepMHz, VoltageStep: 0.1 };
    return { ...report(321, "Profile set", "PROFILE", [profile]), write: true };
  }

  #controllerSet(settings: readonly string[], set: (enabled: boolean) => void): Answer {
    const enabled = settings.find((setting) => setting.startsWith("enabled="));
    if (enabled !== "enabled=true" && enabled !== "enabled=false") return MISSING;
    set(enabled === "enabled=true");
    return { status: "S", code: 339, message: "Settings updated" };
  }

  #ledSet([color, state]: readonly string[]): Answer {
    if (color !== "red" || (state !== "on" && state !== "off" && state !== "blink")) return MISSING;
    this.#led = state;
    return { status: "S", code: 322, message: "LED set" };
  }

  #curtail([mode]: readonly string[]): Answer {
    if (mode !== "sleep" && mode !== "wakeup") return MISSING;
    const refusal = mode === "sleep" ? this.#asic.sleep() : this.#asic.wake();
    if (refusal !== null) return REFUSALS[refusal];
    return { ...report(335, "Curtail mode set", "CURTAIL", [{ Mode: mode === "sleep" ? "Sleep" : "None" }]), write: true };
  }

  #enable(board: string | undefined, enabled: boolean): Answer {
    const refusal = this.#asic.setBoardEnabled(indexOf(board), enabled, "initialised");
    if (refusal !== null) return REFUSALS[refusal];
    return { status: "S", code: enabled ? 303 : 304, message: enabled ? "Board enabled" : "Board disabled" };
  }

  #leave(message: string): Answer {
    return { status: "S", code: 310, message, after: () => this.#machine.reboot() };
  }
}

const refuse = (code: number, message: string): Answer => ({ status: "E", code, message });
/** Where only the letter E is documented, cgminer's own codes stand. */
const CODE_REFUSED = 120;
const BUSY = refuse(402, "Another session is active");
const NO_SESSION = refuse(401, "Session ID is not valid");
const MISSING = refuse(116, "Missing or wrong parameter");
const NO_BOARD = refuse(107, "Invalid board");
const REFUSALS: Readonly<Record<Refusal, Answer>> = {
  asleep: refuse(CODE_REFUSED, "Not possible while curtailed"),
  starting: refuse(CODE_REFUSED, "Not possible while starting"),
  off: refuse(CODE_REFUSED, "No power"),
  "no-board": NO_BOARD,
  "out-of-range": refuse(CODE_REFUSED, "Value outside the limits"),
};

const report = (code: number, message: string, name: string, items: readonly Item[]): Answer => ({
  status: "S",
  code,
  message,
  section: { name, items },
});

const numberOf = (text: string): number => (/^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN);
const indexOf = (text: string | undefined): number => (text !== undefined && /^\d$/.test(text) ? Number(text) : -1);
