import type { Asic, Refusal } from "./asic.ts";
import { settingFor } from "./between.ts";
import type { WebAnswer, WebRequest } from "./http-server.ts";
import { json } from "./http-server.ts";
import type { SimClock, SimMachine } from "./machine.ts";
import type { SimPoint } from "./model.ts";
import { pointOf } from "./model.ts";
import type { Random } from "./random.ts";
import { Tuner } from "./tuner.ts";
import { infoOf, perfOf, presetName, presetsOf, settingsOf, statusOf, summaryOf, type VnishState } from "./vnish-reports.ts";

export const VNISH_PASSWORD = "admin";
/** A token ends this long after it was given, and with the machine's restart. */
const TOKEN_MS = 3_600_000;
/** The first version with a live throttle. */
const THROTTLE_FROM = "1.3.3";

type Route = (body: unknown) => WebAnswer;

/** VNish as it speaks on its web port: reports for everybody, settings and orders for who has unlocked it. */
export class VnishFirmware {
  readonly #machine: SimMachine;
  readonly #clock: SimClock;
  readonly #random: Random;
  readonly #version: string;
  readonly #tuner = new Tuner();
  #password = VNISH_PASSWORD;
  #token: { readonly text: string; readonly until: number; readonly starts: number } | null = null;
  /** What the settings say; it runs at `asic.profile` until mining restarts. */
  #preset: string;
  /** Clocks and volts by hand, when the preset is "disabled". */
  #manual: SimPoint | null = null;
  readonly #walks: boolean;
  /** Its lamp blinks. */
  #finding = false;
  /** Holds as long as the mining process it was set for. */
  #throttle: { readonly percent: number; readonly since: number } | null = null;

  /** `by`: how it is set, and whether clocks and volts then wait for a restart. */
  constructor(place: { readonly machine: SimMachine; readonly clock: SimClock; readonly random: Random }, version = "1.3.4", by: "preset" | "hand" | "hand, live" = "preset") {
    this.#machine = place.machine;
    this.#clock = place.clock;
    this.#random = place.random;
    this.#version = version;
    this.#preset = place.machine.firmware.profile;
    this.#walks = by === "hand, live";
    if (by !== "preset") this.#manual = { ...pointOf(place.machine.firmware.model, this.#preset) };
  }

  /** As somebody at its web interface does. */
  changePassword(password: string): void {
    this.#password = password;
    this.#token = null;
  }

  answer(request: WebRequest): WebAnswer {
    this.#tuner.look(this.#asic);
    const [, path] = /^\/api\/v1(\/.*)$/.exec(request.path) ?? [];
    const open = this.#open().get(`${request.method} ${path}`);
    const locked = this.#locked().get(`${request.method} ${path}`);
    const route = open ?? locked;
    if (route === undefined) return json(404, { err: "Not found" });
    if (open === undefined && !this.#holds(request.headers.authorization)) return json(401, { err: "Unauthorized" });
    const body = parse(request.body);
    return body === INVALID ? json(400, { err: "Invalid JSON" }) : route(body);
  }

  get #asic(): Asic {
    return this.#machine.firmware;
  }

  get #state(): VnishState {
    return { version: this.#version, preset: this.#preset, manual: this.#manual, percent: this.#percent, throttles: this.#throttles, finding: this.#finding, stateMs: this.#asic.uptimeMs };
  }

