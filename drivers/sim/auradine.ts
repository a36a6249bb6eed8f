import type { Asic, Start } from "./asic.ts";
import { settingFor } from "./between.ts";
import type { Answer, Firmware, Item } from "./cgminer-answer.ts";
import { INVALID_COMMAND } from "./cgminer-answer.ts";
import { at, bodyOf } from "./form.ts";
import type { WebAnswer, WebRequest } from "./http-server.ts";
import { json } from "./http-server.ts";
import { fanItems, macOf, poolItem, summaryItem } from "./luxos-reports.ts";
import type { SimClock, SimMachine } from "./machine.ts";
import { defaultPointOf } from "./model.ts";
import type { Random } from "./random.ts";
import { Tuner } from "./tuner.ts";

export const AURADINE_PASSWORD = "admin";
export const AURADINE_START: Start = { downMs: 30_000, climbMs: 60_000 };
const VERSION = "2025-06.18";
const TOKEN_MS = 600_000;

/** FluxOS: GCMiner's reports on 4028, and everything else over HTTP in the same envelope, with a token. */
export class AuradineFirmware implements Firmware {
  readonly description = `GCMiner-${VERSION}`;
  readonly reports: ReadonlySet<string>;
  readonly commands: ReadonlySet<string>;
  readonly #machine: SimMachine;
  readonly #clock: SimClock;
  readonly #random: Random;
  readonly #tuner = new Tuner();
  readonly #table: ReadonlyMap<string, () => Answer>;
  #token: { readonly text: string; readonly until: number; readonly starts: number } | null = null;
  #target: number | null = null;
  #led = 2;

