/** The simulated PDU as a Meter, without sockets. */
import { millis, watts } from "../../agent/core/units.ts";
import type { Clock } from "../../agent/runtime/clock.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import type { Meter } from "../../drivers/driver.ts";
import type { SimPdu } from "../../drivers/sim/sim-pdu.ts";

export function simMeter(source: SimPdu, clock: Clock): Meter {
  const answer = async (signal: AbortSignal): Promise<void> => {
    const silent = source.wire.kind !== "none" && source.wire.kind !== "slow";
    await clock.sleep(millis(silent ? 1000 : 10), signal);
    if (silent) throw new DeviceError("timeout", "no answer within 1 s");
  };
  return {
    id: source.id,
    description: "metered PDU (simulated)",
    accuracy: { fraction: 0.01, resolution: watts(1) },
    staleAfterMs: 5_000,
    switches: true,
    async read(signal) {
      await answer(signal);
      const samples = source.pdu.samples();
      return {
        power: watts(samples.reduce((sum, { powerW }) => sum + powerW, 0)),
        outlets: samples.map(({ powerW, on }, index) => ({ index: index + 1, power: watts(powerW), on })),
        inputs: [],
        voltage: 230,
        frequencyHz: 50,
        energyWh: samples.reduce((sum, { energyWh }) => sum + energyWh, 0),
      };
    },
    async switch(outlet, on, signal) {
      await answer(signal);
      source.pdu.switch(outlet - 1, on);
    },
    async [Symbol.asyncDispose]() {},
  };
}
