/** WhatsMiner API V2 on TCP 4028: reports in plain text, orders encrypted and with a token. */
import type { SimClock } from "./machine.ts";
import type { Random } from "./random.ts";
import { crypted, opened, sealed, sha256 } from "./whatsminer-crypt.ts";
import { boardsOf, poolsOf, psuOf, statusMessageOf, summaryOf } from "./whatsminer-reports.ts";
import type { Reply } from "./whatsminer-server.ts";
import type { Btminer, BtminerRefusal } from "./whatsminer.ts";
import { WHATSMINER_FIRMWARE } from "./whatsminer.ts";

type Json = Readonly<Record<string, unknown>>;

const TOKEN_MS = 30 * 60_000;
const MOST_TOKENS = 100;
const SALT_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

interface Token {
  readonly sign: string;
  readonly until: number;
}

export interface V2Options {
  readonly btminer: Btminer;
  readonly clock: SimClock;
  readonly random: Random;
  readonly password: string;
}

export class WhatsminerV2 {
  /** Off until the owner switches it on with the maker's tool. */
  writeApi = true;
  readonly #options: V2Options;
  readonly #salt: string;
  #tokens: Token[] = [];
  #starts = 0;

  constructor(options: V2Options) {
    this.#options = options;
    this.#salt = this.#letters(8);
  }

  readonly answer = (request: string): Reply => {
    this.#forgetAfterReboot();
    const asked = parse(request);
    if (asked === null) return plain(this.#status("E", 23, "invalid json message"));
    if ("enc" in asked) return this.#encrypted(asked);
    const command = asked["cmd"] ?? asked["command"];
    return plain(typeof command === "string" ? this.#report(command) : this.#status("E", 14, "invalid cmd"));
  };

  #report(command: string): Json {
    const { btminer } = this.#options;
    switch (command) {
      case "status":
        return this.#status("S", 131, statusMessageOf(btminer));
      case "get_token":
        return this.#token();
      case "get_version":
        return this.#status("S", 131, { api_ver: "2.0.5", fw_ver: WHATSMINER_FIRMWARE, platform: "H616", chip: "K50T" });
      case "get_psu":
        return this.#status("S", 131, psuOf(btminer));
      case "get_error_code":
        return this.#status("S", 131, { error_code: [] });
      case "summary":
        return this.#ofProcess(() => ({ STATUS: [this.#status("S", 11, "Summary")], SUMMARY: [summaryOf(btminer)], id: 1 }));
      case "devdetails":
        return { STATUS: [this.#status("S", 69, "Device Details")], DEVDETAILS: btminer.asic.boards.map((_, index) => ({ DEVDETAILS: index, Name: "SM", ID: index, Driver: "bitmicro", Model: btminer.asic.model.name.replace("WhatsMiner ", "") })), id: 1 };
      case "edevs":
        return this.#ofProcess(() => ({ STATUS: [this.#status("S", 9, `${btminer.asic.model.boards} ASC(s)`)], DEVS: boardsOf(btminer), id: 1 }));
      case "pools":
        return this.#ofProcess(() => ({ STATUS: [this.#status("S", 7, "1 Pool(s)")], POOLS: poolsOf(btminer), id: 1 }));
      default:
        return WRITES.has(command) ? this.#status("E", 45, "can't access write cmd") : this.#status("E", 14, "invalid cmd");
    }
  }

  #ofProcess(report: () => Json): Json {
    return this.#options.btminer.isDown ? this.#status("E", 14, "btminer process is down") : report();
  }

  #token(): Json {
    const { clock, password } = this.#options;
    this.#tokens = this.#tokens.filter((token) => token.until > clock.now());
    if (this.#tokens.length >= MOST_TOKENS) return this.#status("E", 136, "over max connect");
    const time = String(Math.floor(clock.wall() / 1000)).slice(-4);
    const newsalt = this.#letters(8);
    this.#tokens.push({ sign: crypted(crypted(password, this.#salt) + time, newsalt), until: clock.now() + TOKEN_MS });
    return this.#status("S", 134, { time, salt: this.#salt, newsalt });
  }

  #encrypted({ data }: Json): Reply {
    if (!this.writeApi) return plain(this.#status("E", 45, "permission denied"));
    if (typeof data !== "string") return plain(this.#status("E", 23, "enc json load err"));
    const key = sha256(crypted(this.#options.password, this.#salt));
    const order = parse(opened(data, key) ?? "");
    if (order === null) return plain(this.#status("E", 23, "enc json load err"));
    if (!this.#tokens.some(({ sign, until }) => sign === order["token"] && until > this.#options.clock.now())) {
      return plain(this.#status("E", 135, "check token err"));
    }
    const { letter, code, message, after } = this.#carryOut(order);
    const text = JSON.stringify({ enc: sealed(JSON.stringify(this.#status(letter, code, message)), key) });
    return { text, wrote: letter === "S" && POWER.has(order["cmd"] as string), ...(after !== undefined && { after }) };
  }

  #carryOut(order: Json): Outcome {
    const { btminer } = this.#options;
    switch (order["cmd"]) {
      case "set_power_pct":
        return outcome(btminer.setPercent(order["percent"]));
      case "power_off":
        return outcome(btminer.powerOff());
      case "power_on":
        return outcome(btminer.powerOn());
      case "restart_btminer":
        return outcome(btminer.restart());
      case "adjust_power_limit":
        return outcome(btminer.limitPower(order["power_limit"]));
      case "enable_btminer_fast_boot":
        return outcome(btminer.setFastBoot(true));
      case "disable_btminer_fast_boot":
        return outcome(btminer.setFastBoot(false));
      case "set_led":
        btminer.led = order["param"] === "auto" ? "auto" : "flashing";
        return OK;
      case "reboot":
        return { ...OK, after: () => btminer.machine.reboot() };
      default:
        return { letter: "E", code: 14, message: "invalid cmd" };
    }
  }

  #status(letter: string, code: number, message: unknown): Json {
    return { STATUS: letter, When: Math.floor(this.#options.clock.wall() / 1000), Code: code, Msg: message, Description: "" };
  }

  /** Tokens live in memory. */
  #forgetAfterReboot(): void {
    const { starts } = this.#options.btminer.asic;
    if (starts !== this.#starts) this.#tokens = [];
    this.#starts = starts;
  }

  #letters(count: number): string {
    return Array.from({ length: count }, () => SALT_LETTERS[Math.floor(this.#options.random() * SALT_LETTERS.length)]).join("");
  }
}

/** Orders that change what it draws: they count as writes. */
const POWER = new Set(["set_power_pct", "power_off", "power_on", "restart_btminer", "adjust_power_limit"]);
const WRITES = new Set([...POWER, "enable_btminer_fast_boot", "disable_btminer_fast_boot", "set_led", "reboot"]);

interface Outcome {
  readonly letter: "S" | "E";
  readonly code: number;
  readonly message: string;
  readonly after?: () => void;
}

const OK: Outcome = { letter: "S", code: 131, message: "API command OK" };

function outcome(refusal: BtminerRefusal): Outcome {
  if (refusal === null) return OK;
  return { letter: "E", code: 132, message: refusal === "down" ? "btminer process is down" : "API command ERROR" };
}

const plain = (answer: Json): Reply => ({ text: JSON.stringify(answer), wrote: false });

function parse(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : null;
  } catch {
    return null;
  }
}
