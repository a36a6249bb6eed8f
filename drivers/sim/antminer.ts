import { poolItems, statsItems, summaryItem, versionItem, withoutComma } from "./antminer-reports.ts";
import type { Asic, Start } from "./asic.ts";
import type { Answer, Firmware, Item } from "./cgminer-answer.ts";
import { INVALID_COMMAND } from "./cgminer-answer.ts";
import { DigestGuard } from "./http-digest.ts";
import type { WebAnswer, WebRequest } from "./http-server.ts";
import { json } from "./http-server.ts";
import type { SimClock, SimMachine } from "./machine.ts";
import type { SimPoint } from "./model.ts";
import { defaultPointOf } from "./model.ts";
import type { Random } from "./random.ts";

export const ANTMINER_PASSWORD = "root";
/** Where some firmwares tell what the supply measures. */
export const ANTMINER_POWER_PORT = 6060;
/** Half a minute of nothing, two minutes of climbing. What follows is in parts of that half minute, so that it shrinks with it. */
export const ANTMINER_START: Start = { downMs: 30_000, climbMs: 120_000 };
/** 21 s until set_miner_conf.cgi answers; 60 s until a machine put to sleep leaves off; a setting that comes during a start waits. */
const ANSWER = 0.7;
const LEAVE_OFF = 2;
const RETRY = 0.1;

interface Pool {
  readonly url: string;
  readonly user: string;
  readonly pass: string;
}

type Configuration = Record<string, unknown> & { pools: readonly Pool[] };

const MODE_SLEEP = "1";

/** Stock firmware: bmminer on 4028, which only tells, and the web interface, which has the configuration. */
export class AntminerFirmware implements Firmware {
  readonly description = "cgminer 1.0.0";
  readonly joins = false;
  readonly reports: ReadonlySet<string>;
  readonly commands: ReadonlySet<string>;
  readonly guard: DigestGuard;
  readonly #machine: SimMachine;
  readonly #clock: SimClock;
  readonly #table: ReadonlyMap<string, () => Answer>;
  #configuration: Configuration;
  #blinking = false;
  #pending: NodeJS.Timeout | null = null;

