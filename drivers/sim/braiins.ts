import type { Asic, Refusal } from "./asic.ts";
import { settingFor } from "./between.ts";
import { BraiinsReports } from "./braiins-cgminer.ts";
import { boardsOf, constraintsOf, detailsOf, modeOf, profilesOf, statsOf, tunerStateOf, type BraiinsState } from "./braiins-reports.ts";
import type { WebAnswer, WebRequest } from "./http-server.ts";
import { json } from "./http-server.ts";
import type { SimClock, SimMachine } from "./machine.ts";
import type { SimPoint } from "./model.ts";
import { defaultPointOf, lowestPointOf } from "./model.ts";
import type { Random } from "./random.ts";
import { Tuner } from "./tuner.ts";

export const BRAIINS_PASSWORD = "root";
/** A token ends this long after its last use, and with the machine's restart. */
const TOKEN_S = 3_600;
/** Without quick ramping a resumed machine climbs at the tuner's pace. */
const QUICK_UP_MS = 1_000;

type Route = (body: unknown) => WebAnswer;

/** Braiins OS: REST for who has logged in, and the cgminer reports for everybody. */
export class BraiinsFirmware {
  readonly reports: BraiinsReports;
  readonly #machine: SimMachine;
  readonly #clock: SimClock;
  readonly #random: Random;
  readonly #version: string;
  readonly #tuner = new Tuner();
  readonly #routes: ReadonlyMap<string, Route>;
  #password = BRAIINS_PASSWORD;
  #token: { readonly text: string; until: number; readonly starts: number } | null = null;
  #starts: number;
  /** Its lamp blinks. */
  #locating = false;
  /** Watts the tuner aims at; kept over restarts. */
  #target: number;
  /** Whether the boards are on their way to what they were told. */
  #aimed = true;
  /** Set by hand, the tuner off; kept over restarts. */
  #byHand: SimPoint | null = null;
  #ramping: { readonly up_s: number; readonly down_s: number } | null = null;

  constructor(place: { readonly machine: SimMachine; readonly clock: SimClock; readonly random: Random }, version = "25.07.1") {
    this.#machine = place.machine;
    this.#clock = place.clock;
    this.#random = place.random;
    this.#version = version;
    const asic = place.machine.firmware;
    this.#starts = asic.starts;
    this.#target = defaultPointOf(asic.model).powerW;
    this.reports = new BraiinsReports(place.machine, place.clock, () => this.#look());
    this.#routes = this.#restRoutes();
  }

  /** As somebody at its web interface does. */
  changePassword(password: string): void {
    this.#password = password;
    this.#token = null;
  }

  /** As an operator who switches the tuner off. */
  setByHand(point: SimPoint): void {
    this.#byHand = point;
    this.#aim();
  }

  answer(request: WebRequest): WebAnswer {
    const [, path] = /^\/api\/v1(\/.*)$/.exec(request.path) ?? [];
    // Before 25.07 the web server knew no such path.
    if (path === undefined || this.#version < "25.07") return { status: 404, headers: { "content-type": "text/html" }, body: "<html>Not found</html>" };
    this.#look();
    const body = parse(request.body);
    if (body === INVALID) return json(400, { message: "invalid JSON" });
    if (path === "/auth/login") return this.#login(body);
    const route = this.#routes.get(`${request.method} ${path}`);
    if (route === undefined) return json(404, { message: "no such resource" });
    return this.#holds(request.headers.authorization) ? route(body) : json(401, { message: "authorization required" });
  }

  get #asic(): Asic {
    return this.#machine.firmware;
  }

  get #state(): BraiinsState {
    return { version: this.#version, target: this.#target, byHand: this.#byHand };
  }

  /** What happens in the firmware without being asked: after a restart it goes back to what it was set to. */
  #look(): void {
    const asic = this.#asic;
    if (asic.starts !== this.#starts) this.#aimed = false;
    this.#starts = asic.starts;
    if (!this.#aimed) this.#aim();
    this.#tuner.look(asic);
  }

  /** A machine that does not run keeps what it was told for later. */
  #aim(): void {
    const { model } = this.#asic;
    this.#aimed = this.#tuner.aim(this.#asic, this.#byHand ?? settingFor(model, this.#target)) === null;
  }

  #wake(): WebAnswer {
    const refusal = this.#asic.wake(this.#climbMs);
    this.#aim();
    return taken(refusal);
  }

