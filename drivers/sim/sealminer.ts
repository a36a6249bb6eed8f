import type { Asic, Start } from "./asic.ts";
import { settingFor } from "./between.ts";
import type { Answer, Firmware, Item } from "./cgminer-answer.ts";
import { INVALID_COMMAND } from "./cgminer-answer.ts";
import type { WebAnswer, WebRequest } from "./http-server.ts";
import { json } from "./http-server.ts";
import { fanItems, macOf, poolItem, summaryItem } from "./luxos-reports.ts";
import type { SimClock, SimMachine } from "./machine.ts";
import { defaultPointOf } from "./model.ts";
import type { Random } from "./random.ts";

export const SEALMINER_PASSWORD = "seal";
export const SEALMINER_START: Start = { downMs: 45_000, climbMs: 90_000 };
const BUILD = "2025091001";

/** bdminer on 4028, and a web interface that reboots: only then a power limit acts. */
export class SealminerFirmware implements Firmware {
  readonly description = "bdminer 1.4.0";
  readonly reports: ReadonlySet<string>;
  readonly commands: ReadonlySet<string>;
  readonly #machine: SimMachine;
  readonly #clock: SimClock;
  readonly #random: Random;
  readonly #table: ReadonlyMap<string, (parameter: string) => Answer>;
  #limit: number;
  #cookie: string | null = null;
  #led = "off";

