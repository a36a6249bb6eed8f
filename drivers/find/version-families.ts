/** Those that answer cgminer's `version`: who it is stands in the envelope and among the keys. */
import { numbersAt, modulesOf } from "../avalon/brackets.ts";
import { numberAt, rowsAt, textAt, type JsonObject } from "../cgminer/json.ts";
import type { DriverName } from "../index.ts";
import { said } from "./about.ts";
import { countOf, row, serialsOf, type Ask, type Family } from "./family.ts";
import { rpc } from "./questions.ts";

export const VERSION = rpc("version");

const versionOf = (answer: JsonObject): JsonObject | undefined => row(answer, "VERSION");
/** Who answers, by the envelope. */
const named = (pattern: RegExp) => (answer: JsonObject): boolean => pattern.test(textAt(row(answer, "STATUS"), "Description") ?? textAt(answer, "Description") ?? "");
/** Who answers, by a key of the version. */
const keyed = (pattern: RegExp) => (answer: JsonObject): boolean => Object.keys(versionOf(answer) ?? {}).some((key) => pattern.test(key));
const typed = (pattern: RegExp) => (answer: JsonObject): boolean => pattern.test(textAt(versionOf(answer), "Type") ?? "");
const isCanaan = (answer: JsonObject): boolean => /avalon|^(\d{3,4}[-A-Z]|Q\b|Nano|Mini)/i.test(textAt(versionOf(answer), "PROD") ?? textAt(versionOf(answer), "MODEL") ?? "");

const typeFrom = async (ask: Ask): Promise<string | null> => said(textAt(row(await ask(rpc("devdetails")), "DEVDETAILS"), "Model"))?.replace(/^Bitmain /, "") ?? null;

/** The generation by the number in the name: A7 to A9 are driven by cgminer's own words, A10 by privilege. */
function avalonDriver(name: string): DriverName {
  const number = Number(/\d{3,4}/.exec(name)?.[0] ?? Number.NaN);
  if (number < 1000) return "avalon-7";
  return number < 1100 ? "avalon-10" : "avalon";
}

export const VERSION_FAMILIES: readonly Family[] = [
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
      const serials = Array.from({ length: Math.min(16, boards ?? 0) }, (_, board) => said(textAt(stats, `${board} SN`)));
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
];