  #restRoutes(): Map<string, Route> {
    const { id } = this.#machine;
    return new Map<string, Route>([
      ["GET /miner/details", () => json(200, detailsOf(this.#asic, id, this.#state))],
      ["GET /miner/stats", () => json(200, statsOf(this.#asic))],
      ["GET /miner/hw/hashboards", () => json(200, { hashboards: boardsOf(this.#asic) })],
      ["GET /miner/errors", () => json(200, { errors: [] })],
      ["GET /configuration/constraints", () => json(200, constraintsOf(this.#asic.model))],
      ["GET /performance/tuner-state", () => json(200, tunerStateOf(this.#asic, this.#state))],
      ["GET /performance/mode", () => json(200, modeOf(this.#state))],
      ["GET /performance/target-profiles", () => json(200, profilesOf(this.#asic))],
      ["PUT /performance/power-target", (body) => this.#setTarget(body)],
      ["PUT /performance/mode", (body) => this.#setMode(body)],
      ["PUT /performance/quick-ramping", (body) => this.#setRamping(body)],
      ["PUT /actions/pause", () => taken(this.#asic.sleep())],
      ["PUT /actions/stop", () => taken(this.#asic.sleep())],
      ["PUT /actions/resume", () => this.#wake()],
      ["PUT /actions/start", () => this.#wake()],
      ["PUT /actions/locate", (body) => this.#locate(body)],
      ["GET /actions/locate", () => json(200, this.#locating)],
      ["PUT /actions/reboot", () => ({ status: 204, body: null, after: () => this.#machine.reboot() })],
    ]);
  }

  #locate(body: unknown): WebAnswer {
    if (typeof body !== "boolean") return json(400, { message: "true or false" });
    this.#locating = body;
    return json(200, body);
  }

  #login(body: unknown): WebAnswer {
    if (at(body, "username") !== "root" || at(body, "password") !== this.#password) return json(401, { message: "invalid credentials" });
    const text = Array.from({ length: 16 }, () => Math.floor(this.#random() * 36).toString(36)).join("");
    this.#token = { text, until: this.#clock.now() + TOKEN_S * 1000, starts: this.#asic.starts };
    return json(200, { token: text, timeout_s: TOKEN_S });
  }

  #holds(authorization: string | undefined): boolean {
    const token = this.#token;
    const now = this.#clock.now();
    if (token === null || now > token.until || this.#asic.starts !== token.starts || authorization !== token.text) return false;
    token.until = now + TOKEN_S * 1000;
    return true;
  }

  #setTarget(body: unknown): WebAnswer {
    const watt = at(body, "watt");
    const { model } = this.#asic;
    const { min, max } = constraintsOf(model).tuner_constraints.power_target;
    if (typeof watt !== "number" || !Number.isInteger(watt) || watt < min.watt || watt > max.watt) return json(400, { message: `power target must be from ${min.watt} to ${max.watt} W` });
    this.#target = watt;
    this.#byHand = null;
    this.#aim();
    return { ...json(200, { watt }), write: true };
  }

  #setMode(body: unknown): WebAnswer {
    const tuned = at(at(at(at(body, "tunermode"), "target"), "powertarget"), "power_target");
    if (tuned !== undefined) return this.#setTarget(tuned);
    const manual = at(body, "manualmode");
    const hertz = at(at(manual, "global_frequency"), "hertz");
    const volt = at(at(manual, "global_voltage"), "volt");
    const { limits } = this.#asic.model;
    if (typeof hertz !== "number" || typeof volt !== "number") return json(400, { message: "no frequency or no voltage" });
    const [frequencyMHz, voltageMV] = [hertz / 1e6, Math.round(volt * 1000)];
    const inside = frequencyMHz >= limits.frequencyMinMHz && frequencyMHz <= limits.frequencyMaxMHz && voltageMV >= limits.voltageMinMV && voltageMV <= limits.voltageMaxMV;
    if (!inside) return json(400, { message: "outside the constraints" });
    this.setByHand({ ...lowestPointOf(this.#asic.model), id: "by hand", frequencyMHz, voltageMV });
    return { ...json(200, modeOf(this.#state)), write: true };
  }

  #setRamping(body: unknown): WebAnswer {
    const [up_s, down_s] = [at(body, "up_s"), at(body, "down_s")];
    if (typeof up_s !== "number" || typeof down_s !== "number") return json(400, { message: "no times" });
    this.#ramping = { up_s, down_s };
    return json(200, this.#ramping);
  }

  get #climbMs(): number | null {
    return this.#ramping === null ? null : Math.min(this.#ramping.up_s * QUICK_UP_MS, 60_000);
  }
}

/** Whether it was already so is what it answers. */
function taken(refusal: Refusal | null): WebAnswer {
  return refusal === null ? { ...json(200, false), write: true } : json(500, { message: `miner is ${refusal}` });
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