  constructor({ machine, clock, random }: { readonly machine: SimMachine; readonly clock: SimClock; readonly random: Random }) {
    this.#machine = machine;
    this.#clock = clock;
    this.guard = new DigestGuard(ANTMINER_PASSWORD, { realm: "antMiner Configuration", username: "root", clock, random });
    this.#configuration = delivered(machine.id, this.#asic);
    this.#table = new Map([
      ["version", () => report(22, "CGMiner versions", "VERSION", [versionItem(this.#asic)])],
      ["summary", () => report(11, "Summary", "SUMMARY", [summaryItem(this.#asic)])],
      ["stats", () => report(70, "CGMiner stats", "STATS", statsItems(this.#asic))],
      ["pools", () => report(7, "3 Pool(s)", "POOLS", poolItems(this.#asic, this.#configuration.pools))],
    ]);
    this.reports = this.commands = new Set(this.#table.keys());
  }

  seconds(): number {
    return Math.floor(this.#clock.wall() / 1000);
  }

  answer(command: string): Answer {
    return this.#table.get(command)?.() ?? INVALID_COMMAND;
  }

  garble(command: string, text: string): string {
    return command === "stats" ? withoutComma(text) : text;
  }

  web(request: WebRequest): WebAnswer {
    const refused = this.guard.check(request);
    if (refused !== null) return refused;
    switch (`${request.method} ${request.path}`) {
      case "GET /cgi-bin/get_miner_conf.cgi":
        return json(200, this.#configuration);
      case "POST /cgi-bin/set_miner_conf.cgi":
        return this.#configure(request.body);
      case "GET /cgi-bin/get_system_info.cgi":
        return json(200, { minertype: this.#asic.model.name, hostname: this.#machine.id, firmware_type: "Release", Algorithm: "sha256d" });
      case "POST /cgi-bin/blink.cgi":
        return this.#blink(request.body);
      case "GET /cgi-bin/get_blink_status.cgi":
        return json(200, { blink: this.#blinking });
      case "GET /cgi-bin/reboot.cgi":
        return { status: 200, body: null, after: () => this.#machine.reboot() };
      default:
        return { status: 404, headers: { "content-type": "text/html" }, body: "<html><body><h1>404 Not Found</h1></body></html>" };
    }
  }

  powerPort({ method, path }: WebRequest): WebAnswer {
    if (method !== "GET" || path !== "/miner_power") return { status: 404, body: null };
    return { status: 200, headers: { "content-type": "text/plain" }, body: `miner power:${Math.round(this.#asic.powerW)}\n` };
  }

  get #asic(): Asic {
    return this.#machine.firmware;
  }

  /** Takes it as a whole: pools that are not in it are gone. It acts under the names of the web page, and is read under others. */
  #configure(body: string): WebAnswer {
    const given = objectIn(body);
    if (given === null) return json(200, { stats: "error", code: "M001", msg: "Invalid configuration" });
    const kept = this.#configuration;
    this.#configuration = {
      ...kept,
      pools: Array.isArray(given["pools"]) ? (given["pools"] as Pool[]) : [],
      "bitmain-fan-ctrl": given["bitmain-fan-ctrl"] ?? false,
      "bitmain-fan-pwm": given["bitmain-fan-pwm"] ?? "100",
      "bitmain-work-mode": textOf(given["miner-mode"], "0"),
      "bitmain-freq-level": textOf(given["freq-level"], "100"),
    };
    this.#settle(this.#sleeps ? LEAVE_OFF : 0);
    return { ...json(200, { stats: "success", code: "M000", msg: "OK!" }), write: true, delayMs: ANSWER * this.#downMs };
  }

  get #sleeps(): boolean {
    return this.#configuration["bitmain-work-mode"] === MODE_SLEEP;
  }

  get #downMs(): number {
    return (this.#asic.start ?? ANTMINER_START).downMs;
  }

  /** The newest configuration acts after so many parts of a start; the one before it does not any more. */
  #settle(parts: number): void {
    if (this.#pending !== null) clearTimeout(this.#pending);
    this.#pending = null;
    if (parts === 0) this.#act();
    else this.#pending = setTimeout(() => this.#act(), parts * this.#downMs).unref();
  }

  #act(): void {
    const asic = this.#asic;
    if (this.#sleeps) {
      if (asic.sleep() === "starting") this.#settle(RETRY);
      return;
    }
    if (asic.restartMining(this.#setting()) === "starting") this.#settle(RETRY);
    else asic.wake();
  }

  /** A level lowers the clock and leaves the voltage. */
  #setting(): SimPoint {
    const full = defaultPointOf(this.#asic.model);
    const percent = Math.min(100, Math.max(50, Number(this.#configuration["bitmain-freq-level"])));
    if (!(percent < 100)) return full;
    const part = percent / 100;
    return { ...full, id: `${percent}%`, frequencyMHz: full.frequencyMHz * part, powerW: full.powerW * part, hashrateThs: full.hashrateThs * part };
  }

  #blink(body: string): WebAnswer {
    const wanted = objectIn(body)?.["blink"];
    if (typeof wanted !== "boolean") return json(200, { stats: "error", code: "B001", msg: "Invalid" });
    this.#blinking = wanted;
    return json(200, { stats: "success", code: wanted ? "B000" : "B100" });
  }
}

const delivered = (id: string, { model }: Asic): Configuration => ({
  pools: [1, 2, 3].map((rank) => ({ url: `stratum+tcp://pool-${rank}.invalid:3333`, user: `rig.${id}`, pass: "x" })),
  "api-listen": true,
  "api-network": true,
  "api-groups": "A:stats:pools:devs:summary:version",
  "api-allow": "A:0/0,W:*",
  "bitmain-fan-ctrl": false,
  "bitmain-fan-pwm": "100",
  "bitmain-use-vil": true,
  "bitmain-freq": String(Math.round(defaultPointOf(model).frequencyMHz)),
  "bitmain-voltage": String(Math.round(defaultPointOf(model).voltageMV / 10)),
  "bitmain-work-mode": "0",
  "bitmain-freq-level": "100",
});

const report = (code: number, message: string, name: string, items: readonly Item[]): Answer => ({ status: "S", code, message, section: { name, items } });

const textOf = (value: unknown, otherwise: string): string => (typeof value === "string" || typeof value === "number" ? String(value) : otherwise);

function objectIn(body: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? (parsed as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