  constructor({ machine, clock, random }: { readonly machine: SimMachine; readonly clock: SimClock; readonly random: Random }) {
    this.#machine = machine;
    this.#clock = clock;
    this.#random = random;
    this.#limit = Math.round(defaultPointOf(machine.firmware.model).powerW);
    const reports = new Map<string, () => Answer>([
      ["version", () => report(22, "BDMiner versions", "VERSION", { BDMiner: "1.4.0", API: "3.7" })],
      ["summary", () => report(11, "Summary", "SUMMARY", this.#summary())],
      ["stats", () => report(70, "BDMiner stats", "STATS", this.#stats())],
      ["devdetails", () => report(69, "Device Details", "DEVDETAILS", { DEVDETAILS: 0, Name: "BDM", ID: 0, Driver: "bdm", Model: this.#asic.model.name })],
      ["pools", () => report(7, "1 Pool(s)", "POOLS", poolItem(this.#asic, machine.id))],
    ]);
    this.reports = new Set(reports.keys());
    this.#table = new Map([
      ...reports,
      ["ascset", (parameter: string) => this.#ascset(parameter)],
      ["restart", () => ({ status: "S" as const, code: 46, message: "RESTART", unsaid: true as const, write: true, after: () => void (this.#asic.state === "asleep" ? this.#asic.wake() : this.#asic.restartMining()) })],
    ]);
    this.commands = new Set(this.#table.keys());
  }

  seconds(): number {
    return Math.floor(this.#clock.wall() / 1000);
  }

  answer(command: string, parameter: string): Answer {
    return this.#table.get(command)?.(parameter) ?? INVALID_COMMAND;
  }

  web({ method, path, headers, body }: WebRequest): WebAnswer {
    if (method === "POST" && path === "/cgi-bin/login.php") return this.#login(new URLSearchParams(body));
    if (path === "/") return { status: 200, headers: { "content-type": "text/html" }, body: '<html><link href="/amazeui.css"></html>' };
    if (this.#cookie === null || headers.cookie !== this.#cookie) return json(403, { error: "login first" });
    switch (`${method} ${path}`) {
      case "GET /cgi-bin/reboot.php":
        return { ...json(200, { status: "ok" }), after: () => this.#reboot() };
      case "POST /cgi-bin/led_conf.php":
        this.#led = /"on"/.test(body) ? "on" : "off";
        return json(200, { status: "ok" });
      case "GET /cgi-bin/get_system_info.php":
        return json(200, { macaddr: macOf(this.#machine.id), miner_type: this.#asic.model.name, firmware_version: BUILD, led: this.#led });
      default:
        return json(404, { error: "not found" });
    }
  }

  get #asic(): Asic {
    return this.#machine.firmware;
  }

  #ascset(parameter: string): Answer {
    const [, option = "", value = ""] = /^0,([a-z]+),?(.*)$/.exec(parameter) ?? [];
    if (option === "suspend") {
      const refusal = this.#asic.sleep();
      return refusal === null ? OK : failed(refusal);
    }
    const watts = Number(/"value"\s*:\s*"(\d+)"/.exec(value)?.[1]);
    const { points } = this.#asic.model;
    if (option !== "powerlimit" || !(watts >= (points[0]?.powerW ?? 0) * 0.9 && watts <= (points.at(-1)?.powerW ?? 0) * 1.1)) return failed(`Unknown option: ${option}`);
    this.#limit = watts;
    return OK;
  }

  /** What was suspended runs again. */
  #reboot(): void {
    this.#cookie = null;
    if (this.#asic.state === "asleep") this.#asic.wake();
    this.#asic.restartMining(settingFor(this.#asic.model, this.#limit));
    this.#machine.reboot();
  }

  #login(form: URLSearchParams): WebAnswer {
    if (form.get("username") !== "seal" || form.get("origin_pwd") !== SEALMINER_PASSWORD) return json(200, { status: "error" });
    this.#cookie = `PHPSESSID=${Math.floor(this.#random() * 1e15).toString(36)}`;
    return { ...json(200, { status: "ok" }), headers: { "set-cookie": `${this.#cookie}; path=/` } };
  }

  #summary(): Item {
    const { fast, average } = this.#asic.reportedThs;
    const { "GHS 5s": _fast, "GHS av": _average, "GHS 30m": _slow, ...rest } = summaryItem(this.#asic, this.seconds());
    return { ...rest, "MHS av": average * 1e6, "MHS 5s": fast * 1e6 };
  }

  #stats(): Item {
    const { boards, reportedThs, state, reportedW, uptimeMs, model } = this.#asic;
    const { id } = this.#machine;
    const word = { hashing: "Running", ramping: "Running", asleep: "Suspended", starting: "Initializing", off: "Suspended", fault: "Fault" }[state];
    const each = boards.flatMap((board, index): [string, string | number | boolean][] => [
      [`${index} Online`, board.enabled],
      [`${index} SN`, `SIM-${id}-${index}`],
      [`${index} Chip Count`, model.chipsPerBoard],
      [`${index} Bad Chip Count`, 0],
      [`${index} Freq`, Math.round(board.frequencyMHz)],
      [`${index} Temp 0`, Math.round(board.temperatureC - 6)],
      [`${index} Temp 1`, Math.round(board.temperatureC)],
      [`${index} MHS(Sample)`, (reportedThs.fast * 1e6) / boards.length],
      [`${index} Tune Status`, "Done"],
    ]);
    return {
      STATS: 0,
      ID: "BDM0",
      MAC: macOf(id),
      Firmware: BUILD,
      "Ctrl Board SN": `SIM-${id}`,
      "System Uptime": Math.floor(uptimeMs / 1000),
      "PM State": word,
      "Power Limit": this.#limit,
      "PSU Input Power": reportedW,
      "Board Count": boards.length,
      ...Object.fromEntries(each),
      "Fan Count": 4,
      ...Object.fromEntries(fanItems(this.#asic).map((fan, index) => [`${index} Speed`, Number(fan["RPM"])])),
      "Error Code": "",
    };
  }
}

const OK: Answer = { status: "S", code: 119, message: "ASC 0 set OK", write: true };
const failed = (message: string): Answer => ({ status: "E", code: 120, message: `ASC 0 set failed: ${message}` });
const report = (code: number, message: string, name: string, item: Item): Answer => ({ status: "S", code, message, section: { name, items: [item] } });
