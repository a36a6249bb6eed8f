/** The firmwares a rig can run, by the name of their driver. A new one is one entry here and its files beside. */
import { ANTMINER_PASSWORD, ANTMINER_POWER_PORT, ANTMINER_START, AntminerFirmware } from "./antminer.ts";
import type { Start } from "./asic.ts";
import { AVALON_START, AvalonFirmware } from "./avalon.ts";
import { AURADINE_PASSWORD, AURADINE_START, AuradineFirmware } from "./auradine.ts";
import { AxeosFirmware } from "./axeos.ts";
import { BRAIINS_PASSWORD, BraiinsFirmware } from "./braiins.ts";
import type { Firmware } from "./cgminer-answer.ts";
import type { SimServer } from "./cgminer-server.ts";
import { startCgminerServer } from "./cgminer-server.ts";
import { ClassicFirmware } from "./classic.ts";
import { EPIC_PASSWORD, EPIC_START, EpicFirmware } from "./epic.ts";
import { startHttpServer, type WebFirmware } from "./http-server.ts";
import { LuxosFirmware } from "./luxos.ts";
import type { SimClock, SimMachine } from "./machine.ts";
import type { Random } from "./random.ts";
import { SEALMINER_PASSWORD, SEALMINER_START, SealminerFirmware } from "./sealminer.ts";
import { VNISH_PASSWORD, VnishFirmware } from "./vnish.ts";
import { startWhatsminerServer } from "./whatsminer-server.ts";
import { WhatsminerV2 } from "./whatsminer-v2.ts";
import { WhatsminerV3 } from "./whatsminer-v3.ts";
import { Btminer } from "./whatsminer.ts";

/** The machine a firmware speaks for. */
export interface Place {
  readonly machine: SimMachine;
  readonly clock: SimClock;
  readonly random: Random;
  readonly latencyMs: number;
}

/** Where one of its servers listens. Port 0: a free one. */
export interface ListenAt {
  readonly host: string;
  readonly port: number;
}

export type Plug = (at: ListenAt) => Promise<SimServer>;

/** What a machine offers to the network. */
export interface Plugs {
  /** What `miners[].address` names. */
  readonly api: Plug;
  /** A second server (`miners[].webPort`), for firmware that needs one. */
  readonly web?: Plug;
  /** One on a port that nobody can choose: only machines with an address of their own have it. */
  readonly fixed?: { readonly port: number; readonly plug: Plug };
}

export interface SimFirmware {
  /** Makers whose machines it runs on. */
  readonly makes: readonly string[];
  /** Given out in turn where the rig's models are not said. */
  readonly models: readonly string[];
  /** What orders need, as the machine leaves the factory; null: none. */
  readonly password: string | null;
  /** How its mining process starts; unset: it wakes live. */
  readonly start?: Start;
  /** How slowly its tuner walks from one frequency to the next; unset: as the model does. */
  readonly frequencyStepMs?: number;
  readonly plugs: (place: Place) => Plugs;
}

/** Without fast boot. */
const WHATSMINER = { makes: ["MicroBT"], start: { downMs: 20_000, climbMs: 420_000 } } as const;

const AVALON = { makes: ["Canaan"], password: null, start: AVALON_START } as const;

