/** What the device has told about itself: firmware, limits and profiles. Until it has, the model file speaks for it. */
import type { Capability, OperatingPoint } from "../../agent/core/model.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import type { Talk } from "../cgminer/api.ts";
import { numberAt, rowsAt, type JsonObject } from "../cgminer/json.ts";
import { statusOf } from "../cgminer/reply.ts";
import type { Envelope, MinerModel } from "../models.ts";
import { capabilitiesOf, narrow, pointsOf, within } from "./points.ts";

/** Polls that ask for the profiles before the model file has to do until the next restart: each may cost a deadline. */
const TRIES = 3;

export class Identity {
  /** Name and version of the mining software. */
  firmware: string | null = null;
  envelope: Envelope;
  points: readonly OperatingPoint[];
  capabilities: readonly Capability[];
  readonly #model: MinerModel;
  #uptime: number | null = null;
  #tries = TRIES;
  #boards: number;

  constructor(model: MinerModel) {
    this.#model = model;
    this.envelope = model.envelope;
    this.points = this.#allowed(model.points);
    this.#boards = model.boards;
    this.capabilities = this.#offer();
  }

  /** Whether this is another run or another version of the mining software than the last summary was from. */
  restarted(summary: JsonObject): boolean {
    const uptime = numberAt(rowsAt(summary, "SUMMARY")[0], "Elapsed");
    const firmware = statusOf(summary)?.description ?? null;
    const changed = (uptime !== null && this.#uptime !== null && uptime < this.#uptime) || (this.firmware !== null && firmware !== this.firmware);
    this.#uptime = uptime;
    this.firmware = firmware;
    if (changed) this.#tries = TRIES;
    return changed;
  }

  /** Points told by the device win over the file. A device that cannot tell them keeps what it has. */
  async learn(talk: Talk): Promise<void> {
    if (this.#tries === 0) return;
    this.#tries--;
    try {
      const reports = await talk.report(["limits", "profiles"]);
      this.envelope = narrow(this.#model.envelope, reports.optional("limits"));
      const told = pointsOf(reports.optional("profiles"));
      this.points = this.#allowed(told.length > 0 ? told : this.#model.points);
      this.capabilities = this.#offer();
      this.#tries = 0;
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
    }
  }

  /** Limits that leave nothing are not believed here; an order then says that it is out of range. */
  #allowed(points: readonly OperatingPoint[]): readonly OperatingPoint[] {
    const allowed = within(this.envelope, points);
    return allowed.length > 0 ? allowed : this.#model.points;
  }

  /** How many boards a reading shows that can run; none leaves the number as it was. */
  offerBoards(count: number): void {
    if (count === 0 || count === this.#boards) return;
    this.#boards = count;
    this.capabilities = this.#offer();
  }

  #offer(): readonly Capability[] {
    return capabilitiesOf(this.points, { boards: this.#boards, sleepPower: this.#model.sleepPower });
  }
}
