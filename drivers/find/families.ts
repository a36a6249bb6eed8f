/**
 * How each family is recognised, as data: which question shows it, signs in the answer of which two have to hold, and what else
 * it tells about itself. One field alone proves nothing: firmwares borrow each other's names.
 */
import { field, isObject, numberAt, rowsAt, textAt, type JsonObject } from "../cgminer/json.ts";
import { at } from "../http/path.ts";
import type { DriverName } from "../index.ts";
import { modulesOf, numbersAt } from "../avalon/brackets.ts";
import { macOf, said, UNSAID, type About } from "./about.ts";
import { btminer, framed, rpc, web, type Question } from "./questions.ts";

export type Ask = (question: Question) => Promise<JsonObject | null>;

export interface Family {
  readonly shownBy: Question;
  readonly signs: readonly ((answer: JsonObject) => boolean)[];
  readonly driver: (answer: JsonObject) => DriverName;
  readonly firmware: string;
  readonly make: string;
  /** Answers to the general question as others do, and is more than those. */
  readonly rank?: number;
  /** `driver`: where a second look shows another one. */
  readonly about: (answer: JsonObject, ask: Ask) => Promise<Partial<About> & { readonly driver?: DriverName }>;
}

export const VERSION = rpc("version");
export const GET_VERSION = btminer("get_version");
const VNISH_INFO = web("/api/v1/info");
const AXEOS_INFO = web("/api/system/info");
const EPIC_CAPABILITIES = web("/capabilities", 4028);
const DEVICE_INFO = framed("get.device.info");

/** General questions first: one of them is understood by most. */
export const QUESTIONS: readonly Question[] = [VERSION, EPIC_CAPABILITIES, GET_VERSION, VNISH_INFO, AXEOS_INFO, DEVICE_INFO];

const row = (answer: JsonObject | null, name: string): JsonObject | undefined => rowsAt(answer ?? undefined, name)[0];
const versionOf = (answer: JsonObject): JsonObject | undefined => row(answer, "VERSION");
/** Who answers, by the envelope. */
const named = (pattern: RegExp) => (answer: JsonObject): boolean => pattern.test(textAt(row(answer, "STATUS"), "Description") ?? textAt(answer, "Description") ?? "");
/** Who answers, by a key of the version. */
const keyed = (pattern: RegExp) => (answer: JsonObject): boolean => Object.keys(versionOf(answer) ?? {}).some((key) => pattern.test(key));
const typed = (pattern: RegExp) => (answer: JsonObject): boolean => pattern.test(textAt(versionOf(answer), "Type") ?? "");
const isCanaan = (answer: JsonObject): boolean => /avalon|^(\d{3,4}[-A-Z]|Q\b|Nano|Mini)/i.test(textAt(versionOf(answer), "PROD") ?? textAt(versionOf(answer), "MODEL") ?? "");

const serialsOf = (rows: readonly JsonObject[], key: string): string[] => rows.map((one) => said(textAt(one, key))).filter((serial) => serial !== null);
const typeFrom = async (ask: Ask): Promise<string | null> => said(textAt(row(await ask(rpc("devdetails")), "DEVDETAILS"), "Model"))?.replace(/^Bitmain /, "") ?? null;
const countOf = (rows: readonly unknown[]): number | null => (rows.length === 0 ? null : rows.length);

/** The generation by the number in the name: A7 to A9 are driven by cgminer's own words, A10 by privilege. */
function avalonDriver(name: string): DriverName {
  const number = Number(/\d{3,4}/.exec(name)?.[0] ?? Number.NaN);
  if (number < 1000) return "avalon-7";
  return number < 1100 ? "avalon-10" : "avalon";
}

