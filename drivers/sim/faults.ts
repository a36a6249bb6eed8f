import type { Socket } from "node:net";
import { FANS } from "./physics.ts";
import type { Random } from "./random.ts";

/** What can be wrong between a device and the network, whatever it speaks. */
export type WireFault =
  | { readonly kind: "none" }
  /** Accepts, reads nothing, answers never. */
  | { readonly kind: "silent" }
  | { readonly kind: "slow"; readonly extraMs: number }
  /** Resets each connection. */
  | { readonly kind: "refuse" }
  /** Bytes of no meaning, of the length of the answer. */
  | { readonly kind: "garbage" }
  /** Half the answer, then a clean end. */
  | { readonly kind: "truncate" }
  /** Ends its own direction without an answer and keeps the other one open. */
  | { readonly kind: "half-close" }
  /** One byte at a time. */
  | { readonly kind: "drip" }
  /** An answer without an end. */
  | { readonly kind: "endless" };

/** What can be wrong with one miner. */
export type AsicFault =
  | WireFault
  | { readonly kind: "reboot" }
  | { readonly kind: "stuck" }
  /** So many fans stand. */
  | { readonly kind: "fan"; readonly standing: number };

/** What can be wrong with one PDU. */
export type PduFault =
  | WireFault
  /** Readings stay what they were. */
  | { readonly kind: "frozen" }
  /** The sum of the readings is this far off. */
  | { readonly kind: "offset"; readonly offsetW: number }
  /** An outlet that says it is on and delivers nothing; counted from 1 as on the housing. */
  | { readonly kind: "dead-outlet"; readonly outlet: number }
  /** The mains at this frequency. */
  | { readonly kind: "frequency"; readonly hertz: number }
  /** A contact that opens, as when somebody pushes the button behind it; counted from 1. */
  | { readonly kind: "open-contact"; readonly contact: number };

export const NO_FAULT: WireFault = { kind: "none" };

/** A fault that cannot be read; the message lists what can. */
export class FaultError extends RangeError {
  override readonly name = "FaultError";
}

const ASIC_FAULTS = "silent, slow:MS, refuse, garbage, truncate, half-close, drip, endless, reboot, stuck, fan:N or clear";
const PDU_FAULTS = "frozen, offset:W, frequency:HZ, silent, dead-outlet:N, open-contact:N or clear";

export function parseAsicFault(text: string): AsicFault {
  const [kind, argument] = split(text);
  if (kind === "slow") return { kind, extraMs: numberIn(text, argument, { least: 0, most: 600_000, integer: true }) };
  if (kind === "fan") return { kind, standing: numberIn(text, argument, { least: 1, most: FANS, integer: true }) };
  if (argument !== undefined) throw new FaultError(`no fault "${text}" for an ASIC; use ${ASIC_FAULTS}`);
  switch (kind) {
    case "clear":
      return NO_FAULT;
    case "silent":
    case "refuse":
    case "garbage":
    case "truncate":
    case "half-close":
    case "drip":
    case "endless":
    case "reboot":
    case "stuck":
      return { kind };
    default:
      throw new FaultError(`no fault "${text}" for an ASIC; use ${ASIC_FAULTS}`);
  }
}

export function parsePduFault(text: string): PduFault {
  const [kind, argument] = split(text);
  if (kind === "offset") return { kind, offsetW: numberIn(text, argument, { least: -1e6, most: 1e6, integer: false }) };
  if (kind === "frequency") return { kind, hertz: numberIn(text, argument, { least: 40, most: 70, integer: false }) };
  if (kind === "dead-outlet") return { kind, outlet: numberIn(text, argument, { least: 1, most: 1_000, integer: true }) };
  if (kind === "open-contact") return { kind, contact: numberIn(text, argument, { least: 1, most: 64, integer: true }) };
  if (argument === undefined && kind === "clear") return NO_FAULT;
  if (argument === undefined && (kind === "frozen" || kind === "silent")) return { kind };
  throw new FaultError(`no fault "${text}" for a PDU; use ${PDU_FAULTS}`);
}

function split(text: string): [string, string | undefined] {
  const colon = text.indexOf(":");
  return colon < 0 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
}

function numberIn(text: string, argument: string | undefined, range: { least: number; most: number; integer: boolean }): number {
  const value = argument === undefined || argument.trim() === "" ? NaN : Number(argument);
  const ok = value >= range.least && value <= range.most && (!range.integer || Number.isInteger(value));
  if (!ok) throw new FaultError(`"${text}" needs a number from ${range.least} to ${range.most} after the colon`);
  return value;
}

const DRIP_MS = 100;
const ENDLESS_CHUNK = 4096;
/** Nobody reads more than this of an endless answer; then it ends, so that a forgotten client costs no bandwidth. */
const ENDLESS_BYTES = 64 * 1024 * 1024;

/** How one answer is handed over. `keep`: the connection serves further requests. */
export interface Delivery {
  readonly random: Random;
  readonly keep: boolean;
}

/** Sends an answer the way the fault wants it. True when it went out whole. */
export function deliver(socket: Socket, answer: Buffer, fault: WireFault, { random, keep }: Delivery): boolean {
  switch (fault.kind) {
    case "none":
    case "slow":
      socket.write(answer);
      if (!keep) socket.destroySoon();
      return true;
    case "silent":
      return false;
    case "refuse":
      socket.resetAndDestroy();
      return false;
    case "garbage":
      socket.write(Uint8Array.from(answer, () => Math.floor(random() * 256)));
      if (!keep) socket.destroySoon();
      return false;
    case "truncate":
      socket.write(answer.subarray(0, Math.ceil(answer.length / 2)));
      socket.destroySoon();
      return false;
    case "half-close":
      socket.end();
      return false;
    case "drip":
      drip(socket, answer);
      return false;
    case "endless":
      pour(socket, answer);
      return false;
  }
}

function drip(socket: Socket, answer: Buffer): void {
  let sent = 0;
  const timer = setInterval(() => {
    if (sent < answer.length) socket.write(answer.subarray(sent, ++sent));
    else socket.destroySoon();
  }, DRIP_MS);
  socket.once("close", () => clearInterval(timer));
}

/** Begins like the real answer, then goes on inside a string that never closes; waits for the reader like any sender. */
function pour(socket: Socket, answer: Buffer): void {
  let sent = 0;
  const chunk = Buffer.alloc(ENDLESS_CHUNK, "x");
  const more = (): void => {
    while (!socket.destroyed && sent < ENDLESS_BYTES) {
      sent += chunk.length;
      if (!socket.write(chunk)) return;
    }
    socket.destroySoon();
  };
  socket.on("drain", more);
  socket.write(answer.subarray(0, Math.max(1, answer.length - 4)));
  more();
}
