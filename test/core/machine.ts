/** A machine that goes to its setpoint in a straight line, for the timelines. */
import type { OutletRule, Reading, Setpoint } from "../../agent/core/model.ts";
import type { Feed, OrderStatus } from "../../agent/core/snapshot.ts";
import type { Order } from "../../agent/core/state.ts";
import { millis } from "../../agent/core/units.ts";
import { passing, ROWS, says, silent, SLEEP_W } from "./rack.ts";

export type Fault = "silent" | "refuses" | "stuck";
const MHZ_PER_SECOND = 50;
/** A second until an order is acknowledged and, from there, one until the draw moves. */
const LAG = 1;

export class Machine {
  readonly id: string;
  readonly factor: number;
  mhz = 600;
  asleep = false;
  fault: Fault | null = null;
  order: OrderStatus | null = null;
  /** Its PDU reads, and does not switch. */
  jammed = false;
  /** Its PDU switches, and reads on what it read last; null: it reads what is. */
  #stalled: Pick<Feed, "on" | "offSince"> | null = null;
  /** Its outlet, and the mailbox of its own that has. */
  on = true;
  #offSince: number | null = null;
  #switching: OrderStatus | null = null;
  #setpoint: Setpoint = { kind: "points", point: "600" };

  constructor(id: string, factor: number) {
    this.id = id;
    this.factor = factor;
  }

  get power(): number {
    return !this.on ? 0 : this.factor * (this.asleep ? SLEEP_W : modelPower(this.mhz));
  }

  get reading(): Reading {
    if (this.fault === "silent" || !this.on) return silent();
    if (this.asleep) return says("asleep", { own: this.power, frequency: this.mhz });
    return ROWS.some(([mhz]) => mhz === this.mhz) ? says(String(this.mhz), { own: this.power }) : passing(this.mhz, this.power);
  }

  feed(opens: OutletRule, minOff: number): Feed {
    return { outlet: { kind: "outlet", minOffTime: millis(minOff * 1000), poweredUpAs: "on", opens }, ...(this.#stalled ?? this.#read), order: this.#switching };
  }

  get #read(): Pick<Feed, "on" | "offSince"> {
    return { on: this.on, offSince: this.#offSince === null ? null : millis(this.#offSince) };
  }

  stall(stalled: boolean): void {
    this.#stalled = stalled ? this.#read : null;
  }

  post({ id, setpoint, issuedAt }: Order): void {
    if (setpoint.kind === "outlet") {
      this.#switching = { id, setpoint, state: this.jammed ? "failed" : "acknowledged", at: issuedAt };
      if (this.jammed) return;
      [this.on, this.#offSince] = [setpoint.on, setpoint.on ? null : issuedAt];
      if (setpoint.on) this.reboot();
      // Closed by the PDU's word, and open with its next reading.
      if (this.#stalled !== null) this.#stalled = { ...this.#stalled, offSince: issuedAt };
      return;
    }
    this.order = { id, setpoint, state: "waiting", at: issuedAt };
  }

  reboot(): void {
    [this.asleep, this.mhz, this.#setpoint] = [false, 600, { kind: "points", point: "600" }];
  }

  /** One second. */
  live(uptime: number): void {
    if (this.order?.state === "waiting" && uptime - this.order.at >= LAG * 1000) this.#obey(this.order, uptime);
    if (this.fault === "stuck") return;
    // As drivers do: tuned to its lowest before it sleeps, because that is what it wakes to.
    if (this.#setpoint.kind !== "points") [this.asleep, this.mhz] = [true, 200];
    else if (this.asleep) this.asleep = false;
    else this.mhz += Math.max(-MHZ_PER_SECOND, Math.min(MHZ_PER_SECOND, Number(this.#setpoint.point) - this.mhz));
  }

  #obey(order: OrderStatus, uptime: number): void {
    const refused = !this.on || this.fault === "silent" || this.fault === "refuses";
    this.order = { ...order, state: refused ? "failed" : "acknowledged", at: millis(uptime) };
    if (!refused) this.#setpoint = order.setpoint;
  }
}

/** Between two points in proportion. */
function modelPower(mhz: number): number {
  const above = Math.max(1, ROWS.findIndex(([row]) => row >= mhz));
  const [[lowMhz = 0, low = 0] = [], [highMhz = 0, high = 0] = []] = [ROWS[above - 1], ROWS[above]];
  return low + ((mhz - lowMhz) / (highMhz - lowMhz)) * (high - low);
}
