/** What the device has told about itself: version, range, profiles, mode. Until it has, the model file speaks for it. */
import type { Capability, OperatingPoint } from "../../agent/core/model.ts";
import type { Millis } from "../../agent/core/units.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import type { JsonObject } from "../cgminer/json.ts";
import type { Envelope, MinerModel } from "../models.ts";
import type { RestTalk } from "./api.ts";
import type { Details } from "./details.ts";
import { assumedRange, capabilitiesOf, envelopeOf, manualPoints, profilesOf, rangeOf, targetPoints, type Profile, type TargetRange } from "./points.ts";

/** Polls that ask for range and profiles before the model has to do until the next restart: each may cost a deadline. */
const TRIES = 3;

export class Identity {
  version: string | null = null;
  /** Frequency and voltage are set by hand: the operator switched the tuner off. We keep to it. */
  manual = false;
  /** Whether the ramps of a pause were set since the mining process started. */
  ramping = false;
  points: readonly OperatingPoint[] = [];
  capabilities: readonly Capability[] = [];
  readonly #model: MinerModel;
  #range: TargetRange;
  #envelope: Envelope;
  #profiles: readonly Profile[] = [];
  #tries = TRIES;
  #uptime: Millis | null = null;

  constructor(model: MinerModel) {
    this.#model = model;
    this.#range = assumedRange(model);
    this.#envelope = model.envelope;
    this.#offer();
  }

  /** After each reading: notices restarts and changes of mode, and asks once for what does not change. */
  async learn({ version, uptime }: Details, manual: boolean, rest: RestTalk): Promise<void> {
    if (uptime !== null && this.#uptime !== null && uptime < this.#uptime) {
      this.#tries = TRIES;
      this.ramping = false;
    }
    this.#uptime = uptime;
    this.version = version ?? this.version;
    const known = this.#tries === 0;
    if (!known) await this.#ask(rest);
    if (manual === this.manual && known) return;
    this.manual = manual;
    this.#offer();
  }

  async #ask(rest: RestTalk): Promise<void> {
    this.#tries--;
    const constraints = await optional(rest, "/configuration/constraints");
    const profiles = await optional(rest, "/performance/target-profiles");
    if (constraints !== null) {
      this.#range = rangeOf(constraints) ?? this.#range;
      this.#envelope = envelopeOf(constraints, this.#model);
    }
    if (profiles !== null) this.#profiles = profilesOf(profiles);
    if (constraints !== null && profiles !== null) this.#tries = 0;
  }

  #offer(): void {
    const points = this.manual ? this.#byHand() : targetPoints(this.#range, this.#model, this.#profiles);
    if (JSON.stringify(points) === JSON.stringify(this.points) && this.capabilities.length > 0) return;
    this.points = points;
    this.capabilities = capabilitiesOf(points, this.#model.sleepPower, this.manual);
  }

  /** Constraints that leave nothing are not believed here; an order then says that it is out of range. */
  #byHand(): readonly OperatingPoint[] {
    const points = manualPoints(this.#envelope, this.#model);
    return points.length > 0 ? points : this.#model.points;
  }

  /** Throws `out-of-range` with what may be set. */
  pointOf(id: string): OperatingPoint {
    const point = this.points.find((candidate) => candidate.id === id);
    if (point === undefined) throw new DeviceError("out-of-range", `no point "${id}"; known: ${this.points.map((known) => known.id).join(", ")}`);
    const { frequency, voltage } = this.#envelope;
    if (this.manual && !manualPoints(this.#envelope, this.#model).includes(point)) {
      throw new DeviceError("out-of-range", `point ${id} is outside ${frequency.min} to ${frequency.max} MHz, ${voltage.min} to ${voltage.max} mV`);
    }
    return point;
  }
}

/** null: the device refused or could not tell; it is asked again. */
async function optional(rest: RestTalk, path: string): Promise<JsonObject | null> {
  try {
    return await rest.get(path);
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    return null;
  }
}
