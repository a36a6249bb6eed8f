/** What a WhatsMiner of API V2 says about itself, key by key. */
import { macOf } from "./luxos-reports.ts";
import type { Btminer } from "./whatsminer.ts";
import { WHATSMINER_FIRMWARE } from "./whatsminer.ts";

type Report = Readonly<Record<string, unknown>>;

/** One share of difficulty 262,144 in TH. */
const SHARE_TH = (262_144 * 2 ** 32) / 1e12;
const STALE = 2_000;

export function summaryOf(btminer: Btminer): Report {
  const { asic } = btminer;
  const { fast, slow, average } = asic.reportedThs;
  const boards = temperaturesOf(btminer);
  const shares = sharesOf(btminer);
  return {
    MAC: macOf(btminer.machine.id).toUpperCase(),
    Elapsed: Math.floor(asic.uptimeMs / 1000),
    "MHS av": megahash(average),
    "MHS 5s": megahash(fast),
    "MHS 1m": megahash(fast),
    "MHS 5m": megahash(fast),
    "MHS 15m": megahash(slow),
    "HS RT": megahash(fast),
    Accepted: shares,
    Rejected: Math.floor(shares / STALE),
    "Total MH": Math.round(asic.workTh * 1e6),
    Temperature: Math.max(...boards),
    freq_avg: Math.round(asic.frequencyMHz),
    "Fan Speed In": asic.tachometer(0, btminer.isMining ? 4980 : 0),
    "Fan Speed Out": asic.tachometer(1, btminer.isMining ? 5070 : 0),
    Voltage: Math.round(asic.voltageMV),
    Power: asic.reportedW,
    Power_RT: asic.reportedW,
    "Power Mode": "Normal",
    "Factory GHS": Math.round(asic.model.physics.thsPerMhz * asic.model.limits.frequencyMaxMHz * 1000),
    "Power Limit": asic.model.nameplateW,
    "Env Temp": asic.inletC,
    "Chip Temp Min": Math.min(...asic.boards.map((board) => tenth(board.chipC))),
    "Chip Temp Max": Math.max(...asic.boards.map((board) => tenth(board.chipC))),
    "Upfreq Complete": asic.state === "hashing" ? 1 : 0,
    "Btminer Fast Boot": btminer.fastBoot ? "enable" : "disable",
  };
}

/** Numbers come as strings here and there, as on the real thing. */
export function boardsOf(btminer: Btminer): Report[] {
  const { asic } = btminer;
  const { fast, average } = asic.reportedThs;
  const { boards } = asic.model;
  return asic.boards.map((board, index) => ({
    ASC: index,
    Slot: index,
    Enabled: "Y",
    Status: "Alive",
    Temperature: tenth(board.temperatureC),
    "Chip Frequency": btminer.isMining ? Math.round(board.frequencyMHz) : 0,
    "MHS av": String(megahash(average / boards)),
    "MHS 5s": megahash(fast / boards),
    "HS RT": megahash(fast / boards),
    "Upfreq Complete": asic.state === "hashing" ? 1 : 0,
    "Effective Chips": 117,
    "PCB SN": `SIM-${btminer.machine.id}-${index}`,
    "Chip Temp Min": tenth(board.chipC - 4),
    "Chip Temp Max": tenth(board.chipC + 4),
    "Chip Temp Avg": tenth(board.chipC),
  }));
}

export function poolsOf(btminer: Btminer): Report[] {
  const shares = sharesOf(btminer);
  return [
    {
      POOL: 1,
      URL: "stratum+tcp://pool.invalid:3333",
      Status: "Alive",
      User: `rig.${btminer.machine.id}`,
      "Stratum Active": btminer.isMining,
      Accepted: shares,
      Rejected: Math.floor(shares / STALE),
    },
  ];
}

export function statusMessageOf(btminer: Btminer): Report {
  return {
    mineroff: String(btminer.isOff),
    mineroff_reason: btminer.isOff ? "api poweroff" : "",
    mineroff_time: "",
    FirmwareVersion: WHATSMINER_FIRMWARE,
    power_mode: "Normal",
    power_limit_set: "",
    hash_percent: "",
  };
}

/** Hundredths of a volt, milliamperes and watts, all as text. */
export function psuOf(btminer: Btminer): Report {
  const power = btminer.asic.reportedW;
  return { name: "P221C", hw_version: "V10.0", sw_version: "V4.01", model: "P221C", iin: String(Math.round((power / 230) * 1000)), vin: "23000", pin: String(power), fan_speed: "6112", temp0: "38.5" };
}

export const temperaturesOf = ({ asic }: Btminer): number[] => asic.boards.map((board) => tenth(board.temperatureC));
const sharesOf = ({ asic }: Btminer): number => Math.floor(asic.workTh / SHARE_TH);
const megahash = (ths: number): number => Number((ths * 1e6).toFixed(2));
const tenth = (value: number): number => Math.round(value * 10) / 10;
