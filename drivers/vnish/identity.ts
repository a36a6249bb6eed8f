/** What the device has told about itself: firmware, preset and presets. Until it has, the model file speaks for it. */
import type { Capability, OperatingPoint } from "../../agent/core/model.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import { perTerahashOf } from "../cgminer/hashrate.ts";
import { numberAt, rowsAt, textAt, type Json, type JsonObject } from "../cgminer/json.ts";
import { PasswordError } from "../http/lockout.ts";
import { at } from "../http/path.ts";
import type { MinerModel } from "../models.ts";
import type { VnishTalk } from "./api.ts";
import { asItIs, assumedPoints, capabilitiesOf, fullOf, globalsOf, presetPoints, throttlePoints, type Step } from "./points.ts";

/** The first with `POST /mining/throttle`. */
const THROTTLES_FROM = [1, 3, 3] as const;
/** Polls that ask for what may be missing before it is taken to be missing: each may cost a deadline. */
const TRIES = 3;

export class Identity {
  /** "1.3.4"; null before the first reading. */
  version: string | null = null;
  /** GH/s unless it says otherwise; null: a unit nobody knows. */
  perTerahash: number | null = 1000;
  throttles = false;
  /** Set by hand: clocks and volts are what it is told. */
  manual = false;
  /** Its version should have one, and it knows no such path: a build of somebody's own. */
  #withoutThrottle = false;
  /** Whether clocks and volts have been taken without a restart. */
  #walks = false;
  points: readonly OperatingPoint[];
  capabilities: readonly Capability[];
  readonly #model: MinerModel;
  #tries = TRIES;
  /** What `points` was made from. */
  #source = "";

  constructor(model: MinerModel) {
    this.#model = model;
    this.points = assumedPoints(model);
    this.capabilities = capabilitiesOf(this.points, model.sleepPower, "restart");
  }

  /** Throws a DeviceError where the device does not say what it is. */
  async learn(talk: VnishTalk): Promise<void> {
    if (this.version !== null) return;
    const info = await talk.get("/info");
    this.perTerahash = perTerahashOf(textAt(info, "hr_measure") ?? "GH/s");
    const version = textAt(info, "fw_version");
    if (version === null) throw new DeviceError("malformed", "GET /info: no fw_version; is this VNish?");
    this.throttles = isAtLeast(version, THROTTLES_FROM) && !this.#withoutThrottle;
    this.version = version;
  }

  /** After a reading of the current preset. Points told by the device win over the file. */
  async learnPoints(perf: JsonObject, talk: VnishTalk): Promise<void> {
    if (this.throttles) {
      const full = fullOf(perf, this.#model);
      this.#offer(`${full.power} W, ${full.hashrate} TH/s`, () => throttlePoints(full));
      return;
    }
    const manual = globalsOf(at(perf, "current_preset")) !== null;
    if (manual !== this.manual) this.#tries = TRIES;
    this.manual = manual;
    if (this.#tries > 0) await (manual ? this.#learnGlobals(perf, talk) : this.#learnPresets(talk));
  }

  /** It has said that it knows no throttle: the next reading offers what it takes instead. */
  hasNoThrottle(): void {
    this.#withoutThrottle = true;
    this.forget();
  }

  /** The firmware has said whether clocks and volts wait for a restart. */
  walks(walks: boolean): void {
    if (walks === this.#walks) return;
    this.#walks = walks;
    if (this.manual) this.capabilities = capabilitiesOf(this.points, this.#model.sleepPower, this.#step);
  }

  get #step(): Step {
    return this.throttles ? "throttle" : this.manual && this.#walks ? "walk" : "restart";
  }

  /** It restarted, perhaps into another firmware. */
  forget(): void {
    this.version = null;
    this.#tries = TRIES;
  }

  /** Boards or chips that are clocked one by one do not follow what is set for all: then it stays as it is, or sleeps. */
  #learnGlobals(perf: JsonObject, talk: VnishTalk): Promise<void> {
    return this.#ask(async () => {
      const singly = isClockedSingly(at(await talk.get("/settings"), "miner", "overclock"));
      const full = fullOf(perf, this.#model);
      this.#offer(singly ? `as it is ${full.power} W` : "by hand", () => (singly ? [asItIs(full)] : this.#model.points));
    });
  }

  #learnPresets(talk: VnishTalk): Promise<void> {
    return this.#ask(async () => {
      const points = presetPoints(await talk.list("/autotune/presets"), this.#model);
      if (points.length > 0) this.#offer(JSON.stringify(points), () => points);
    });
  }

  async #ask(learn: () => Promise<void>): Promise<void> {
    try {
      await learn();
      this.#tries = 0;
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      // A refused password keeps its own time.
      if (!(error instanceof PasswordError)) this.#tries--;
    }
  }

  #offer(source: string, points: () => readonly OperatingPoint[]): void {
    if (source === this.#source) return;
    this.#source = source;
    this.points = points();
    this.capabilities = capabilitiesOf(this.points, this.#model.sleepPower, this.#step);
  }
}

const isClockedSingly = (overclock: Json): boolean => rowsAt(overclock, "chains").some((chain) => (numberAt(chain, "freq") ?? 0) > 0 || clocksOf(chain).some((clock) => clock !== 0));

function clocksOf(chain: JsonObject): readonly Json[] {
  const chips = at(chain, "chips");
  return Array.isArray(chips) ? (chips as readonly Json[]) : [];
}

export const presetName = (perf: JsonObject): string | null => textAt(at(perf, "current_preset"), "name");

function isAtLeast(version: string, least: readonly number[]): boolean {
  const parts = version.split(/[.\-+ ]/).map(Number);
  for (const [index, wanted] of least.entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}
