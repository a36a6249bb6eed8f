import type { Asic } from "./asic.ts";
import type { SimModel, SimPoint } from "./model.ts";
import { defaultPointOf, lowestPointOf } from "./model.ts";

/** What the firmware keeps besides the machine itself. */
export interface BraiinsState {
  readonly version: string;
  readonly target: number;
  readonly byHand: SimPoint | null;
}

/** As the protocol numbers them. */
const STATUS = { starting: 1, off: 1, fault: 1, hashing: 2, ramping: 2, asleep: 3 } as const;
const TUNER = { disabled: 1, stable: 2, tuning: 3 } as const;

export const detailsOf = (asic: Asic, id: string, { version }: BraiinsState) => ({
  uid: `sim-${id}`,
  miner_identity: { brand: 1, name: asic.model.name, miner_model: asic.model.name },
  bos_mode: 4,
  bos_version: { current: `2025-09-29-0-4f0e2d5c-${version}-plus`, major: "2025-09-29-0-4f0e2d5c", bos_plus: true },
  hostname: id,
  sticker_hashrate: { gigahash_per_second: defaultPointOf(asic.model).hashrateThs * 1000 },
  bosminer_uptime_s: Math.floor(asic.uptimeMs / 1000),
  system_uptime_s: Math.floor(asic.uptimeMs / 1000) + 40,
  status: STATUS[asic.state],
});

export const statsOf = (asic: Asic) => ({
  miner_stats: { real_hashrate: ratesOf(asic.reportedThs.fast) },
  power_stats: { approximated_consumption: { watt: asic.reportedW }, efficiency: { joule_per_terahash: 20 } },
});

export function boardsOf(asic: Asic) {
  const { fast } = asic.reportedThs;
  const { boards } = asic;
  const enabled = boards.filter((board) => board.enabled).length;
  const running = asic.state === "hashing" || asic.state === "ramping";
  return boards.map((board, index) => ({
    id: String(index + 1),
    enabled: board.enabled,
    chips_count: asic.model.chipsPerBoard,
    current_voltage: { volt: running ? board.voltageMV / 1000 : 0 },
    current_frequency: { hertz: running ? board.frequencyMHz * 1e6 : 0 },
    highest_chip_temp: { id: 1, location: 1, temperature: { degree_c: Math.round(board.chipC) } },
    board_temp: { degree_c: Math.round(board.temperatureC) },
    lowest_inlet_temp: { degree_c: Math.round(asic.inletC) },
    stats: { real_hashrate: ratesOf(board.enabled && running ? fast / enabled : 0) },
  }));
}

const ratesOf = (ths: number) => ({ last_5s: { gigahash_per_second: Math.round(ths * 1e5) / 100 } });

/** From the lowest point to a quarter over the default one. */
export function constraintsOf(model: SimModel) {
  const usual = defaultPointOf(model).powerW;
  const highest = model.points.at(-1)?.powerW ?? usual;
  const { limits } = model;
  return {
    tuner_constraints: { power_target: { min: { watt: lowestPointOf(model).powerW }, default: { watt: usual }, max: { watt: Math.min(highest, Math.round(usual * 1.25)) } } },
    hashboards_constraints: {
      frequency: { min: { hertz: limits.frequencyMinMHz * 1e6 }, max: { hertz: limits.frequencyMaxMHz * 1e6 } },
      voltage: { min: { volt: limits.voltageMinMV / 1000 }, max: { volt: limits.voltageMaxMV / 1000 } },
    },
  };
}

export const tunerStateOf = (asic: Asic, { target, byHand }: BraiinsState) =>
  byHand === null
    ? { overall_tuner_state: asic.state === "ramping" ? TUNER.tuning : TUNER.stable, mode_state: { powertargetmodestate: { current_target: { watt: target } } } }
    : { overall_tuner_state: TUNER.disabled, mode_state: null };

export const modeOf = ({ target, byHand }: BraiinsState) =>
  byHand === null
    ? { tunermode: { target: { powertarget: { power_target: { watt: target } } } } }
    : { manualmode: { global_frequency: { hertz: byHand.frequencyMHz * 1e6 }, global_voltage: { volt: byHand.voltageMV / 1000 }, hashboards: [] } };

/** It has settled at its default target only, and measured what it is there. */
export function profilesOf({ model, unit }: Asic) {
  const usual = defaultPointOf(model);
  return {
    power_target_profiles: [
      {
        created: "2025-10-02T08:00:00Z",
        target: { watt: usual.powerW },
        measured_hashrate: { gigahash_per_second: Math.round(usual.hashrateThs * unit.hashrate * 1000) },
        estimated_power_consumption: { watt: Math.round(usual.powerW * unit.power * unit.selfReport) },
      },
    ],
    hashrate_target_profiles: [],
  };
}
