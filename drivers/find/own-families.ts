/** Those that answer in words of their own: over HTTP, and WhatsMiners. */
import { field, isObject, numberAt, rowsAt, textAt } from "../cgminer/json.ts";
import { at } from "../http/path.ts";
import { said } from "./about.ts";
import { countOf, row, serialsOf, type Family } from "./family.ts";
import { btminer, framed, web } from "./questions.ts";

export const GET_VERSION = btminer("get_version");
export const VNISH_INFO = web("/api/v1/info");
export const AXEOS_INFO = web("/api/system/info");
export const EPIC_CAPABILITIES = web("/capabilities", 4028);
export const DEVICE_INFO = framed("get.device.info");

export const OWN_FAMILIES: readonly Family[] = [
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
        boardSerials: Array.isArray(serials) ? (serials as readonly unknown[]).map((serial) => (typeof serial === "string" ? said(serial) : null)) : [],
      };
    },
  },
  {
    shownBy: GET_VERSION, driver: () => "whatsminer-v2", firmware: "MicroBT stock, API V2", make: "MicroBT",
    signs: [(answer) => textAt(at(answer, "Msg"), "fw_ver") !== null, (answer) => textAt(at(answer, "Msg"), "api_ver") !== null, (answer) => textAt(at(answer, "Msg"), "platform") !== null],
    about: async (answer, ask) => {
      const summary = row(await ask(btminer("summary")), "SUMMARY");
      const details = row(await ask(btminer("devdetails")), "DEVDETAILS");
      const boards = rowsAt((await ask(btminer("edevs"))) ?? undefined, "DEVS");
      return { type: typeOfWhatsminer(textAt(details, "Model")), version: textAt(at(answer, "Msg"), "fw_ver"), mac: textAt(summary, "MAC"), boards: countOf(boards), boardSerials: serialsOf(boards, "PCB SN") };
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
