import type { Asic } from "./asic.ts";
import { at, bodyOf } from "./form.ts";
import type { WebAnswer, WebRequest } from "./http-server.ts";
import { json } from "./http-server.ts";
import { macOf, summaryItem } from "./luxos-reports.ts";
import type { SimMachine } from "./machine.ts";
import { defaultPointOf, type SimPoint } from "./model.ts";

/** AxeOS: settings are stored first and followed at once; nobody has to log in. */
export class AxeosFirmware {
  readonly #machine: SimMachine;
  readonly #version: string;
  #stored: SimPoint;

  constructor({ machine }: { readonly machine: SimMachine }, version = "v2.14.1") {
    this.#machine = machine;
    this.#version = version;
    this.#stored = defaultPointOf(machine.firmware.model);
  }

  answer({ method, path, body }: WebRequest): WebAnswer {
    switch (`${method} ${path}`) {
      case "GET /api/system/info":
        return json(200, this.#info());
      case "GET /api/system/asic":
        return json(200, this.#chip());
      case "PATCH /api/system":
        return this.#patch(bodyOf(body));
      case "POST /api/system/pause":
        return this.#pauses ? this.#took(this.#asic.sleep()) : json(404, { error: "Not found" });
      case "POST /api/system/resume":
        return this.#pauses ? this.#took(this.#asic.wake()) : json(404, { error: "Not found" });
      case "POST /api/system/restart":
        return { status: 200, body: "System will restart shortly.", after: () => this.#machine.reboot() };
      default:
        return { status: 404, body: "Not found" };
    }
  }

  get #asic(): Asic {
    return this.#machine.firmware;
  }

  get #pauses(): boolean {
    return Number(/\.(\d+)/.exec(this.#version)?.[1]) >= 14;
  }

  #patch(settings: unknown): WebAnswer {
    const [frequency, voltage] = [at(settings, "frequency") ?? this.#stored.frequencyMHz, at(settings, "coreVoltage") ?? this.#stored.voltageMV];
    if (typeof frequency !== "number" || typeof voltage !== "number" || !(frequency > 0) || !(voltage > 0)) return json(400, { error: "Wrong API input" });
    this.#stored = { ...this.#stored, frequencyMHz: frequency, voltageMV: voltage };
    if (this.#asic.state === "asleep") this.#asic.restartMining(this.#stored);
    else this.#asic.setProfile(this.#stored);
    return { status: 200, body: "", write: true };
  }

  #took(refusal: string | null): WebAnswer {
    // A chip that slept climbs to what is stored.
    if (refusal === null && this.#asic.state !== "asleep") this.#asic.setProfile(this.#stored);
    return refusal === null ? { status: 200, body: "", write: true } : json(400, { error: refusal });
  }

  #info(): unknown {
    const asic = this.#asic;
    const { fast, slow } = asic.reportedThs;
    const { Accepted: accepted, Rejected: rejected } = summaryItem(asic, 0);
    const asleep = asic.state === "asleep";
    const [board] = asic.boards;
    return {
      power: Math.round(asic.powerW * asic.unit.selfReport * 100) / 100,
      voltage: 5_050,
      current: Math.round(asic.powerW * 198),
      temp: Math.round(board?.chipC ?? 0),
      vrTemp: Math.round(board?.temperatureC ?? 0),
      maxPower: 40,
      nominalVoltage: 5,
      hashRate: asleep ? 0 : fast * 1_000,
      hashRate_1h: slow * 1_000,
      expectedHashrate: asic.model.physics.thsPerMhz * this.#stored.frequencyMHz * 1_000,
      frequency: this.#stored.frequencyMHz,
      coreVoltage: this.#stored.voltageMV,
      coreVoltageActual: asleep ? 0 : Math.round(asic.voltageMV),
      ...(this.#pauses && { miningPaused: asleep }),
      sharesAccepted: accepted,
      sharesRejected: rejected,
      uptimeSeconds: Math.floor(asic.uptimeMs / 1000),
      smallCoreCount: 2_040,
      ASICModel: /Gamma/.test(asic.model.name) ? "BM1370" : "BM1368",
      deviceModel: asic.model.name.replace(/^Bitaxe | \d+$/g, ""),
      boardVersion: /\d+$/.exec(asic.model.name)?.[0] ?? "",
      stratumURL: "pool.invalid",
      stratumPort: 3_333,
      stratumUser: `rig.${this.#machine.id}`,
      version: this.#version,
      axeOSVersion: this.#version,
      hostname: this.#machine.id,
      macAddr: macOf(this.#machine.id).toUpperCase(),
      overheat_mode: 0,
      fanrpm: asic.tachometer(0, 4_200),
    };
  }

  #chip(): unknown {
    const { points, name } = this.#asic.model;
    const { frequencyMHz, voltageMV } = defaultPointOf(this.#asic.model);
    return {
      ASICModel: /Gamma/.test(name) ? "BM1370" : "BM1368",
      deviceModel: name.replace(/^Bitaxe | \d+$/g, ""),
      asicCount: 1,
      defaultFrequency: frequencyMHz,
      frequencyOptions: points.map((point) => point.frequencyMHz),
      defaultVoltage: voltageMV,
      voltageOptions: points.map((point) => point.voltageMV),
    };
  }
}
