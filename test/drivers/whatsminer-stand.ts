/** One simulated WhatsMiner that starts within a second, and what a test may do to it. */
import type { Device, MinerOptions } from "../../drivers/driver.ts";
import { loadModel } from "../../drivers/models.ts";
import type { Address } from "../../drivers/cgminer/ask-once.ts";
import { Asic } from "../../drivers/sim/asic.ts";
import { parseAsicFault } from "../../drivers/sim/faults.ts";
import { SimMachine } from "../../drivers/sim/machine.ts";
import { readSimModel } from "../../drivers/sim/model.ts";
import { seeded } from "../../drivers/sim/random.ts";
import { startWhatsminerServer } from "../../drivers/sim/whatsminer-server.ts";
import { WhatsminerV2 } from "../../drivers/sim/whatsminer-v2.ts";
import { WhatsminerV3 } from "../../drivers/sim/whatsminer-v3.ts";
import { Btminer } from "../../drivers/sim/whatsminer.ts";
import { faultProxy, type FaultProxy } from "./fault-proxy.ts";

export interface WhatsminerStand extends AsyncDisposable {
  readonly machine: SimMachine;
  readonly btminer: Btminer;
  /** Switches the write API. */
  readonly firmware: WhatsminerV2 | WhatsminerV3;
  readonly proxy: FaultProxy;
  /** Requests the miner has read. */
  readonly requests: number;
  device(options?: Partial<MinerOptions>): Device;
  fault(words: string): void;
  /** Lets the simulator's clock leap. */
  later(ms: number): void;
}

export interface StandOptions {
  readonly api: "v2" | "v3";
  readonly model: string;
  readonly requestMs: number;
  readonly password: string;
  readonly driver: (options: MinerOptions) => Device;
}

export async function whatsminerStand({ api, model, requestMs, password, driver }: StandOptions): Promise<WhatsminerStand> {
  let ahead = 0;
  const clock = { now: () => performance.now() + ahead, wall: () => Date.now() + ahead };
  const random = seeded(7);
  const body = new Asic({ model: readSimModel(model), random, restartMs: 300, start: { downMs: 150, climbMs: 700 }, minedMs: 86_400_000 }, clock.now());
  const machine = new SimMachine("asic-01", body, clock);
  const btminer = new Btminer(machine);
  const firmware = new { v2: WhatsminerV2, v3: WhatsminerV3 }[api]({ btminer, clock, random, password });
  const server = await startWhatsminerServer({
    host: "127.0.0.1",
    port: 0,
    latencyMs: 0,
    framing: api === "v2" ? "bare" : "length",
    answer: firmware.answer,
    wire: () => machine.wire,
    random,
    asked: () => machine.asked(),
    wrote: () => machine.wrote(),
  });
  const address: Address = { host: server.host, port: server.port };
  const proxy = await faultProxy(address);
  return {
    machine,
    btminer,
    firmware,
    proxy,
    get requests() {
      return machine.counts.requests;
    },
    device: (options) => driver({ id: "asic-01", address: proxy.address, model: loadModel(model), deadlineMs: requestMs, ...options }),
    fault: (words) => machine.fault(parseAsicFault(words)),
    later: (ms) => void (ahead += ms),
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]();
      await server.close();
    },
  };
}
