/** The simulated PDU as a Meter, without sockets. */
import { millis, watts } from "../../agent/core/units.ts";
import type { Clock } from "../../agent/runtime/clock.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import type { Meter } from "../../drivers/driver.ts";
import type { SimPdu } from "../../drivers/sim/sim-pdu.ts";
import { forever, type Mortality } from "./mortality.ts";

/** Its calibration: it shows so much of what is drawn. An error no rig has on its wire. */
export interface Scale {
  shown: number;
}

/** Switches an outlet, counted from 1, where more hangs on it than the PDU knows. */
type Switched = (outlet: number, on: boolean) => void;

const REPLY = millis(10);
const DEADLINE = millis(1000);

export function simMeter(source: SimPdu, clock: Clock, seams: { readonly mortality: Mortality; readonly scale: Scale; readonly switched?: Switched }): Meter {
  const { mortality, scale, switched = (outlet, on) => source.pdu.switch(outlet - 1, on) } = seams;
  const answer = async (): Promise<void> => {
    const { wire } = source;
    const length = wire.kind === "none" ? REPLY : wire.kind === "slow" ? millis(Math.min(DEADLINE, wire.extraMs)) : DEADLINE;
    if (!mortality.enter("device")) return forever();
    await new Promise<void>((done) => clock.after(length, done));
    if (!mortality.leave("device")) return forever();
    if (wire.kind !== "none" && length === DEADLINE) throw new DeviceError("timeout", "no answer within 1 s");
  };
  return {
    id: source.id,
    description: "metered PDU (simulated)",
    accuracy: { fraction: 0.01, resolution: watts(1) },
    staleAfterMs: 5_000,
    switches: true,
    async read() {
      await answer();
      const samples = source.pdu.samples();
      const shown = (powerW: number): number => Math.round(powerW * scale.shown);
      return {
        power: watts(samples.reduce((sum, { powerW }) => sum + shown(powerW), 0)),
        outlets: samples.map(({ powerW, on }, index) => ({ index: index + 1, power: watts(shown(powerW)), on })),
        inputs: [],
        voltage: 230,
        frequencyHz: 50,
        energyWh: samples.reduce((sum, { energyWh }) => sum + energyWh, 0),
      };
    },
    async switch(outlet, on) {
      await answer();
      switched(outlet, on);
    },
    async [Symbol.asyncDispose]() {},
  };
}
