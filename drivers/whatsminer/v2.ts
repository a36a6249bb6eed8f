/** API V2: plain reports, one a request, and sealed orders. */
import { DeviceError } from "../../agent/runtime/errors.ts";
import { answered, RefusedError } from "../cgminer/reply.ts";
import type { JsonObject } from "../cgminer/json.ts";
import { FLASHING, type Api, type Poll } from "./api.ts";
import type { Talk } from "./line.ts";
import type { Password } from "./password.ts";
import { SessionV2 } from "./v2-session.ts";
import { pollOf, powerIn } from "./v2-telemetry.ts";

/** What changes seldom: one of them a poll, in turn. For whom it mines has to show with the next poll. */
const IN_TURN = ["get_error_code", "get_version"] as const;

export class ApiV2 implements Api {
  readonly confirm = "meter";
  readonly #password: Password;
  readonly #session: SessionV2;
  /** The last answers to what is asked in turn. */
  readonly #kept = new Map<string, JsonObject | null>();
  #turn = 0;

  constructor(password: Password) {
    this.#password = password;
    this.#session = new SessionV2(password);
  }

  get locked(): boolean {
    return this.#password.locked;
  }

  async poll(talk: Talk): Promise<Poll> {
    const status = await ask("status", talk);
    const summary = await ask("summary", talk);
    if (status === null && summary === null) throw new DeviceError("refused", "status, summary: the miner answers neither: is this a WhatsMiner with API V2?");
    const edevs = summary === null ? null : await ask("edevs", talk);
    // While the mining process is away only the supply still tells the power.
    const psu = powerIn(summary) === null ? await ask("get_psu", talk) : null;
    const pools = await ask("pools", talk);
    const next = IN_TURN[this.#turn++ % IN_TURN.length] ?? IN_TURN[0];
    this.#kept.set(next, await ask(next, talk));
    // Not while a rack's first polls have to end: each token costs 4 ms of work.
    if (this.#turn > IN_TURN.length) await this.#session.prepare(talk);
    return pollOf({ status, summary, edevs, psu, pools, errors: this.#keptOf("get_error_code"), version: this.#keptOf("get_version") });
  }

  #keptOf(report: (typeof IN_TURN)[number]): JsonObject | null {
    return this.#kept.get(report) ?? null;
  }

  setPercent(percent: number, talk: Talk): Promise<void> {
    return this.#session.order("set_power_pct", { percent: String(percent) }, talk);
  }

  powerOff(talk: Talk): Promise<void> {
    return this.#session.order("power_off", { respbefore: "true" }, talk);
  }

  powerOn(talk: Talk): Promise<void> {
    return this.#session.order("power_on", {}, talk);
  }

  enableFastBoot(talk: Talk): Promise<void> {
    return this.#session.order("enable_btminer_fast_boot", {}, talk);
  }

  blink(on: boolean, talk: Talk): Promise<void> {
    return this.#session.order("set_led", on ? FLASHING : { param: "auto" }, talk);
  }

  reboot(talk: Talk): Promise<void> {
    return this.#session.order("reboot", {}, talk);
  }
}

/** null: the miner refused this report. */
async function ask(command: string, talk: Talk): Promise<JsonObject | null> {
  try {
    return answered(command, await talk.send(command, { cmd: command }));
  } catch (error) {
    if (error instanceof RefusedError) return null;
    throw error;
  }
}
