import type { Asic, Refusal, Start } from "./asic.ts";
import { at, bodyOf } from "./form.ts";
import type { WebAnswer, WebRequest } from "./http-server.ts";
import { json } from "./http-server.ts";
import { fanItems, macOf, summaryItem } from "./luxos-reports.ts";
import type { SimMachine } from "./machine.ts";
import { defaultPointOf, type SimPoint } from "./model.ts";

export const EPIC_PASSWORD = "letmein";
export const EPIC_START: Start = { downMs: 20_000, climbMs: 40_000 };
const SOFTWARE = "PowerPlay-BM v1.30.0";
const BOARD_TEMPERATURE_MOST = 95;

/** PowerPlay: HTTP on the port where others have cgminer's, every order with the password in its body. */
export class EpicFirmware {
  readonly #machine: SimMachine;
  #password = EPIC_PASSWORD;
  #setting: SimPoint;
  #tuning = false;

  constructor({ machine }: { readonly machine: SimMachine }) {
    this.#machine = machine;
    this.#setting = defaultPointOf(machine.firmware.model);
  }

  /** As somebody at its dashboard does. */
  changePassword(password: string): void {
    this.#password = password;
  }

  /** Its own tuner, as somebody at its dashboard starts it. */
  startTuner(): void {
    this.#tuning = true;
  }

  answer({ method, path, body }: WebRequest): WebAnswer {
    if (method === "GET") {
      if (path === "/") return { status: 200, headers: { "content-type": "text/html" }, body: "<html><title>Miner Web Dashboard</title></html>" };
      if (path === "/summary") return json(200, this.#summary());
      if (path === "/capabilities") return json(200, this.#capabilities());
      if (path === "/network") return json(200, { dhcp: { mac_address: macOf(this.#machine.id), address: "127.0.0.1" } });
      return json(404, { result: false, error: "InvalidUrl" });
    }
    const request = bodyOf(body);
    if (at(request, "password") !== this.#password) return json(200, { result: false, error: "BadPassword" });
    return this.#order(path, at(request, "param"));
  }

  get #asic(): Asic {
    return this.#machine.firmware;
  }

  #order(path: string, param: unknown): WebAnswer {
    switch (path) {
      case "/tune":
        return this.#tune(Number(at(param, "clks")), Math.round(Number(at(param, "voltage")) * 1000));
      case "/perpetualtune":
        this.#tuning = param === true;
        return json(200, { result: true, error: null });
      case "/miner":
        return this.#took(param === "Stop" ? this.#asic.sleep() : this.#asic.wake());
      case "/reboot":
        return { ...json(200, { result: true, error: null }), after: () => this.#machine.reboot() };
      default:
        return json(404, { result: false, error: "InvalidUrl" });
    }
  }

  /** Asleep it is kept for the next start. */
  #tune(frequencyMHz: number, voltageMV: number): WebAnswer {
    const { limits } = this.#asic.model;
    if (!(frequencyMHz >= limits.frequencyMinMHz && frequencyMHz <= 1_000) || !(voltageMV >= limits.voltageMinMV && voltageMV <= 15_000)) return json(200, { result: false, error: "MissingParam" });
    if (this.#tuning) return json(200, { result: false, error: { LastCmdStillPending: "PerpetualTune" } });
    const setting = { ...this.#setting, frequencyMHz, voltageMV };
    if (this.#asic.state === "asleep") this.#asic.restartMining(setting);
    else {
      const refusal = this.#asic.setProfile(setting);
      if (refusal !== null) return this.#took(refusal);
    }
    this.#setting = setting;
    return this.#took(null);
  }

  #took(refusal: Refusal | null): WebAnswer {
    return refusal === null ? { ...json(200, { result: true, error: null }), write: true } : json(200, { result: false, error: { UnknownError: refusal } });
  }

  #summary(): unknown {
    const asic = this.#asic;
    const { boards, reportedThs, state } = asic;
    const { Accepted: accepted, Rejected: rejected } = summaryItem(asic, 0);
    const words = { hashing: "Mining", ramping: "AdjustingClockVoltage", asleep: "Idling", starting: "Initializing", off: "Idling", fault: "Mining" } as const;
    const on = boards.filter((board) => board.enabled).length;
    return {
      Status: { "Operating State": words[state], "Last Command": null, "Last Command Result": null, "Last Error": state === "fault" ? "NoHashboardsEnabled" : null },
      Hostname: this.#machine.id,
      Software: SOFTWARE,
      Stratum: { "Current Pool": "stratum+tcp://pool.invalid:3333", "Current User": `rig.${this.#machine.id}`, IsPoolConnected: state === "hashing" || state === "ramping" },
      Session: { Uptime: Math.floor(asic.uptimeMs / 1000), Accepted: accepted, Rejected: rejected, "Average MHs": reportedThs.average * 1e6, "Active HBs": on },
      "Power Supply Stats": { "Input Power": asic.reportedW, "Output Voltage": asic.voltageMV / 1000, "Target Voltage": Math.round(this.#setting.voltageMV) },
      "Fans Rpm": Object.fromEntries(fanItems(asic).map((fan, index) => [`Fans Speed ${index + 1}`, Number(fan["RPM"])])),
      HBs: boards.map((board, Index) => ({
        Index,
        "Input Voltage": board.voltageMV / 1000,
        "Output Voltage": board.voltageMV / 1000,
        "Core Clock Avg": board.frequencyMHz,
        Hashrate: [board.enabled ? (reportedThs.fast * 1e6) / Math.max(1, on) : 0, 100],
        Temperature: Math.min(BOARD_TEMPERATURE_MOST, Math.round(board.temperatureC)),
      })),
      PerpetualTune: { Running: this.#tuning, Algorithm: {} },
      Misc: { "Locate Miner State": false, "Shutdown Temp": 85, "Critical Temp": 95 },
    };
  }

  #capabilities(): unknown {
    const { model } = this.#asic;
    const { frequencyMHz, voltageMV, hashrateThs } = defaultPointOf(model);
    return {
      Model: model.name,
      "Model Subtype": null,
      "Default Clock": frequencyMHz,
      "Default Voltage": voltageMV,
      "Default Hashrate": Math.round(hashrateThs),
      "Max HBs": model.boards,
      "Board Serial Numbers": this.#asic.boards.map((_, index) => `SIM-${this.#machine.id}-${index}`),
      "Miner Serial Number": `SIM-${this.#machine.id}`,
      "Psu Info": { "PSU Type": 1, FW: 1, "Min Vout": model.limits.voltageMinMV, "Max Vout": model.limits.voltageMaxMV, "True Power": true },
    };
  }
}