  get #throttles(): boolean {
    return this.#version >= THROTTLE_FROM;
  }

  get #percent(): number {
    return this.#throttle !== null && this.#throttle.since === this.#minedSince ? this.#throttle.percent : 100;
  }

  /** When the mining process started: the identity of a run. */
  get #minedSince(): number {
    const asic = this.#asic;
    return Math.round(asic.now - asic.uptimeMs);
  }

  #open(): Map<string, Route> {
    return new Map<string, Route>([
      ["POST /unlock", (body) => this.#unlock(body)],
      ["GET /info", () => json(200, infoOf(this.#asic, this.#machine.id, this.#version))],
      ["GET /summary", () => json(200, summaryOf(this.#asic, this.#machine.id, this.#state))],
      ["GET /perf-summary", () => json(200, perfOf(this.#asic, this.#state))],
      ["GET /status", () => json(200, statusOf(this.#asic, this.#state))],
    ]);
  }

  #locked(): Map<string, Route> {
    const routes = new Map<string, Route>([
      ["GET /settings", () => json(200, settingsOf(this.#machine.id, this.#state))],
      ["GET /autotune/presets", () => json(200, presetsOf(this.#asic.model))],
      ["POST /settings", (body) => this.#settings(body)],
      ["POST /mining/pause", () => this.#taken(this.#asic.sleep())],
      ["POST /mining/stop", () => this.#taken(this.#asic.sleep())],
      ["POST /mining/resume", () => this.#taken(this.#asic.wake())],
      ["POST /mining/start", () => this.#taken(this.#asic.wake())],
      ["POST /mining/restart", () => this.#restart()],
      ["POST /find-miner", (body) => this.#find(body)],
      ["POST /system/reboot", () => ({ ...json(200, {}), after: () => this.#machine.reboot() })],
    ]);
    if (this.#throttles) routes.set("POST /mining/throttle", (body) => this.#setThrottle(body));
    return routes;
  }

  #find(body: unknown): WebAnswer {
    this.#finding = at(body, "on") === true;
    return json(200, { on: this.#finding });
  }

  #unlock(body: unknown): WebAnswer {
    if (at(body, "pw") !== this.#password) return json(403, { err: "Incorrect password" });
    const text = Array.from({ length: 32 }, () => Math.floor(this.#random() * 36).toString(36)).join("");
    this.#token = { text, until: this.#clock.now() + TOKEN_MS, starts: this.#asic.starts };
    return json(200, { token: text });
  }

  #holds(authorization: string | undefined): boolean {
    const token = this.#token;
    if (token === null || this.#clock.now() > token.until || this.#asic.starts !== token.starts) return false;
    return authorization === token.text || authorization === `Bearer ${token.text}`;
  }

  #setThrottle(body: unknown): WebAnswer {
    const percent = at(body, "percent");
    if (typeof percent !== "number" || !Number.isInteger(percent) || percent < 20 || percent > 100) return json(400, { err: "percent must be from 20 to 100" });
    if (this.#asic.state === "starting") return json(400, { err: "Miner is not ready" });
    this.#throttle = { percent, since: this.#minedSince };
    this.#tuner.aim(this.#asic, this.#throttledTo(percent));
    return { ...json(200, {}), write: true };
  }

  #throttledTo(percent: number): SimPoint {
    const { model, profile } = this.#asic;
    return settingFor(model, (pointOf(model, profile).powerW * percent) / 100);
  }

  #settings(body: unknown): WebAnswer {
    const overclock = at(at(body, "miner"), "overclock");
    const name = at(overclock, "preset");
    if (name === "disabled") return this.#setByHand(at(overclock, "globals"));
    if (typeof name !== "string") return json(400, { err: "no preset" });
    const point = this.#asic.model.points.find((candidate) => presetName(candidate) === name);
    if (point === undefined) return json(400, { err: "Unknown preset" });
    this.#preset = point.id;
    this.#manual = null;
    return { ...json(200, { restart_required: this.#preset !== this.#asic.profile, reboot_required: false }), write: true };
  }

  /** Volts in hundredths, as the settings say them. */
  #setByHand(globals: unknown): WebAnswer {
    const [freq, volt] = [at(globals, "freq"), at(globals, "volt")];
    const { limits } = this.#asic.model;
    if (typeof freq !== "number" || typeof volt !== "number") return json(400, { err: "no globals" });
    if (freq < limits.frequencyMinMHz || freq > limits.frequencyMaxMHz || volt * 10 < limits.voltageMinMV || volt * 10 > limits.voltageMaxMV) return json(400, { err: "out of range" });
    const manual: SimPoint = { id: `${freq}@${volt}`, frequencyMHz: freq, voltageMV: volt * 10, powerW: 0, hashrateThs: 0 };
    const waits = !this.#walks || this.#tuner.aim(this.#asic, manual) !== null;
    this.#manual = manual;
    if (!waits) this.#asic.keepProfile(manual);
    return { ...json(200, { restart_required: waits, reboot_required: false }), write: true };
  }

  #restart(): WebAnswer {
    const asic = this.#asic;
    this.#tuner.forget();
    const asleep = asic.state === "asleep";
    const refusal = asic.restartMining(this.#manual ?? pointOf(asic.model, this.#preset));
    return this.#taken(refusal ?? (asleep ? asic.wake() : null));
  }

  #taken(refusal: Refusal | null): WebAnswer {
    return refusal === null ? { ...json(200, {}), write: true } : json(400, { err: `Miner is ${refusal}` });
  }
}

const INVALID = Symbol("invalid");

function parse(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return INVALID;
  }
}

const at = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
