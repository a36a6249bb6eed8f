/** API V3: everything in plain text; each order carries a token made of command, password, salt and time. */
import { createHash } from "node:crypto";
import { DeviceError } from "../../agent/runtime/errors.ts";
import { field, numberAt, textAt, type Json, type JsonObject } from "../cgminer/json.ts";
import { FLASHING, type Api, type Poll } from "./api.ts";
import type { Talk } from "./line.ts";
import type { Password } from "./password.ts";
import { pollOf } from "./v3-telemetry.ts";

const CODE = { done: 0, failed: -1, unknown: -2, denied: -4 } as const;
/** The account that may order everything. */
const ACCOUNT = "super";

/** The miner understood and did not do it. */
class NotDone extends DeviceError {
  readonly reply: number;

  constructor(what: string, code: number, message: string | null) {
    super("refused", `${what}: the miner refused (${message === null ? "" : `${message}, `}code ${code})`);
    this.reply = code;
  }
}

export class ApiV3 implements Api {
  readonly confirm = "readback";
  readonly #password: Password;
  #salt: string | null = null;

  constructor(password: Password) {
    this.#password = password;
  }

  get locked(): boolean {
    return this.#password.locked;
  }

  async poll(talk: Talk): Promise<Poll> {
    const device = await this.#device(talk);
    const setting = await unlessRefused(ask("get.miner.setting", undefined, talk));
    const status = await unlessRefused(ask("get.miner.status", "summary+edevs+pools", talk));
    return pollOf({ device, setting, status });
  }

  setPercent(percent: number, talk: Talk): Promise<void> {
    // As text: the firmware reads no number here, whatever its manual says.
    return this.#order("set.miner.power_percent", { percent: String(percent), mode: "fast" }, talk);
  }

  powerOff(talk: Talk): Promise<void> {
    return this.#order("set.miner.service", "stop", talk);
  }

  powerOn(talk: Talk): Promise<void> {
    return this.#order("set.miner.service", "start", talk);
  }

  enableFastBoot(talk: Talk): Promise<void> {
    return this.#order("set.miner.fastboot", "enable", talk);
  }

  blink(on: boolean, talk: Talk): Promise<void> {
    return this.#order("set.system.led", on ? [FLASHING] : "auto", talk);
  }

  reboot(talk: Talk): Promise<void> {
    return this.#order("set.system.reboot", null, talk);
  }

  async #device(talk: Talk): Promise<Json> {
    const device = await ask("get.device.info", undefined, talk);
    this.#salt = textAt(device, "salt");
    return device;
  }

  /** A salt changes with the password and with a reset: refused with a known one, the order is sent once more with a new one. */
  async #order(command: string, parameter: Json, talk: Talk): Promise<void> {
    this.#password.assertUsable();
    const known = this.#salt;
    try {
      await this.#send(command, parameter, { talk, salt: known ?? (await this.#freshSalt(talk)) });
    } catch (error) {
      if (!isDenied(error)) throw error;
      const salt = known === null ? null : await this.#freshSalt(talk);
      if (salt === null || salt === known) throw this.#denied(command);
      await this.#send(command, parameter, { talk, salt }).catch((again: unknown) => {
        throw isDenied(again) ? this.#denied(command) : again;
      });
    }
    this.#password.accepted();
  }

  async #send(command: string, param: Json, { talk, salt }: { talk: Talk; salt: string }): Promise<void> {
    const ts = Math.floor(Date.now() / 1000);
    const token = createHash("sha256").update(`${command}${this.#password.secret}${salt}${ts}`).digest("base64").slice(0, 8);
    messageOf(command, await talk.send(command, { cmd: command, param, ts, token, account: ACCOUNT }));
  }

  async #freshSalt(talk: Talk): Promise<string> {
    await this.#device(talk);
    if (this.#salt === null) throw new DeviceError("malformed", "get.device.info: the reply has no salt");
    return this.#salt;
  }

  #denied(command: string): DeviceError {
    return this.#password.refused(
      `${command}: the miner permits no orders (code -4): the password of its account "${ACCOUNT}" is wrong, or its write API is off; correct the miner's passwordFile, or enable the API in WhatsMinerTool`,
    );
  }
}

const isDenied = (error: unknown): boolean => error instanceof NotDone && error.reply === CODE.denied;

async function ask(command: string, param: string | undefined, talk: Talk): Promise<Json> {
  return messageOf(command, await talk.send(command, { cmd: command, ...(param !== undefined && { param }) }));
}

/** Throws `malformed` for what is no reply, NotDone for one that says no. */
function messageOf(command: string, reply: JsonObject): Json {
  const code = numberAt(reply, "code");
  if (code === null) throw new DeviceError("malformed", `${command}: the reply has no code`);
  if (code !== CODE.done) throw new NotDone(command, code, textAt(reply, "msg"));
  return field(reply, "msg");
}

/** null: refused, as everything of the mining process is while that is away. */
async function unlessRefused(report: Promise<Json>): Promise<Json> {
  try {
    return await report;
  } catch (error) {
    if (error instanceof NotDone) return null;
    throw error;
  }
}
