import type { Asic } from "./asic.ts";
import type { Item } from "./cgminer-answer.ts";
import { fanItems, macOf, summaryItem } from "./luxos-reports.ts";

/** Which of Canaan's generations: they differ in what they take and in what they tell. */
export type Generation = "7" | "8" | "10" | "modern";

export const AVALON_BUILD = "24102401_14a19a2";

/** "AvalonMiner A1346" calls itself "AvalonMiner 1346-110"; the small ones go by name. */
export function versionItem(asic: Asic, id: string): Item {
  const number = /\bA(\d{3,4})\b/.exec(asic.model.name)?.[1];
  const model = number === undefined ? asic.model.name.replace(/^Avalon /, "") : `${number}-${Math.round(asic.reportedThs.average)}`;
  return {
    CGMiner: "4.11.1",
    API: "3.7",
    PROD: number === undefined ? asic.model.name : `AvalonMiner ${model}`,
    MODEL: model,
    HWTYPE: "MM4v1_X3",
    SWTYPE: "MM317",
    LVERSION: AVALON_BUILD,
    DNA: `0201000${macOf(id).replaceAll(":", "")}`,
    MAC: macOf(id).replaceAll(":", ""),
    UPAPI: 2,
  };
}

/** The spans Canaan's cgminer has. */
export function avalonSummary(asic: Asic, seconds: number): Item {
  const { fast, slow, average } = asic.reportedThs;
  const { Elapsed, Accepted, Rejected, "Hardware Errors": errors } = summaryItem(asic, seconds);
  return {
    Elapsed: Elapsed ?? 0,
    "MHS av": megahash(average),
    "MHS 30s": megahash(fast),
    "MHS 1m": megahash(fast),
    "MHS 5m": megahash(slow),
    "MHS 15m": megahash(slow),
    "Found Blocks": 0,
    Accepted: Accepted ?? 0,
    Rejected: Rejected ?? 0,
    "Hardware Errors": errors ?? 0,
  };
}

export interface Settings {
  readonly generation: Generation;
  /** In 10 mV: what the supply is told to have. */
  readonly supply: number;
  /** The place of its mode among the points. */
  readonly mode: number;
  readonly levels: boolean;
  readonly lamp: boolean;
}

export function statsItem(asic: Asic, settings: Settings): Item {
  const texts = settings.generation === "7" || settings.generation === "8" ? asic.boards.map((_, module) => old(asic, module, settings)) : [young(asic, settings)];
  const first = texts.length === 1 ? 0 : 1;
  return {
    STATS: 0,
    ID: "AVA100",
    Elapsed: Math.floor(asic.uptimeMs / 1000),
    "MM Count": texts.length,
    ...Object.fromEntries(texts.map((text, index) => [`MM ID${index + first}`, text])),
    "Smart Speed": 1,
  };
}

/** A module of a 7 or 8: no supply, no state. */
function old(asic: Asic, module: number, { generation }: Settings): string {
  const board = asic.boards[module];
  const rate = asic.reportedThs.fast / asic.model.boards;
  const voltage = generation === "7" ? ` Vo[${(board?.voltageMV ?? 0) * 10}]` : "";
  return `Ver[${generation}41${AVALON_BUILD}] DNA[0135dde2f6a8ab8${module}] Elapsed[${Math.floor(asic.uptimeMs / 1000)}] Temp[${tenth(asic.inletC)}] TMax[${Math.round(board?.chipC ?? 0)}] Fan1[${asic.tachometer(0, 3_600)}]${voltage} GHSmm[${gigahash(rate)}] Freq[${tenth(board?.frequencyMHz ?? 0)}] PG[15] Led[0]`;
}

function young(asic: Asic, { generation, supply, mode, levels, lamp }: Settings): string {
  const { boards, model } = asic;
  const { fast, average } = asic.reportedThs;
  const asleep = asic.state === "asleep";
  const volts = Math.round((boards[0]?.voltageMV ?? 0) / 10);
  const amps = volts === 0 ? 0 : Math.round((asic.reportedW * 100) / volts);
  const supplied = `PS[0 1205 ${asleep ? 0 : volts} ${amps} ${asic.reportedW} ${supply}${generation === "10" ? "" : ` ${asic.reportedW}`}]`;
  const word = asleep ? "Idle" : asic.state === "starting" ? "Init" : asic.state === "fault" ? "Fault" : "Work";
  const fans = fanItems(asic).map((fan, index) => `Fan${index + 1}[${Number(fan["RPM"])}]`).join(" ");
  const each = (of: (index: number) => string | number): string => boards.map((_, index) => of(index)).join(" ");
  return [
    `Ver[${model.name}-${AVALON_BUILD}] STATE[2] SYSTEMSTATU[Work: In ${word}, Hash Board: ${boards.length}]`,
    `Elapsed[${Math.floor(asic.uptimeMs / 1000)}] ITemp[${Math.round(asic.inletC)}] MTmax[${each((index) => Math.round(boards[index]?.chipC ?? 0))}]`,
    `MTavg[${each((index) => Math.round(boards[index]?.temperatureC ?? 0))}] ${fans} FanR[50%]`,
    supplied,
    `GHSspd[${gigahash(fast)}] GHSmm[${gigahash(fast)}] GHSavg[${gigahash(average)}] Freq[${tenth(boards.reduce((sum, board) => sum + board.frequencyMHz, 0) / boards.length)}]`,
    `MGHS[${each(() => gigahash(fast / boards.length))}] Led[${lamp ? 1 : 0}]`,
    boards.map(({ frequencyMHz }, index) => `SF${index}[${Array.from({ length: 4 }, () => Math.round(frequencyMHz)).join(" ")}]`).join(" "),
    `ECHU[${each(() => 0)}] ECMM[0] WORKMODE[${mode}]${levels ? ` WORKLVL[${mode}]` : ""} SoftOFF[${asleep ? 1 : 0}] HASHS[${each(() => 0)}]`,
  ].join(" ");
}

const gigahash = (ths: number): string => (ths * 1e3).toFixed(2);
const megahash = (ths: number): number => Number((ths * 1e6).toFixed(2));
const tenth = (value: number): number => Math.round(value * 10) / 10;
