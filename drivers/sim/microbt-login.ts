import { createHash } from "node:crypto";
import type { ModbusImage } from "./modbus-server.ts";
import { ILLEGAL_ADDRESS, ILLEGAL_FUNCTION, ModbusException } from "./modbus-server.ts";
import type { Random } from "./random.ts";

export const MICROBT_LOGIN = { username: "admin", password: "admin" } as const;

const CHALLENGE = 300;
const ANSWER = 304;
const md5 = (text: string): Buffer => createHash("md5").update(text).digest();

/** Unit 1 of a MicroBT container: four random words, and whoever answers them with the right digest may switch. A wrong answer is not refused, it just opens nothing. */
export class MicrobtLogin {
  readonly #random: Random;
  #challenge = Buffer.alloc(8);
  #open = false;

  constructor(random: Random) {
    this.#random = random;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  image(): ModbusImage {
    const no = (): never => {
      throw new ModbusException(ILLEGAL_FUNCTION);
    };
    return {
      readBits: no,
      writeCoils: no,
      readRegisters: (table, address, count) => {
        if (table !== "holding" || address !== CHALLENGE || count !== 4) throw new ModbusException(ILLEGAL_ADDRESS);
        this.#challenge = Buffer.from(Array.from({ length: 8 }, () => Math.floor(this.#random() * 256)));
        return [0, 2, 4, 6].map((at) => this.#challenge.readUInt16BE(at));
      },
      writeRegisters: (address, values) => {
        if (address !== ANSWER || values.length !== 16) throw new ModbusException(ILLEGAL_ADDRESS);
        const right = createHash("sha256").update(Buffer.concat([this.#challenge, md5(MICROBT_LOGIN.username), md5(MICROBT_LOGIN.password)])).digest();
        this.#open = values.every((value, index) => value === right.readUInt16BE(2 * index));
      },
    };
  }
}
