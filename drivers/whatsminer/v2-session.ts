/** Who we are to API V2: a token, good for half an hour, and the key that everything we order is sealed with. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { DeviceError } from "../../agent/runtime/errors.ts";
import { field, textAt, type JsonObject } from "../cgminer/json.ts";
import { parseFor, RefusedError, statusOf, type Status } from "../cgminer/reply.ts";
import { seal, unseal } from "./cipher.ts";
import type { Talk } from "./line.ts";
import { md5crypt } from "./md5crypt.ts";
import type { Password } from "./password.ts";

const CODE = { invalidCommand: 14, badEnvelope: 23, denied: 45, done: 131, tokenGiven: 134, tokenWrong: 135, tokensOut: 136 } as const;

/** It holds for 30 minutes; ours is given up a little before. */
const TOKEN_MS = 28 * 60_000;
/** Salts are eight letters; a longer one is no salt and costs time. */
const SALT = /^[!-~]{1,16}$/;

interface Token {
  readonly sign: string;
  readonly key: Uint8Array;
  readonly until: number;
}

export class SessionV2 {
  readonly #password: Password;
  #token: Token | null = null;
  /** What the miner's salt makes of the password: a millisecond or two of work, and the salt stays. */
  #secret: { readonly salt: string; readonly text: string } | null = null;
  #prepareAfter = 0;

  constructor(password: Password) {
    this.#password = password;
  }

  /**
   * Fetches a token ahead of the order that will need it: when power has to fall at once, every miner is one request away.
   * What fails here fails again, and is said, with the order.
   */
  async prepare(talk: Talk): Promise<void> {
    if (this.#valid !== null || this.#password.locked || performance.now() < this.#prepareAfter) return;
    this.#prepareAfter = performance.now() + TOKEN_MS;
    try {
      await this.#fetch(talk);
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
    }
  }

  get #valid(): Token | null {
    return this.#token !== null && performance.now() < this.#token.until ? this.#token : null;
  }

  /** Seals and sends one order. A token the miner does not know any more is fetched anew, once. */
  async order(command: string, parameters: JsonObject, talk: Talk): Promise<void> {
    this.#password.assertUsable();
    const known = this.#valid;
    const refusal = await this.#send(command, parameters, { talk, token: known ?? (await this.#fetch(talk)) });
    if (refusal?.code !== CODE.tokenWrong || known === null) return this.#end(command, refusal);
    this.#end(command, await this.#send(command, parameters, { talk, token: await this.#fetch(talk) }));
  }

  #end(command: string, refusal: Status | null): void {
    if (refusal === null) return this.#password.accepted();
    if (refusal.code === CODE.tokenWrong) this.#token = null;
    throw this.#reasonFor(command, refusal);
  }

  /** null: done. */
  async #send(command: string, parameters: JsonObject, { talk, token }: { talk: Talk; token: Token }): Promise<Status | null> {
    const order = JSON.stringify({ cmd: command, token: token.sign, ...parameters });
    const reply = opened(command, await talk.send(command, { enc: 1, data: seal(order, token.key) }), token.key);
    const status = statusOf(reply);
    if (status === null) throw new DeviceError("malformed", `${command}: the reply has no STATUS`);
    return status.letter === "S" ? null : status;
  }

  async #fetch(talk: Talk): Promise<Token> {
    this.#token = null;
    const reply = await talk.send("get_token", { cmd: "get_token" });
    const status = statusOf(reply);
    if (status === null) throw new DeviceError("malformed", "get_token: the reply has no STATUS");
    if (status.letter !== "S") throw this.#reasonFor("get_token", status);
    const message = field(reply, "Msg");
    const [time, salt, newSalt] = ["time", "salt", "newsalt"].map((key) => textAt(message, key));
    // A full token table is also answered with S and a sentence in place of the salts.
    if (time == null || salt == null || newSalt == null) throw typeof message === "string" ? tokensOut() : new DeviceError("malformed", "get_token: the reply lacks time, salt or newsalt");
    if (!SALT.test(salt) || !SALT.test(newSalt)) throw new DeviceError("malformed", "get_token: the salts are none");
    if (this.#secret?.salt !== salt) this.#secret = { salt, text: md5crypt(this.#password.secret, salt) };
    const secret = this.#secret.text;
    const token = {
      sign: md5crypt(secret + time.slice(-4), newSalt),
      key: Buffer.from(createHash("sha256").update(secret).digest()),
      until: performance.now() + TOKEN_MS,
    };
    this.#token = token;
    return token;
  }

  /** The error to throw, with the cure where there is one. */
  #reasonFor(command: string, status: Status): DeviceError {
    switch (status.code) {
      case CODE.badEnvelope:
        return this.#password.refused(`${command}: the miner could not read the order (code 23): the password is wrong; correct it in the miner's passwordFile`);
      case CODE.denied:
        return new DeviceError("refused", `${command}: the miner takes no orders (code 45): its write API is off; change its password and enable the API in WhatsMinerTool`);
      case CODE.invalidCommand:
        return new DeviceError("refused", `${command}: the miner does not know this order (code 14): its firmware is too old (20200801 at least), or its write API is off; update it, or enable the API in WhatsMinerTool`);
      case CODE.tokensOut:
        return tokensOut();
      case CODE.tokenWrong:
        return new DeviceError("refused", `${command}: the miner does not accept its own fresh token (code 135): it may be restarting, or several controllers order it`);
      default:
        return new RefusedError(command, status);
    }
  }
}

function tokensOut(): DeviceError {
  return new DeviceError("refused", "get_token: the miner has given out all its tokens (code 136): they end after 30 minutes; find out which program keeps asking for new ones");
}

/** The reply as it is, or what is in its envelope. */
function opened(command: string, reply: JsonObject, key: Uint8Array): JsonObject {
  const enclosed = textAt(reply, "enc");
  if (enclosed === null || statusOf(reply) !== null) return reply;
  const text = unseal(enclosed, key);
  if (text === null) throw new DeviceError("malformed", `${command}: the reply's envelope cannot be opened`);
  return parseFor(command, text);
}
