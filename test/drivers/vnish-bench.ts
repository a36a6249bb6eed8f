/** One simulated VNish machine of any version on a bench: its web server, its faults, its truth. */
import type { Address } from "../../drivers/cgminer/wire.ts";
import { Asic } from "../../drivers/sim/asic.ts";
import { parseAsicFault } from "../../drivers/sim/faults.ts";
import { json, startHttpServer } from "../../drivers/sim/http-server.ts";
import { SimMachine } from "../../drivers/sim/machine.ts";
import { readSimModel } from "../../drivers/sim/model.ts";
import { seeded } from "../../drivers/sim/random.ts";
import { VnishFirmware } from "../../drivers/sim/vnish.ts";

export interface VnishBench extends AsyncDisposable {
  readonly address: Address;
  readonly firmware: VnishFirmware;
  readonly machine: SimMachine;
  /** `POST /mining/pause` and the like, as they came in. */
  readonly asked: string[];
  /** Say no to everything that changes something. */
  refusing: boolean;
  fault(fault: string): void;
}

export async function vnishBench({ version, model }: { version: string; model: string }): Promise<VnishBench> {
  const clock = { now: () => performance.now(), wall: () => Date.now() };
  const random = seeded(7);
  const start = { downMs: 200, climbMs: 200 };
  const body = new Asic({ model: readSimModel(model), random, start, restartMs: 300, frequencyStepMs: 1, minedMs: 100_000_000 }, clock.now());
  const machine = new SimMachine("asic-01", body, clock);
  const firmware = new VnishFirmware({ machine, clock, random }, version);
  const asked: string[] = [];
  const bench = { refusing: false };
  const server = await startHttpServer({
    host: "127.0.0.1",
    port: 0,
    latencyMs: 0,
    random,
    answer: (request) => {
      const what = `${request.method} ${request.path.replace("/api/v1", "")}`;
      asked.push(what);
      return bench.refusing && request.method === "POST" && what !== "POST /unlock" ? json(500, { err: "not now" }) : firmware.answer(request);
    },
    wire: () => machine.wire,
    asked: () => machine.asked(),
    wrote: () => machine.wrote(),
  });
  return Object.assign(bench, {
    address: { host: server.host, port: server.port },
    firmware,
    machine,
    asked,
    fault: (fault: string) => machine.fault(parseAsicFault(fault)),
    [Symbol.asyncDispose]: () => server.close(),
  });
}
