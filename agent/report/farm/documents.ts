/** The farm link's telemetry: a flat message a topic, with the members of its table, `null` for unknown. */
import type { DeviceRow } from "../devices.ts";
import { hundredths, isoTime } from "../figures.ts";
import type { StatusDocument } from "../status.ts";
import type { Values } from "./said.ts";
import type { ASIC, OUTLET, RACK } from "./tables.ts";

export function rackValues(status: StatusDocument): Values<keyof typeof RACK> {
  const { measuredW, hashrateThs, devices } = status;
  return {
    state: status.state,
    compliance: status.compliance,
    powerW: measuredW,
    powerLowW: status.measuredLowW,
    powerHighW: status.measuredHighW,
    quality: status.measuredQuality,
    limitW: status.effectiveLimitW,
    limitSource: status.limitSource,
    limitDoc: status.bindingDoc,
    limitRemainingS: status.remainingS,
    budgetW: status.budgetW,
    setpointW: status.setpointW,
    hashrateThs,
    efficiencyJPerTh: measuredW === null || hashrateThs === null || hashrateThs === 0 ? null : hundredths(measuredW / hashrateThs),
    asicsTotal: devices.total,
    asicsAnswering: devices.answering,
    asicsAsleep: devices.asleep,
    asicsQuarantined: devices.quarantined,
    drill: status.drill,
  };
}

export function asicValues(row: DeviceRow): Values<keyof typeof ASIC> {
  const { state, powerW, drawBy, hashrateThs, temperatureC, frequencyMHz, voltageMV, setpoint, unknownReason, quarantineReason, maintenance, poolGuard } = row;
  return { state, powerW, powerBy: drawBy, hashrateThs, temperatureC, frequencyMHz, voltageMV, setpoint, unknownReason, quarantineReason, maintenance, poolGuard };
}

export interface OutletLook {
  /** METER/NUMBER */
  readonly name: string;
  readonly on: boolean | null;
  readonly powerW: number | null;
  readonly device: string | null;
}

export const outletValues = ({ on, powerW, device }: OutletLook): Values<keyof typeof OUTLET> => ({ on, powerW: powerW === null ? null : Math.round(powerW), device });

export const farmMessage = (type: "RACK" | "ASIC" | "OUTLET", at: number, values: object): string => JSON.stringify({ v: 1, type, at: isoTime(at), ...values });
