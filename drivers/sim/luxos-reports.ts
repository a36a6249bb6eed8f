import type { Asic, BoardView } from "./asic.ts";
import type { Item } from "./cgminer-answer.ts";

export const LUXOS_VERSION = "2025.4.8";
const BUILD = `${LUXOS_VERSION}.213000`;
/** One share of difficulty 65,536 in TH. */
const SHARE_TH = (65_536 * 2 ** 32) / 1e12;
/** One share in so many is stale; one in so many comes with a hardware error. */
const STALE = 2_000;
const HARDWARE = 500;

export const versionItem = (asic: Asic): Item => ({
  API: "3.7",
  LUXminer: BUILD,
  Miner: `${BUILD}-abcdef`,
  Type: asic.model.name,
  CompileTime: "Tue Apr  8 21:30:00 UTC 2025",
});

export const configItem = (asic: Asic, { id, atm, tuner, led }: { id: string; atm: boolean; tuner: boolean; led: string }): Item => ({
  "ASC Count": asic.model.boards,
  "PGA Count": 0,
  "Pool Count": 1,
  Hostname: id,
  Model: asic.model.name,
  ControlBoardType: "Amlogic",
  MACAddr: macOf(id),
  SerialNumber: `SIM-${id}`,
  Profile: profileName(asic.profile),
  ProfileStep: "0",
  CurtailMode: asic.curtailed ? "Sleep" : "None",
  IsAtmEnabled: atm,
  IsTuning: tuner,
  IsPowerSupplyOn: asic.state !== "asleep" && asic.state !== "starting",
  PowerLimit: 0,
  RedLed: led,
});

export function summaryItem(asic: Asic, seconds: number): Item {
  const { fast, slow, average } = asic.reportedThs;
  const shares = sharesOf(asic);
  return {
    Elapsed: Math.floor(asic.uptimeMs / 1000),
    "GHS 5s": gigahash(fast),
    "GHS av": gigahash(average),
    "GHS 30m": gigahash(slow),
    "Found Blocks": 0,
    Accepted: shares,
    Rejected: Math.floor(shares / STALE),
    "Hardware Errors": Math.floor(shares / HARDWARE),
    Utility: asic.uptimeMs > 0 ? Number((shares / (asic.uptimeMs / 60_000)).toFixed(2)) : 0,
    "Last getwork": seconds,
  };
}

export function boardItems(asic: Asic, id: string): Item[] {
  const { fast, average } = asic.reportedThs;
  const { boards, model } = asic;
  const hashes = (board: (typeof boards)[number]): boolean => board.enabled && board.frequencyMHz > 0;
  const enabled = Math.max(1, boards.filter(hashes).length);
  const mining = isMining(asic);
  const shares = Math.floor(sharesOf(asic) / model.boards);
  return boards.map((board, index) => ({
    ASC: index,
    ID: index,
    Name: "LUXminer",
    Enabled: board.enabled ? "Y" : "N",
    Status: mining && hashes(board) ? "Alive" : "Dead",
    Temperature: Math.round(board.temperatureC),
    "MHS 5s": hashes(board) ? megahash(fast / enabled) : 0,
    "MHS av": hashes(board) ? megahash(average / enabled) : 0,
    "Nominal MHS": megahash((model.physics.thsPerMhz * board.frequencyMHz) / model.boards),
    Accepted: shares,
    Rejected: Math.floor(shares / STALE),
    "Hardware Errors": Math.floor(shares / HARDWARE),
    IsRamping: board.ramping,
    Profile: profileName(asic.profile),
    Frequency: board.frequencyMHz,
    Voltage: board.voltageMV / 1000,
    SerialNumber: `SIM-${id}-${index}`,
  }));
}

export const powerItem = (asic: Asic): Item => ({ PSU: true, Watts: asic.reportedW });

/** The inlet side of a board is some degrees colder than its outlet side. */
export const temperatureItem = (board: BoardView, index: number): Item => ({
  TEMP: index,
  ID: index,
  Board: tenth(board.temperatureC),
  Chip: tenth(board.chipC),
  TopLeft: tenth(board.temperatureC - 4),
  TopRight: tenth(board.temperatureC + 3),
  BottomLeft: tenth(board.temperatureC - 5),
  BottomRight: tenth(board.temperatureC + 4),
});

/** A fifth of their speed on a cold machine, all of it at 75 °C. */
export function fanItems(asic: Asic): Item[] {
  const warmest = Math.max(...asic.boards.map((board) => board.temperatureC));
  const percent = Math.round(Math.min(100, Math.max(20, 20 + ((warmest - 30) / 45) * 80)));
  return [0, 1, 2, 3].map((index) => ({ FAN: index, ID: index, RPM: asic.tachometer(index, percent * 60 + index * 10), Speed: percent }));
}

export function poolItem(asic: Asic, id: string): Item {
  const shares = sharesOf(asic);
  return {
    POOL: 0,
    URL: "stratum+tcp://pool.invalid:3333",
    User: `rig.${id}`,
    Status: "Alive",
    Priority: 0,
    Accepted: shares,
    Rejected: Math.floor(shares / STALE),
    "Stratum Active": isMining(asic),
  };
}

export function limitsItem({ model: { limits } }: Asic): Item {
  return {
    FrequencyMin: limits.frequencyMinMHz,
    FrequencyMax: limits.frequencyMaxMHz,
    FrequencyStep: limits.frequencyStepMHz,
    VoltageMin: limits.voltageMinMV / 1000,
    VoltageMax: limits.voltageMaxMV / 1000,
    VoltageStep: 0.01,
  };
}

export function profileItems({ model: { points, defaultPoint } }: Asic): Item[] {
  const home = points.findIndex((point) => point.id === defaultPoint);
  return points.map((point, index) => ({
    "Profile Name": profileName(point.id),
    Frequency: point.frequencyMHz,
    Voltage: point.voltageMV / 1000,
    Watts: point.powerW,
    Hashrate: point.hashrateThs,
    Step: String(index - home),
    IsDynamic: false,
    IsTuned: false,
  }));
}

export const profileName = (pointId: string): string => `${pointId}MHz`;

const isMining = ({ state }: Asic): boolean => state === "hashing" || state === "ramping";
const sharesOf = (asic: Asic): number => Math.floor(asic.workTh / SHARE_TH);
const gigahash = (ths: number): number => Number((ths * 1e3).toFixed(2));
const megahash = (ths: number): number => Number((ths * 1e6).toFixed(2));
const tenth = (value: number): number => Math.round(value * 10) / 10;

/** Locally administered, the same for the same id. */
export function macOf(id: string): string {
  let hash = 0x811c9dc5;
  for (const char of id) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  const bytes = [0x02, 0x53, ...[24, 16, 8, 0].map((shift) => (hash >>> shift) & 0xff)];
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
