/** One simulated machine on a bench, behind whatever its firmware listens on: its faults, its truth, and what it was asked. */
import type { Address } from "../../drivers/cgminer/ask-once.ts";
import { exchange } from "../../drivers/http/exchange.ts";
import { Asic, type Start } from "../../drivers/sim/asic.ts";
import { startCgminerServer } from "../../drivers/sim/cgminer-server.ts";
import { parseAsicFault } from "../../drivers/sim/faults.ts";
import { BraiinsFirmware } from "../../drivers/sim/braiins.ts";
import { json, startHttpServer, type WebAnswer, type WebRequest } from "../../drivers/sim/http-server.ts";
import { SimMachine, type SimClock } from "../../drivers/sim/machine.ts";
import { readSimModel } from "../../drivers/sim/model.ts";
import { seeded } from "../../drivers/sim/random.ts";
import { VnishFirmware } from "../../drivers/sim/vnish.ts";

export interface WebBench<F> extends AsyncDisposable {
  readonly web: Address;
  readonly firmware: F;
  readonly machine: SimMachine;
  /** `POST /mining/pause` and the like, as they came in. */
  readonly asked: string[];
  /** Says no to everything that changes something. */
  refusing: boolean;
  /** Answers instead of the firmware where it returns something. */
  override: ((what: string, request: WebRequest) => WebAnswer | null) | null;
  fault(fault: string): void;
}

const clock: SimClock = { now: () => performance.now(), wall: () => Date.now() };

/** Starts and steps are short, so that a test sees their end. */
export const vnishBench = ({ version, model, by }: { version: string; model: string; by?: "preset" | "hand" | "hand, live" }): Promise<WebBench<VnishFirmware>> =>
  webBench(machineOf(model, { downMs: 200, climbMs: 200 }), (machine) => new VnishFirmware({ machine, clock, random: seeded(7) }, version, by));

export async function braiinsBench({ version, model }: { version: string; model: string }): Promise<WebBench<BraiinsFirmware> & { readonly reports: Address }> {
  const bench = await webBench(machineOf(model, null), (machine) => new BraiinsFirmware({ machine, clock, random: seeded(8) }, version));
  const { machine } = bench;
  const reports = await startCgminerServer({
    ...loopback,
    firmware: bench.firmware.reports,
    wire: () => machine.wire,
    asked: () => machine.asked(),
    wrote: () => machine.wrote(),
  });
  const close = bench[Symbol.asyncDispose];
  return Object.assign(bench, {
    reports: { host: reports.host, port: reports.port },
    [Symbol.asyncDispose]: async () => {
      await close();
      await reports.close();
    },
  });
}

const loopback = { host: "127.0.0.1", port: 0, latencyMs: 0, random: seeded(9) };

function machineOf(model: string, start: Start | null): SimMachine {
  const body = new Asic({ model: readSimModel(model), random: seeded(7), start, restartMs: 300, frequencyStepMs: 1, minedMs: 100_000_000 }, clock.now());
  return new SimMachine("asic-01", body, clock);
}

async function webBench<F extends { answer(request: WebRequest): WebAnswer }>(machine: SimMachine, make: (machine: SimMachine) => F): Promise<WebBench<F>> {
  const firmware = make(machine);
  const asked: string[] = [];
  const bench: Pick<WebBench<F>, "refusing" | "override"> = { refusing: false, override: null };
  const server = await startHttpServer({
    ...loopback,
    answer: (request) => {
      const what = `${request.method} ${request.path.replace("/api/v1", "")}`;
      asked.push(what);
      const instead = bench.override?.(what, request) ?? null;
      if (instead !== null) return instead;
      const changes = request.method !== "GET" && !/unlock$|login$/.test(what);
      return bench.refusing && changes ? json(500, { message: "not now" }) : firmware.answer(request);
    },
    wire: () => machine.wire,
    asked: () => machine.asked(),
    wrote: () => machine.wrote(),
  });
  const web = { host: server.host, port: server.port };
  // A process's first HTTP request takes longer than a test's deadline on a busy machine.
  await exchange(web, { method: "GET", path: "/" }, { deadlineMs: 10_000, maxBytes: 1024 }, new AbortController().signal);
  asked.length = 0;
  return Object.assign(bench, {
    web,
    firmware,
    machine,
    asked,
    fault: (fault: string) => machine.fault(parseAsicFault(fault)),
    [Symbol.asyncDispose]: () => server.close(),
  });
}
