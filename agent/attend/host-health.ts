/** Watches the controller itself, beside the control path: nothing here limits the rack. */
import { seconds } from "../core/units.ts";
import { alarmRules, standing } from "../host/alarms.ts";
import type { FigureReader, HostFigures } from "../host/figures.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Attendant, Desk } from "./attendant.ts";

const FIRST_LOOK = seconds(10);
const LOOK_EVERY = seconds(30);

export class HostHealth implements Attendant {
  readonly name = "host-health";
  readonly #reader: FigureReader;
  readonly #clock: Clock;
  #desk: Desk | null = null;
  #figures: HostFigures | null = null;
  #alarms: ReadonlySet<string> = new Set();

  constructor(reader: FigureReader, clock: Clock) {
    this.#reader = reader;
    this.#clock = clock;
  }

  attach(_kept: unknown, desk: Desk): void {
    this.#desk = desk;
  }

  /** null before the first look. */
  get figures(): HostFigures | null {
    return this.#figures;
  }

  get alarms(): readonly string[] {
    return [...this.#alarms];
  }

  async run(signal: AbortSignal): Promise<void> {
    for (let wait = FIRST_LOOK; !signal.aborted; wait = LOOK_EVERY) {
      await this.#clock.sleep(wait, signal).catch(() => undefined);
      if (!signal.aborted) await this.#look();
    }
    this.#reader.end();
  }

  async #look(): Promise<void> {
    const figures = await this.#reader.read(this.#clock.now().error !== null);
    const [before, after] = [this.#alarms, standing(this.#alarms, figures)];
    this.#figures = figures;
    this.#alarms = after;
    for (const { alarm, figure } of alarmRules) {
      if (after.has(alarm) !== before.has(alarm)) this.#desk?.event(after.has(alarm) ? "alarm.raised" : "alarm.cleared", { alarm, figure: figure(figures) });
    }
  }
}
