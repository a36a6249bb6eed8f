/** Finds out what answers at an address: one harmless question in the language of each family, until one is understood. */
import { field, isObject, rowsAt, textAt, type Json } from "../../drivers/cgminer/json.ts";
import { parseReply } from "../../drivers/cgminer/parse.ts";
import { exchange as exchangeTcp, type Address } from "../../drivers/cgminer/wire.ts";
import { exchange as exchangeHttp } from "../../drivers/http/exchange.ts";
import type { DriverName } from "../../drivers/index.ts";
import { loadModel, modelIds } from "../../drivers/models.ts";
import { exchangeFramed } from "../../drivers/whatsminer/frame.ts";
import { DeviceError } from "../runtime/errors.ts";

export interface Answered {
  readonly question: string;
  readonly address: string;
  /** As it came, or why nothing did. */
  readonly answer: string;
}

export interface Finding {
  readonly driver: DriverName;
  readonly address: Address;
  /** The machine in its own words; null: it did not say. */
  readonly type: string | null;
}

export interface Probe {
  /** null: nothing that this package has a driver for. */
  readonly finding: Finding | null;
  readonly answers: readonly Answered[];
}

const LIMITS = { deadlineMs: 3_000, maxBytes: 64 * 1024 } as const;

interface Question {
  readonly name: string;
  readonly usualPort: number;
  readonly ask: (address: Address, signal: AbortSignal) => Promise<string>;
  /** Which driver speaks to what answers so; null: none that this question finds. */
  readonly recognise: (answer: string) => Omit<Finding, "address"> | null;
}

const QUESTIONS: readonly Question[] = [
  { name: '{"command":"version"}', usualPort: 4028, ask: (address, signal) => exchangeTcp(address, '{"command":"version"}', LIMITS, signal), recognise: byVersion },
  { name: '{"cmd":"get_version"}', usualPort: 4028, ask: (address, signal) => exchangeTcp(address, '{"cmd":"get_version"}', LIMITS, signal), recognise: byFirmware },
  { name: "GET /api/v1/info", usualPort: 80, ask: askWeb, recognise: byInfo },
  { name: '{"cmd":"get.device.info"}', usualPort: 4433, ask: (address, signal) => exchangeFramed(address, '{"cmd":"get.device.info"}', LIMITS, signal), recognise: byDeviceInfo },
];

/** `port`: asked everywhere instead of the usual ones. Rejects only with the signal's reason. */
export async function probe(host: string, port: number | null, signal: AbortSignal): Promise<Probe> {
  const answers: Answered[] = [];
  for (const { name, usualPort, ask, recognise } of QUESTIONS) {
    const address = { host, port: port ?? usualPort };
    const answer = await ask(address, signal).catch((error: unknown) => {
      if (error instanceof DeviceError) return error;
      throw error;
    });
    answers.push({ question: name, address: `${host}:${address.port}`, answer: typeof answer === "string" ? answer : answer.message });
    const found = typeof answer === "string" ? recognise(answer) : null;
    if (found !== null) return { finding: { ...found, address }, answers };
  }
  return { finding: null, answers };
}

/** The model file of a machine that calls itself so; null: none. */
export function modelOf(type: string | null): string | null {
  if (type === null) return null;
  const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9+]/g, "");
  return modelIds().find((id) => plain(loadModel(id).name) === plain(type)) ?? null;
}

async function askWeb(address: Address, signal: AbortSignal): Promise<string> {
  return (await exchangeHttp(address, { method: "GET", path: "/api/v1/info" }, LIMITS, signal)).body;
}

function byVersion(answer: string): Omit<Finding, "address"> | null {
  const reply = json(answer);
  const [status, version] = [rowsAt(reply, "STATUS")[0], rowsAt(reply, "VERSION")[0]];
  const software = `${textAt(status, "Description") ?? ""} ${Object.keys(version ?? {}).join(" ")}`.toLowerCase();
  const type = textAt(version, "Type");
  if (software.includes("luxminer")) return { driver: "luxos", type };
  if (software.includes("boser") || software.includes("bosminer")) return { driver: "braiins", type };
  // VNish answers like stock here, and says its own name.
  if (/vnish|xminer/i.test(answer)) return null;
  if (type?.startsWith("Antminer") === true) return { driver: "antminer", type };
  return byStatus(answer);
}

function byFirmware(answer: string): Omit<Finding, "address"> | null {
  const msg = field(json(answer), "Msg");
  return textAt(msg, "fw_ver") !== null && textAt(msg, "api_ver") !== null ? { driver: "whatsminer-v2", type: null } : byStatus(answer);
}

/** Some versions of V2 sign what they answer, also to commands they do not know. */
function byStatus(answer: string): Omit<Finding, "address"> | null {
  const reply = json(answer);
  const named = textAt(reply, "Description") ?? textAt(rowsAt(reply, "STATUS")[0], "Description");
  return /whatsminer|btminer/i.test(named ?? "") ? { driver: "whatsminer-v2", type: null } : null;
}

function byInfo(answer: string): Omit<Finding, "address"> | null {
  const info = json(answer);
  return textAt(info, "fw_name")?.toLowerCase() === "vnish" ? { driver: "vnish", type: textAt(info, "miner") } : null;
}

function byDeviceInfo(answer: string): Omit<Finding, "address"> | null {
  const info = json(answer);
  if (textAt(info, "desc") !== "get.device.info") return null;
  const type = textAt(field(field(info, "msg"), "miner"), "type");
  return { driver: "whatsminer-v3", type: type === null ? null : `WhatsMiner ${type.replace(/_.*$/, "")}` };
}

function json(text: string): Json {
  try {
    const { value } = parseReply(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
