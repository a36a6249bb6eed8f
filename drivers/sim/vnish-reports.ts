import type { Asic } from "./asic.ts";
import { fanItems, macOf, poolItem } from "./luxos-reports.ts";
import type { SimModel, SimPoint } from "./model.ts";
import { pointOf } from "./model.ts";

/** What the firmware keeps besides the machine itself. */
export interface VnishState {
  readonly version: string;
  /** The point its settings name. */
  readonly preset: string;
  /** Set by hand instead. */
  readonly manual: SimPoint | null;
  readonly percent: number;
  readonly throttles: boolean;
  readonly finding: boolean;
  /** Time of mining, ms. */
  readonly stateMs: number;
}

const STATES = { hashing: "mining", ramping: "mining", starting: "initializing", asleep: "stopped", off: "stopped", fault: "failure" } as const;

export const infoOf = ({ model }: Asic, id: string, version: string) => ({
  miner: model.name,
  model: model.id.replace(/^antminer-|-/g, ""),
  fw_name: "Vnish",
  fw_version: version,
  platform: "aml",
  algorithm: "sha256d",
  hr_measure: "GH/s",
  serial: "N/A",
  system: { os: "GNU/Linux", network_status: { mac: macOf(id).toUpperCase(), dhcp: true, hostname: id } },
});

export function statusOf(asic: Asic, state: VnishState) {
  const { state: word } = asic;
  return {
    miner_state: STATES[word],
    miner_state_time: Math.floor(state.stateMs / 1000),
    ...(word === "fault" ? { description: "No chains", failure_code: 1003 } : {}),
    ...(state.throttles ? { throttled: state.percent } : {}),
    find_miner: state.finding,
    restart_required: (state.manual?.id ?? state.preset) !== asic.profile,
    reboot_required: false,
    unlocked: false,
  };
}

export function summaryOf(asic: Asic, id: string, state: VnishState) {
  const { fast, average } = asic.reportedThs;
  const { boards } = asic;
  const enabled = boards.filter((board) => board.enabled).length;
  const mining = asic.state === "hashing" || asic.state === "ramping";
  const { miner_state, miner_state_time, ...rest } = statusOf(asic, state);
  const pool = poolItem(asic, id);
  return {
    miner: {
      miner_status: { miner_state, miner_state_time, ...("throttled" in rest ? { throttled: rest.throttled } : {}), ...("failure_code" in rest ? { description: rest.description, failure_code: rest.failure_code } : {}) },
      miner_type: `${asic.model.name} (Vnish ${state.version})`,
      hr_realtime: gigahash(fast),
      hr_average: gigahash(average),
      power_consumption: asic.reportedW,
      power_usage: 0,
      hw_errors: Math.floor(Number(pool["Accepted"]) / 500),
      pools: [
        { id: 0, url: pool["URL"], pool_type: "UserPool", user: pool["User"], status: mining ? "active" : "offline", accepted: pool["Accepted"], rejected: pool["Rejected"], stale: 0 },
        { id: 1, url: "DevFee", pool_type: "DevFee", user: "DevFee", status: "working", accepted: 7, rejected: 0, stale: 0 },
      ],
      cooling: { fan_num: 4, fans: fanItems(asic).map((fan, index) => ({ id: index, rpm: fan["RPM"], status: "ok", max_rpm: 6000 })), fan_duty: 50 },
      chains: boards.map((board, index) => ({
        id: index + 1,
        frequency: mining ? Math.round(board.frequencyMHz * 10) / 10 : 0,
        voltage: board.voltageMV,
        hashrate_rt: board.enabled ? gigahash(fast / enabled) : 0,
        pcb_temp: { min: Math.round(board.temperatureC - 8), max: Math.round(board.temperatureC) },
        chip_temp: { min: Math.round(board.chipC - 6), max: Math.round(board.chipC) },
        status: { state: !board.enabled ? "disabled" : mining ? "mining" : "stopped" },
      })),
    },
  };
}

const globalsOf = (manual: SimPoint | null) => ({ volt: (manual?.voltageMV ?? 0) / 10, freq: manual?.frequencyMHz ?? 0 });

export function perfOf({ model }: Asic, { preset, manual }: VnishState) {
  if (manual !== null) return { current_preset: { name: "disabled", pretty: "Disabled", status: "untuned", globals: globalsOf(manual) }, preset_switcher: { enabled: false } };
  const point = pointOf(model, preset);
  return { current_preset: { ...presetItem(point, model), globals: { volt: 0, freq: 0 } }, preset_switcher: { enabled: false } };
}

export const presetsOf = (model: SimModel) => [
  { name: "disabled", pretty: "Disabled", status: "untuned", modded_psu_required: false },
  ...model.points.map((point) => presetItem(point, model)),
];

export const settingsOf = (id: string, { preset, manual }: VnishState) => ({
  miner: {
    overclock: { preset: manual === null ? preset : "disabled", globals: globalsOf(manual), chains: [{ freq: 0, chips: [], disabled: false }] },
    pools: [{ url: "stratum+tcp://pool.invalid:3333", user: `rig.${id}`, pass: "x" }],
  },
});

export const presetName = ({ powerW }: SimPoint): string => String(powerW);

/** The two highest want a modified supply, as on the real one. */
const presetItem = (point: SimPoint, { points }: SimModel) => ({
  name: presetName(point),
  pretty: `${point.powerW} watt ~ ${Math.round(point.hashrateThs)} TH`,
  status: "tuned",
  modded_psu_required: points.indexOf(point) >= points.length - 2,
});

const gigahash = (ths: number): number => Number((ths * 1e3).toFixed(2));
