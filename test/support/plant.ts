/** Meters as a test wants them, on a plant of their own. */
import { watts } from "../../agent/core/units.ts";
import { Plant } from "../../agent/plant/plant.ts";
import type { Clock } from "../../agent/runtime/clock.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import type { Meter, MeterReading } from "../../drivers/driver.ts";

export const nothingRead: MeterReading = { power: null, outlets: [], inputs: [], voltage: null, frequencyHz: null, energyWh: null };

export interface PlayedMeter extends Meter {
  /** What it says next; null: nothing. */
  says: Partial<MeterReading> | null;
  /** Orders in their turn, as `3 off`. */
  readonly orders: string[];
  /** What becomes of an order; unset: it is carried out. */
  obeys: ((outlet: number, on: boolean) => void) | null;
}

export function playedMeter(id: string, says: Partial<MeterReading> | null): PlayedMeter {
  const orders: string[] = [];
  return {
    id, says, orders, obeys: null,
    description: "a meter of the test",
    accuracy: { fraction: 0.01, resolution: watts(1) },
    staleAfterMs: 3_000,
    switches: true,
    async read() {
      if (this.says === null) throw new DeviceError("timeout", "no answer");
      return { ...nothingRead, ...this.says };
    },
    async switch(outlet, on) {
      orders.push(`${outlet} ${on ? "on" : "off"}`);
      if (this.obeys !== null) return this.obeys(outlet, on);
      if (this.says !== null) this.says = { ...this.says, outlets: (this.says.outlets ?? []).map((reading) => (reading.index === outlet ? { ...reading, on, power: on ? reading.power : watts(0) } : reading)) };
    },
    async [Symbol.asyncDispose]() {},
  };
}

export const plantOf = (meters: readonly Meter[], clock: Clock): Plant =>
  new Plant({ devices: [], meters: meters.map((meter) => ({ meter, role: "outlets" })) }, { clock, listener: { moved: () => undefined, event: () => undefined } });
