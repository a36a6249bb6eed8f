import type { Asic, Refusal } from "./asic.ts";
import type { SimPoint } from "./model.ts";

/** Half a millihertz of a walk is no walk. */
const ARRIVED_MHZ = 0.1;

/**
 * A firmware's own controller: takes all boards to a setting so that they never lack voltage on the way. Up, the voltage goes
 * first; down, it follows when the boards have arrived, which is noticed at the next look.
 */
export class Tuner {
  #after: SimPoint | null = null;

  aim(asic: Asic, setting: SimPoint): Refusal | null {
    this.#after = null;
    const feeding = Math.max(setting.voltageMV, ...asic.boards.map((board) => board.voltageMV));
    const refusal = asic.setPoint({ ...setting, voltageMV: feeding });
    if (refusal === null && feeding > setting.voltageMV) this.#after = setting;
    return refusal;
  }

  /** Called whenever somebody asks the firmware something. */
  look(asic: Asic): void {
    const setting = this.#after;
    if (setting === null || asic.boards.some((board) => board.ramping || Math.abs(board.frequencyMHz - setting.frequencyMHz) > ARRIVED_MHZ)) return;
    this.#after = null;
    asic.setPoint(setting);
  }

  /** What it was set to holds no longer: mining has started anew. */
  forget(): void {
    this.#after = null;
  }
}
