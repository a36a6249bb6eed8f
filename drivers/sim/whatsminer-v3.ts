/** WhatsMiner API V3 on TCP 4433: everything in plain text, orders with a token made for each of them. */
import { macOf } from "./luxos-reports.ts";
import type { SimClock } from "./machine.ts";
import type { Random } from "./random.ts";
import { sha256 } from "./whatsminer-crypt.ts";
import { temperaturesOf } from "./whatsminer-reports.ts";
import type { Reply } from "./whatsminer-server.ts";
import type { Btminer, BtminerRefusal } from "./whatsminer.ts";
import { WHATSMINER_FIRMWARE } from "./whatsminer.ts";

type Json = Readonly<Record<string, unknown>>;

export interface V3Options {
  readonly btminer: Btminer;
  readonly clock: SimClock;
  readonly random: Random;
  readonly password: string;
}

/** Orders that change what it draws: they count as writes. */
const POWER = new Set(["set.miner.power_percent", "set.miner.service", "set.miner.power_limit"]);
const CODE = { ok: 0, failed: -1, unknown: -2, denied: -4 } as const;

export class WhatsminerV3 {
  /** Off until the owner switches it on. */
  writeApi = true;
  readonly #options: V3Options;
  readonly #salt: string;

  constructor(options: V3Options) {
    this.#options = options;
    this.#salt = Array.from({ length: 8 }, () => Math.floor(options.random() * 36).toString(36)).join("");
  }

  readonly answer = (request: string): Reply => {
    const asked = parse(request);
    const command = asked?.["cmd"];
    if (asked === null || typeof command !== "string") return this.#reply("", CODE.failed, "invalid json");
    if (command.startsWith("set.")) return this.#order(command, asked);
    return this.#report(command, asked["param"]);
  };