export const firmwares = {
  avalon: { ...AVALON, models: ["avalon-a1346", "avalon-a1566", "avalon-q", "avalon-nano-3s"], plugs: (place) => ({ api: rpc(place, new AvalonFirmware(place, "modern")) }) },
  "avalon-10": { ...AVALON, models: ["avalon-a1066"], plugs: (place) => ({ api: rpc(place, new AvalonFirmware(place, "10")) }) },
  "avalon-7": { ...AVALON, models: ["avalon-a841", "avalon-a741"], plugs: (place) => ({ api: rpc(place, new AvalonFirmware(place, place.machine.firmware.model.id === "avalon-a741" ? "7" : "8")) }) },
  cgminer: { makes: ["Canaan", "Burnin"], models: ["bitburner-fury", "avalon-batch-1"], password: null, plugs: (place) => ({ api: rpc(place, new ClassicFirmware(place, "cgminer")) }) },
  bfgminer: { makes: ["Rockminer"], models: ["rockminer-r3-box"], password: null, plugs: (place) => ({ api: rpc(place, new ClassicFirmware(place, "bfgminer")) }) },
  epic: { makes: ["Bitmain"], models: ["antminer-s19j-pro", "antminer-s19"], password: EPIC_PASSWORD, start: EPIC_START, plugs: epic },
  auradine: { makes: ["Auradine"], models: ["teraflux-at2880", "teraflux-at1500"], password: AURADINE_PASSWORD, start: AURADINE_START, frequencyStepMs: 1_000, plugs: auradine },
  axeos: { makes: ["Bitaxe"], models: ["bitaxe-gamma", "bitaxe-supra"], password: null, plugs: axeos },
  sealminer: { makes: ["Bitdeer"], models: ["sealminer-a2"], password: SEALMINER_PASSWORD, start: SEALMINER_START, plugs: sealminer },
  luxos: { makes: ["Bitmain"], models: ["antminer-s19k-pro"], password: null, plugs: luxos },
  // 100 MHz in half a minute: a tuner with a profile for the new target; without one it takes longer.
  braiins: { makes: ["Bitmain"], models: ["antminer-s19-xp", "antminer-s21-pro"], password: BRAIINS_PASSWORD, frequencyStepMs: 1_500, plugs: braiins },
  antminer: { makes: ["Bitmain"], models: ["antminer-s19-pro", "antminer-s19", "antminer-s21"], password: ANTMINER_PASSWORD, start: ANTMINER_START, plugs: antminer },
  // Mining starts with the boards' initialisation, about half a minute, and climbs for as long.
  vnish: { makes: ["Bitmain"], models: ["antminer-s21-pro", "antminer-s19k-pro"], password: VNISH_PASSWORD, start: { downMs: 30_000, climbMs: 30_000 }, plugs: vnish },
  "whatsminer-v2": { ...WHATSMINER, models: ["whatsminer-m30s-plus-plus", "whatsminer-m50s", "whatsminer-m53"], password: "admin", plugs: whatsminerV2 },
  "whatsminer-v3": { ...WHATSMINER, models: ["whatsminer-m60", "whatsminer-m63"], password: "super", plugs: whatsminerV3 },
} as const satisfies Record<string, SimFirmware>;

export type FirmwareName = keyof typeof firmwares;

export const firmwareNames = Object.keys(firmwares) as readonly FirmwareName[];

function braiins(place: Place): Plugs {
  const firmware = new BraiinsFirmware(place);
  return { api: rpc(place, firmware.reports), web: http(place, (request) => firmware.answer(request)) };
}

function luxos(place: Place): Plugs {
  return { api: rpc(place, new LuxosFirmware(place.machine, place.clock, place)) };
}

function antminer(place: Place): Plugs {
  const firmware = new AntminerFirmware(place);
  const fixed = { port: ANTMINER_POWER_PORT, plug: http(place, (request) => firmware.powerPort(request)) };
  return { api: rpc(place, firmware), web: http(place, (request) => firmware.web(request)), fixed };
}

function whatsminerV2(place: Place): Plugs {
  const { answer } = new WhatsminerV2({ btminer: new Btminer(place.machine), clock: place.clock, random: place.random, password: "admin" });
  return { api: (at) => startWhatsminerServer({ ...at, ...served(place), framing: "bare", answer }) };
}

function whatsminerV3(place: Place): Plugs {
  const { answer } = new WhatsminerV3({ btminer: new Btminer(place.machine), clock: place.clock, random: place.random, password: "super" });
  return { api: (at) => startWhatsminerServer({ ...at, ...served(place), framing: "length", answer }) };
}

function vnish(place: Place): Plugs {
  const firmware = new VnishFirmware(place);
  return { api: http(place, (request) => firmware.answer(request)) };
}

function epic(place: Place): Plugs {
  const firmware = new EpicFirmware(place);
  return { api: http(place, (request) => firmware.answer(request)) };
}

function axeos(place: Place): Plugs {
  const firmware = new AxeosFirmware(place);
  return { api: http(place, (request) => firmware.answer(request)) };
}

function auradine(place: Place): Plugs {
  const firmware = new AuradineFirmware(place);
  return { api: rpc(place, firmware), web: http(place, (request) => firmware.web(request)) };
}

function sealminer(place: Place): Plugs {
  const firmware = new SealminerFirmware(place);
  return { api: rpc(place, firmware), web: http(place, (request) => firmware.web(request)) };
}

/** A server of the cgminer family. */
const rpc = (place: Place, firmware: Firmware): Plug => (at) => startCgminerServer({ ...at, ...served(place), firmware });
const http = (place: Place, answer: WebFirmware): Plug => (at) => startHttpServer({ ...at, ...served(place), answer });

/** What every server of a machine needs to know of it. */
function served({ machine, random, latencyMs }: Place) {
  return { latencyMs, random, wire: () => machine.wire, asked: () => machine.asked(), wrote: () => machine.wrote() };
}
