/** What the device has told about itself: firmware, preset and presets. Until it has, the model file speaks for it. */
import type { Capability, OperatingPoint } from "../../agent/core/model.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import { textAt, type JsonObject } from "../cgminer/json.ts";
import { PasswordError } from "../http/lockout.ts";
import { at } from "../http/path.ts";
import type { MinerModel } from "../models.ts";
import type { VnishTalk } from "./api.ts";
import { assumedPoints, capabilitiesOf, fullOf, presetPoints, throttlePoints } from "./points.ts";

/** The first with `POST /mining/throttle`. */
const THROTTLES_FROM = [1, 3, 3] as const;
/** Polls that ask for what may be missing before it is taken to be missing: each may cost a deadline. */
const TRIES = 3;

export class Identity {
  /** "1.3.4"; null before the first reading. */
  version: string | null = null;
  /** GH/s unless it says otherwise. */
  perTerahash = 1000;
  throttles = false;
  points: readonly OperatingPoint[];
  capabilities: readonly Capability[];
  readonly #model: MinerModel;
  #presetTries = TRIES;
  /** What `points` was made from. */
  #source = "";

  constructor(model: MinerModel) {
    this.#model = model;
    this.points = assumedPoints(model);
    this.capabilities = capabilitiesOf(this.points, model.sleepPower, false);
  }

  /** Throws a DeviceError where the device does not say what it is. */
  async learn(talk: VnishTalk): Promise<void> {
    if (this.version !== null) return;
    const info = await talk.get("/info");
    this.perTerahash = perTerahash(textAt(info, "hr_measure"));
    const version = textAt(info, "fw_version");
    if (version === null) throw new DeviceError("malformed", "GET /info: no fw_version; is this VNish?");
    this.throttles = isAtLeast(version, THROTTLES_FROM);
    this.version = version;
  }

  /** After a reading of the current preset. Points told by the device win over the file. */
  async learnPoints(perf: JsonObject, talk: VnishTalk): Promise<void> {
    if (this.throttles) {
      const full = fullOf(perf, this.#model);
      this.#offer(`${full.power} W, ${full.hashrate} TH/s`, () => throttlePoints(full));
    } else if (this.#presetTries > 0) {
      await this.#learnPresets(talk);
    }
  }

  /** It restarted, perhaps into another firmware. */
  forget(): void {
    this.version = null;
    this.#presetTries = TRIES;
  }

  async #learnPresets(talk: VnishTalk): Promise<void> {
    try {
      const presets = await talk.list("/autotune/presets");
      this.#presetTries = 0;
      const points = presetPoints(presets, this.#model);
      if (points.length > 0) this.#offer(JSON.stringify(points), () => points);
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      // A refused password keeps its own time.
      if (!(error instanceof PasswordError)) this.#presetTries--;
    }
  }

  #offer(source: string, points: () => readonly OperatingPoint[]): void {
    if (source === this.#source) return;
    this.#source = source;
    this.points = points();
    this.capabilities = capabilitiesOf(this.points, this.#model.sleepPower, this.throttles);
  }
}

export const presetName = (perf: JsonObject): string | null => textAt(at(perf, "current_preset"), "name");

function perTerahash(unit: string | null): number {
  const letter = unit?.trim().charAt(0).toUpperCase();
  return letter === "T" ? 1 : letter === "M" ? 1e6 : 1e3;
}

function isAtLeast(version: string, least: readonly number[]): boolean {
  const parts = version.split(/[.\-+ ]/).map(Number);
  for (const [index, wanted] of least.entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}