  constructor({ machine, clock, random }: { readonly machine: SimMachine; readonly clock: SimClock; readonly random: Random }) {
    this.#machine = machine;
    this.#clock = clock;
    this.#random = random;
    const { id } = machine;
    this.#table = new Map<string, () => Answer>([
      ["version", () => report(22, "GCMiner versions", "VERSION", [{ GCMiner: VERSION, API: "1.0" }])],
      ["summary", () => report(11, "Summary", "SUMMARY", [this.#summary()])],
      ["devs", () => report(9, "3 Dev(s)", "DEVS", this.#devices())],
      ["devdetails", () => report(69, "Device Details", "DEVDETAILS", [{ DEVDETAILS: 0, ID: 1, Name: "ASICBoard", Driver: "ASICBoard", Model: modelOf(this.#asic) }])],
      ["pools", () => report(7, "1 Pool(s)", "POOLS", [poolItem(this.#asic, id)])],
    ]);
    this.reports = this.commands = new Set(this.#table.keys());
  }

  seconds(): number {
    return Math.floor(this.#clock.wall() / 1000);
  }

  answer(command: string): Answer {
    this.#tuner.look(this.#asic);
    return this.#table.get(command)?.() ?? INVALID_COMMAND;
  }

  web({ method, path, headers, body }: WebRequest): WebAnswer {
    this.#tuner.look(this.#asic);
    const command = path.slice(1);
    const request = bodyOf(body);
    if (method === "POST" && command === "token") return this.#login(request);
    if (!this.#holds(headers["token"])) return json(401, this.#envelope("E", 401, "Token expired"));
    if (method === "POST") return this.#order(command, request);
    const section = this.#sections().get(command);
    return section === undefined ? json(200, this.#envelope("E", 14, "Invalid command")) : json(200, { ...this.#envelope("S", section.code, command), [section.name]: section.items, id: 1 });
  }

  get #asic(): Asic {
    return this.#machine.firmware;
  }

  #sections(): Map<string, { readonly name: string; readonly code: number; readonly items: readonly unknown[] }> {
    const asic = this.#asic;
    const { id } = this.#machine;
    const mode = this.#target === null ? { Mode: "normal" } : { Mode: "custom", Power: this.#target };
    const volts = `${(asic.voltageMV / 1000).toFixed(2)}V`;
    return new Map([
      ["mode", { name: "Mode", code: 540, items: [{ ...mode, Sleep: asic.curtailed ? "on" : "off" }] }],
      ["psu", { name: "PSU", code: 570, items: [{ VoutSet: volts, Vin: "245.00V", Vout: volts, PowerIn: `${asic.reportedW.toFixed(2)}W`, PoutMax: "3600.00W" }] }],
      ["frequency", { name: "Frequency", code: 640, items: asic.boards.map((board, index) => ({ ID: index + 1, Name: `Hash Board ${index + 1}`, ChipFrequency: [0, 1, 2].map((chip) => ({ ID: chip, Frequency: board.frequencyMHz })) })) }],
      ["fan", { name: "Fan", code: 580, items: fanItems(asic).map((fan, index) => ({ ID: index, Speed: Number(fan["RPM"]) })) }],
      ["led", { name: "LED", code: 560, items: [{ Code: this.#led }] }],
      ["ipreport", {
        name: "IPReport", code: 620,
        items: [{ command: "ipreport", SerialNo: `SIM-${id}`, mac: macOf(id), model: modelOf(asic), version: VERSION, hostname: id, HBSerialNo: asic.boards.map((_, index) => `SIM-${id}-${index}`) }],
      }],
    ]);
  }

  #order(command: string, request: unknown): WebAnswer {
    if (command === "restart") return { ...json(200, this.#envelope("S", 550, "Restarting")), after: () => this.#machine.reboot() };
    if (command === "led") {
      this.#led = Number(at(request, "code"));
      return json(200, this.#envelope("S", 561, "LED set"));
    }
    return command === "mode" ? this.#mode(request) : json(200, this.#envelope("E", 14, "Invalid command"));
  }

  #mode(request: unknown): WebAnswer {
    const sleep = at(request, "sleep");
    if (sleep !== undefined) {
      const refusal = sleep === "on" ? this.#asic.sleep() : this.#asic.wake();
      return refusal === null ? this.#took("Sleep mode set") : json(200, this.#envelope("E", 541, refusal));
    }
    const power = at(request, "power");
    const { points } = this.#asic.model;
    if (at(request, "tune") !== "power" || typeof power !== "number" || !(power >= (points[0]?.powerW ?? 0) * 0.9 && power <= (points.at(-1)?.powerW ?? 0) * 1.1)) return json(200, this.#envelope("E", 541, "Invalid parameter"));
    this.#target = power;
    // Asleep and starting it is kept for when it hashes.
    const setting = settingFor(this.#asic.model, power);
    if (this.#asic.state === "asleep") this.#asic.restartMining(setting);
    else this.#tuner.aim(this.#asic, setting);
    return this.#took("Operating mode set");
  }

  #took(message: string): WebAnswer {
    return { ...json(200, this.#envelope("S", 541, message)), write: true };
  }

  #login(request: unknown): WebAnswer {
    if (at(request, "user") !== "admin" || at(request, "password") !== AURADINE_PASSWORD) return json(200, this.#envelope("E", 511, "Invalid user or password"));
    const text = Array.from({ length: 32 }, () => Math.floor(this.#random() * 36).toString(36)).join("");
    this.#token = { text, until: this.#clock.now() + TOKEN_MS, starts: this.#asic.starts };
    return json(200, { ...this.#envelope("S", 510, "Token"), Token: [{ Token: text }] });
  }

  #holds(token: string | string[] | undefined): boolean {
    return this.#token !== null && token === this.#token.text && this.#clock.now() <= this.#token.until && this.#asic.starts === this.#token.starts;
  }

  #envelope(letter: "S" | "E", code: number, message: string) {
    return { STATUS: [{ STATUS: letter, When: this.seconds(), Code: code, Msg: message, Description: this.description }] };
  }

  #summary(): Item {
    const { fast, average } = this.#asic.reportedThs;
    const { "GHS 5s": _fast, "GHS av": _average, "GHS 30m": _slow, ...rest } = summaryItem(this.#asic, this.seconds());
    return { ...rest, "MHS 5s": fast * 1e6, "MHS av": average * 1e6, Wattage: this.#asic.reportedW };
  }

  #devices(): Item[] {
    const { boards, reportedThs, state } = this.#asic;
    const mining = state === "hashing" || state === "ramping";
    return boards.map((board, index) => ({ DEV: index + 1, Name: "ASICBoard", ID: index + 1, Enabled: board.enabled, Status: mining ? "Alive" : "Dead", Temperature: Math.round(board.temperatureC * 100) / 100, "MHS 5s": (reportedThs.fast * 1e6) / boards.length }));
  }
}

/** "AT1500". */
const modelOf = (asic: Asic): string => asic.model.name.split(" ").at(-1) ?? defaultPointOf(asic.model).id;
const report = (code: number, message: string, name: string, items: readonly Item[]): Answer => ({ status: "S", code, message, section: { name, items } });
