import type { TestContext } from "node:test";

import type { Meter } from "../../drivers/driver.ts";
import { Buses } from "../../drivers/modbus/buses.ts";
import { loadProfile } from "../../drivers/modbus/load.ts";
import type { Credentials } from "../../drivers/modbus/login.ts";
import { modbusMeter } from "../../drivers/modbus/meter.ts";
import type { Profile } from "../../drivers/modbus/profile.ts";
import { exception, frame, hex, startDevice } from "./device.ts";
import type { RawDevice, RawRequest } from "./device.ts";

export const never = new AbortController().signal;

/** GUDE's own profile, with less patience. */
export function quickGude(timeoutMs = 250): Profile {
  const gude = loadProfile("gude-epc");
  const { switch: order } = gude;
  if (order === undefined) throw new Error("a GUDE switches");
  return { ...gude, limits: { ...gude.limits, timeoutMs }, switch: { ...order, confirm: { withinMs: 60, power: { offBelowW: 20, withinMs: 60 } } } };
}

/** What the device answers, request by request: unit, function and data in hex, without header. Several answers are given in turn, the last one for ever. "" is silence. */
export type Exchanges = Record<string, string | string[]>;

/** A GUDE of two outlets, one line-in, one phase: written by hand from the vendor's register table. */
export const GUDE: Exchanges = {
  "01 04 0000 0001": "01 04 02 0002", // two relay ports
  "01 04 0001 0001": "01 04 02 0002", // two of them metered
  "01 04 0003 0001": "01 04 02 0001", // one line-in
  "01 04 0004 0001": "01 04 02 0001", // one phase
  "01 01 0000 0002": "01 01 01 02", // outlet 1 off, outlet 2 on
  "01 04 0402 0002": "01 04 04 0000 0c8a", // line-in 1: 3210 W
  "01 04 3a02 0002": "01 04 04 0000 0000", // outlet 1: 0 W
  "01 04 3b22 0002": "01 04 04 0000 0c80", // outlet 2: 3200 W
  "01 04 0400 0002": "01 04 04 0001 e240", // 123456 Wh
  "01 04 0404 0002": "01 04 04 0000 00e7", // 231 V
  "01 04 0408 0002": "01 04 04 0000 1385", // 49.97 Hz
};

export interface MeterRig {
  readonly device: RawDevice;
  readonly meter: Meter;
  /** What was asked so far, in the words of the exchanges. */
  readonly asked: () => string[];
}

interface MeterRigOptions {
  readonly profile?: Profile;
  readonly exchanges: Exchanges;
  readonly unit?: number;
  readonly credentials?: Credentials;
  readonly now?: () => number;
  readonly before?: (request: RawRequest) => Buffer | null | undefined;
}

export async function meterRig(t: TestContext, { profile = quickGude(), exchanges, unit = 1, credentials, now = () => performance.now(), before }: MeterRigOptions): Promise<MeterRig> {
  const turns = new Map<string, number>();
  const plain = (text: string): string => hex(text).toString("hex");
  const answers = new Map(Object.entries(exchanges).map(([request, reply]) => [plain(request), [reply].flat()]));
  const device = await startDevice((request) => {
    const special = before?.(request);
    if (special !== undefined) return special;
    const body = request.frame.subarray(6).toString("hex");
    const replies = answers.get(body);
    if (replies === undefined) return exception(request, 2);
    const turn = turns.get(body) ?? 0;
    turns.set(body, turn + 1);
    const reply = replies[Math.min(turn, replies.length - 1)] ?? "";
    return reply === "" ? null : frame(request.transaction, hex(reply));
  });
  const meter = modbusMeter({ id: "pdu-1", profile, address: { host: "127.0.0.1", port: device.port }, unit, ...(credentials && { credentials }), buses: new Buses({ random: () => 0, now }), now });
  t.after(async () => {
    await meter[Symbol.asyncDispose]();
    await device[Symbol.asyncDispose]();
  });
  const spaced = (body: string): string => `${body.slice(0, 2)} ${body.slice(2, 4)} ${body.slice(4, 8)} ${body.slice(8, 12)}`;
  return { device, meter, asked: () => device.requests.map(({ frame: bytes }) => spaced(bytes.subarray(6).toString("hex"))) };
}