export const FAMILIES: readonly Family[] = [
  {
    // It tells what stock firmware tells, and its own name.
    shownBy: VERSION, rank: 1, driver: () => "luxos", firmware: "LuxOS", make: "Bitmain",
    signs: [named(/luxminer/i), keyed(/luxminer/i)],
    about: async (answer, ask) => {
      const config = row(await ask(rpc("config")), "CONFIG");
      const boards = rowsAt((await ask(rpc("devs"))) ?? undefined, "DEVS");
      return { type: textAt(versionOf(answer), "Type") ?? textAt(config, "Model"), version: textAt(versionOf(answer), "LUXminer"), mac: textAt(config, "MACAddr"), serial: textAt(config, "SerialNumber"), boards: countOf(boards), boardSerials: serialsOf(boards, "SerialNumber") };
    },
  },
  {
    shownBy: VERSION, rank: 1, driver: () => "braiins", firmware: "Braiins OS", make: "Bitmain",
    signs: [named(/bos(er|miner)/i), keyed(/bos(er|miner)/i)],
    about: async (answer, ask) => ({ type: await typeFrom(ask), version: textAt(versionOf(answer), "BOSer") ?? textAt(versionOf(answer), "BOSminer+") ?? textAt(versionOf(answer), "BOSminer") }),
  },
  {
    shownBy: VERSION, driver: () => "antminer", firmware: "Bitmain stock", make: "Bitmain",
    signs: [typed(/^Antminer /), keyed(/^CompileTime$/), named(/^(cgminer 1\.|bmminer)/i), keyed(/^BMMiner$/i)],
    about: async (answer, ask) => {
      const machine = rowsAt((await ask(rpc("stats"))) ?? undefined, "STATS")[1];
      return { type: textAt(versionOf(answer), "Type"), version: textAt(versionOf(answer), "CompileTime"), boards: numberAt(machine, "miner_count") };
    },
  },
  {
    shownBy: VERSION, driver: (answer) => avalonDriver(textAt(versionOf(answer), "MODEL") ?? textAt(versionOf(answer), "PROD") ?? ""), firmware: "Canaan stock", make: "Canaan",
    signs: [isCanaan, keyed(/^(DNA|HWTYPE|UPAPI|LVERSION)$/)],
    about: async (answer, ask) => {
      const version = versionOf(answer);
      const modules = modulesOf((await ask(rpc("estats"))) ?? {});
      const boards = modules.reduce((sum, module) => sum + Math.max(1, numbersAt(module, "MGHS").length), 0);
      return { type: textAt(version, "PROD") ?? textAt(version, "MODEL"), version: textAt(version, "LVERSION") ?? textAt(version, "VERSION"), mac: textAt(version, "MAC"), serial: textAt(version, "DNA"), boards: boards === 0 ? null : boards };
    },
  },
  {
    shownBy: VERSION, driver: () => "auradine", firmware: "FluxOS", make: "Auradine",
    signs: [named(/gcminer|fluxos/i), keyed(/gcminer/i)],
    about: async (answer, ask) => ({ type: await typeFrom(ask), version: textAt(versionOf(answer), "GCMiner"), boards: countOf(rowsAt((await ask(rpc("devs"))) ?? undefined, "DEVS")) }),
  },
  {
    shownBy: VERSION, driver: () => "sealminer", firmware: "Bitdeer stock", make: "Bitdeer",
    signs: [named(/bdminer/i), keyed(/bdminer/i)],
    about: async (_answer, ask) => {
      const stats = row(await ask(rpc("stats")), "STATS");
      const boards = numberAt(stats, "Board Count");
      const serials = Array.from({ length: Math.min(16, boards ?? 0) }, (_, board) => said(textAt(stats, `${board} SN`))).filter((serial) => serial !== null);
      return { type: await typeFrom(ask), version: textAt(stats, "Firmware"), mac: textAt(stats, "MAC"), serial: textAt(stats, "Ctrl Board SN"), boards, boardSerials: serials };
    },
  },
  {
    // What others are built on: anything that says more than this is more than this.
    shownBy: VERSION, rank: -1, driver: () => "cgminer", firmware: "cgminer", make: "unknown",
    signs: [named(/^cgminer [2-9]/i), keyed(/^CGMiner$/)],
    about: async (answer, ask) => {
      // An Avalon 7 or 8 shows itself in its statistics only.
      const [module] = modulesOf((await ask(rpc("estats"))) ?? {});
      const number = /^(\d)\d*/.exec(module?.get("Ver") ?? "")?.[1];
      if (module !== undefined && number !== undefined) return { driver: "avalon-7", type: `AvalonMiner ${number}41`, version: textAt(versionOf(answer), "CGMiner") };
      return { version: textAt(versionOf(answer), "CGMiner"), boards: countOf(rowsAt((await ask(rpc("devs"))) ?? undefined, "DEVS")) };
    },
  },
  {
    shownBy: VERSION, rank: -1, driver: () => "bfgminer", firmware: "bfgminer", make: "unknown",
    signs: [named(/^bfgminer/i), keyed(/^(BFGMiner|CGMiner)$/)],
    about: async (answer, ask) => ({ version: textAt(versionOf(answer), "BFGMiner"), boards: countOf(rowsAt((await ask(rpc("procs"))) ?? undefined, "DEVS")) }),
  },
  {
    shownBy: EPIC_CAPABILITIES, rank: 1, driver: () => "epic", firmware: "ePIC PowerPlay", make: "Bitmain",
    signs: [(answer) => textAt(answer, "Model") !== null, (answer) => numberAt(answer, "Default Clock") !== null || numberAt(answer, "Default Hashrate") !== null, (answer) => isObject(field(answer, "Psu Info"))],
    about: async (answer, ask) => {
      const network = (await ask(web("/network", 4028))) ?? {};
      const serials = field(answer, "Board Serial Numbers");
      const software = textAt((await ask(web("/summary", 4028))) ?? undefined, "Software");
      return {
        type: textAt(answer, "Model"), version: /v?(\d[\w.]*)/.exec(software ?? "")?.[1] ?? null, serial: textAt(answer, "Miner Serial Number"), boards: numberAt(answer, "Max HBs"),
        mac: Object.values(network).map((way) => textAt(way, "mac_address")).find((mac) => mac !== null) ?? null,
        boardSerials: Array.isArray(serials) ? (serials as readonly unknown[]).filter((serial) => typeof serial === "string") : [],
      };
    },
  },
  {
    shownBy: GET_VERSION, driver: () => "whatsminer-v2", firmware: "MicroBT stock, API V2", make: "MicroBT",
    signs: [(answer) => textAt(at(answer, "Msg"), "fw_ver") !== null, (answer) => textAt(at(answer, "Msg"), "api_ver") !== null, (answer) => textAt(at(answer, "Msg"), "platform") !== null],
    about: async (answer, ask) => {
      const summary = row(await ask(btminer("summary")), "SUMMARY");
      const details = row(await ask(btminer("devdetails")), "DEVDETAILS");
      return { type: typeOfWhatsminer(textAt(details, "Model")), version: textAt(at(answer, "Msg"), "fw_ver"), mac: textAt(summary, "MAC"), boards: countOf(rowsAt((await ask(btminer("edevs"))) ?? undefined, "DEVS")) };
    },
  },
  {
    shownBy: DEVICE_INFO, rank: 1, driver: () => "whatsminer-v3", firmware: "MicroBT stock, API V3", make: "MicroBT",
    signs: [(answer) => textAt(answer, "desc") === "get.device.info", (answer) => textAt(at(answer, "msg", "system"), "fwversion") !== null, (answer) => textAt(at(answer, "msg", "miner"), "type") !== null],
    about: async (answer) => ({
      type: typeOfWhatsminer(textAt(at(answer, "msg", "miner"), "type")), version: textAt(at(answer, "msg", "system"), "fwversion"), mac: textAt(at(answer, "msg", "network"), "mac"),
      serial: textAt(at(answer, "msg", "miner"), "miner-sn"), boards: numberAt(at(answer, "msg", "miner"), "board-num"),
    }),
  },
  {
    shownBy: VNISH_INFO, rank: 1, driver: () => "vnish", firmware: "VNish", make: "Bitmain",
    signs: [(answer) => textAt(answer, "fw_name")?.toLowerCase() === "vnish", (answer) => textAt(answer, "fw_version") !== null, (answer) => textAt(answer, "hr_measure") !== null],
    about: async (answer, ask) => {
      const chains = rowsAt(at((await ask(web("/api/v1/summary"))) ?? {}, "miner"), "chains");
      return { type: textAt(answer, "miner"), version: textAt(answer, "fw_version"), mac: textAt(at(answer, "system", "network_status"), "mac"), serial: textAt(answer, "serial"), boards: countOf(chains) };
    },
  },
  {
    shownBy: AXEOS_INFO, rank: 1, driver: () => "axeos", firmware: "AxeOS", make: "Bitaxe",
    signs: [(answer) => textAt(answer, "ASICModel") !== null, (answer) => numberAt(answer, "coreVoltage") !== null, (answer) => textAt(answer, "axeOSVersion") !== null],
    about: async (answer, ask) => {
      const model = textAt(answer, "deviceModel") ?? textAt((await ask(web("/api/system/asic"))) ?? undefined, "deviceModel");
      return { type: model === null ? null : `Bitaxe ${model} ${textAt(answer, "boardVersion") ?? ""}`.trim(), version: textAt(answer, "version"), mac: textAt(answer, "macAddr"), boards: 1 };
    },
  },
];

/** "M30S++VG40" and "M60_VL10" are versions of an M30S++ and an M60. */
const typeOfWhatsminer = (type: string | null): string | null => (type === null ? null : `WhatsMiner ${type.replace(/_.*$/, "").replace(/^WhatsMiner /i, "").replace(/V[A-Z]{0,2}\d+$/, "")}`);

/** What was said, made alike. */
export const aboutOf = (told: Partial<About>): About => ({
  ...UNSAID, ...told,
  type: said(told.type ?? null), version: said(told.version ?? null), mac: macOf(told.mac ?? null), serial: said(told.serial ?? null),
});