  #report(command: string, parameter: unknown): Reply {
    switch (command) {
      case "get.device.info": {
        const all: Json = this.#device();
        return this.#reply(command, CODE.ok, typeof parameter === "string" ? { [parameter]: all[parameter] ?? {}, salt: this.#salt } : all);
      }
      case "get.miner.setting":
        return this.#reply(command, CODE.ok, this.#setting());
      case "get.miner.status":
        return this.#status(command, parameter);
      default:
        return this.#reply(command, CODE.unknown, "invalid command");
    }
  }

  #status(command: string, parameter: unknown): Reply {
    if (this.#options.btminer.isDown) return this.#reply(command, CODE.failed, "btminer process is down err");
    const wanted = typeof parameter === "string" ? parameter.split("+") : [];
    const parts = wanted.flatMap((name): [string, unknown][] => {
      if (name === "summary") return [["summary", this.#summary()]];
      if (name === "pools") return [["pools", this.#pools()]];
      return name === "edevs" ? [["edevs", this.#boards()]] : [];
    });
    return parts.length === 0 ? this.#reply(command, CODE.failed, "param error") : this.#reply(command, CODE.ok, Object.fromEntries(parts));
  }

  #order(command: string, { token, ts, account, param }: Json): Reply {
    const { password, btminer } = this.#options;
    const expected = sha256(`${command}${password}${this.#salt}${String(ts)}`).toString("base64").slice(0, 8);
    if (!this.writeApi || account !== "super" || token !== expected) return this.#reply(command, CODE.denied, "no permission");
    switch (command) {
      case "set.miner.power_percent":
        // The firmware takes text only, whatever its manual says.
        return this.#done(command, btminer.setPercent(isObject(param) ? param["percent"] : undefined));
      case "set.miner.service":
        return this.#done(command, this.#service(param));
      case "set.miner.fastboot":
        return this.#done(command, param === "enable" || param === "disable" ? btminer.setFastBoot(param === "enable") : "wrong");
      case "set.miner.power_limit":
        return this.#done(command, btminer.limitPower(String(param)));
      case "set.system.led":
        btminer.led = param === "auto" ? "auto" : "flashing";
        return this.#done(command, null);
      case "set.system.reboot":
        return { ...this.#done(command, null), after: () => btminer.machine.reboot() };
      default:
        return this.#reply(command, CODE.unknown, "invalid command");
    }
  }

  #service(parameter: unknown): BtminerRefusal {
    const { btminer } = this.#options;
    if (parameter === "start") return btminer.powerOn();
    if (parameter === "stop") return btminer.powerOff();
    return parameter === "restart" ? btminer.restart() : "wrong";
  }

  #done(command: string, refusal: BtminerRefusal): Reply {
    if (refusal === null) return { ...this.#reply(command, CODE.ok, "ok"), wrote: POWER.has(command) };
    return this.#reply(command, CODE.failed, refusal === "down" ? "btminer process is down err" : "param error");
  }

  #device(): Json {
    const { btminer } = this.#options;
    const { asic } = btminer;
    return {
      network: { ip: "192.168.2.136", hostname: "WhatsMiner", mac: macOf(btminer.machine.id).toUpperCase() },
      miner: { "miner-sn": `SIM-${btminer.machine.id}`, "board-num": asic.model.boards, working: String(!btminer.isOff), type: asic.model.name.replace("WhatsMiner ", ""), "fast-boot": btminer.fastBoot ? "enable" : "disable" },
      system: { api: "3.0.1", platform: "H616", fwversion: WHATSMINER_FIRMWARE, ledstatus: btminer.led === "auto" ? "auto" : "manual" },
      power: { type: "P221C", model: "P22-12-3300-C", fanspeed: 6112, iin: asic.reportedW / 230, vin: 230, pin: asic.reportedW },
      salt: this.#salt,
      "error-code": [],
    };
  }

  #setting(): Json {
    const { btminer } = this.#options;
    return {
      "power-limit": btminer.asic.model.nameplateW,
      "upfreq-speed": 0,
      "power-mode": "normal",
      "fast-boot": btminer.fastBoot ? "enable" : "disable",
      "target-freq": 0,
      power: btminer.asic.reportedW,
      "power-percent": btminer.percent,
    };
  }

  #summary(): Json {
    const { btminer } = this.#options;
    const { asic } = btminer;
    const { fast, slow, average } = asic.reportedThs;
    return {
      elapsed: Math.floor(asic.uptimeMs / 1000),
      "bootup-time": Math.floor(asic.uptimeMs / 1000) + 60,
      "freq-avg": Math.round(asic.frequencyMHz),
      "hash-average": average,
      "hash-1min": fast,
      "hash-15min": slow,
      "hash-realtime": fast,
      "power-realtime": asic.reportedW,
      "power-5min": asic.reportedW,
      "environment-temperature": asic.inletC,
      "board-temperature": temperaturesOf(btminer),
      "chip-temp-max": Math.max(...asic.boards.map((board) => board.chipC)),
      "up-freq-finish": asic.state === "hashing" ? 1 : 0,
      "fan-speed-in": asic.tachometer(0, btminer.isMining ? 4980 : 0),
      "fan-speed-out": asic.tachometer(1, btminer.isMining ? 5070 : 0),
    };
  }

  #boards(): Json[] {
    const { btminer } = this.#options;
    const { asic } = btminer;
    return asic.boards.map((board, index) => ({
      id: index,
      slot: index,
      "hash-average": asic.reportedThs.average / asic.model.boards,
      freq: btminer.isMining ? Math.round(board.frequencyMHz) : 0,
      "effective-chips": 117,
      "chip-temp-avg": board.chipC,
      "chip-temp-max": board.chipC + 4,
    }));
  }

  #pools(): Json[] {
    const { btminer } = this.#options;
    return [{ id: 1, url: "stratum+tcp://pool.invalid:3333", status: "alive", account: `rig.${btminer.machine.id}`, "stratum-active": btminer.isMining, "reject-percent": 0.05 }];
  }

  #reply(command: string, code: number, message: unknown): Reply {
    return { text: JSON.stringify({ code, when: Math.floor(this.#options.clock.wall() / 1000), msg: message, desc: command }), wrote: false };
  }
}

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

function parse(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
