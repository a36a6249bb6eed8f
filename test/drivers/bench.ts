/** One simulated machine behind a fault proxy for each of its ports: its faults, what it was told, and a switch that makes it refuse. */
import { setTimeout as pause } from "node:timers/promises";
import type { Address } from "../../drivers/cgminer/ask-once.ts";
import type { Device } from "../../drivers/driver.ts";
import { exchange } from "../../drivers/http/exchange.ts";
import { Asic, type Start } from "../../drivers/sim/asic.ts";
import type { Answer, Firmware } from "../../drivers/sim/cgminer-answer.ts";
import { startCgminerServer, type SimServer } from "../../drivers/sim/cgminer-server.ts";
import { parseAsicFault } from "../../drivers/sim/faults.ts";
import { json, startHttpServer, type WebAnswer, type WebFirmware } from "../../drivers/sim/http-server.ts";
import { SimMachine, type SimClock } from "../../drivers/sim/machine.ts";
import { readSimModel } from "../../drivers/sim/model.ts";
import { seeded, type Random } from "../../drivers/sim/random.ts";
import type { Stand } from "./contract.ts";
import { faultProxy, type FaultProxy } from "./fault-proxy.ts";

export interface Ports {
  /** Where `miners[].address` points. */
  readonly rpc?: Firmware;
  readonly web?: WebFirmware;
}

export interface Bench<F> extends AsyncDisposable {
  /** Of the TCP API where there is one, else of the web port. */
  readonly address: Address;
  readonly webPort: number;
  readonly firmware: F;
  readonly machine: SimMachine;
  /** What came besides plain reports: `command|parameter` or `POST /path`. */
  readonly told: string[];
  /** Says no to everything that changes something. */
  refusing: boolean;
  /** Answers instead of the firmware where it returns something. */
  instead: ((what: string) => Answer | null) | null;
  insteadOnWeb: ((what: string) => WebAnswer | null) | null;
  fault(fault: string): void;
  open(): number;
}

export interface BenchOptions {
  readonly model: string;
  readonly start?: Start | null;
  /** Which of what is told are orders. */
  readonly changes: (what: string) => boolean;
}

const clock: SimClock = { now: () => performance.now(), wall: () => performance.timeOrigin + performance.now() };
const REFUSED: Answer = { status: "E", code: 120, message: "set failed: not now" };

/** Starts and steps are short, so that a test sees their end. */
export async function bench<F>(
  { model, start = { downMs: 200, climbMs: 200 }, changes }: BenchOptions,
  make: (place: { machine: SimMachine; clock: SimClock; random: Random }) => F,
  portsOf: (firmware: F) => Ports,
): Promise<Bench<F>> {
  const body = new Asic({ model: readSimModel(model), random: seeded(7), start, restartMs: 300, frequencyStepMs: 1, minedMs: 100_000_000 }, clock.now());
  const machine = new SimMachine("asic-01", body, clock);
  const firmware = make({ machine, clock, random: seeded(8) });
  const told: string[] = [];
  const state: Pick<Bench<F>, "refusing" | "instead" | "insteadOnWeb"> = { refusing: false, instead: null, insteadOnWeb: null };
  const { rpc, web } = portsOf(firmware);
  const served = { host: "127.0.0.1", port: 0, latencyMs: 0, random: seeded(9), wire: () => machine.wire, asked: () => machine.asked(), wrote: () => machine.wrote() };
  const servers: SimServer[] = [];
  if (rpc !== undefined) servers.push(await startCgminerServer({ ...served, firmware: watched(rpc) }));
  if (web !== undefined) {
    const server = await startHttpServer({ ...served, answer: (request) => watchedWeb(web, request) });
    servers.push(server);
    // A process's first HTTP request takes longer than a test's deadline on a busy machine.
    await exchange(server, { method: "GET", path: "/" }, { deadlineMs: 10_000, maxBytes: 4096 }, new AbortController().signal);
    told.length = 0;
  }
  const proxies: FaultProxy[] = [];
  for (const server of servers) proxies.push(await faultProxy(server));
  const [first, last] = [proxies[0], proxies.at(-1)];
  if (first === undefined || last === undefined) throw new Error("a machine without ports");

  function watched(inner: Firmware): Firmware {
    return {
      description: inner.description,
      reports: inner.reports,
      commands: inner.commands,
      ...(inner.joins !== undefined && { joins: inner.joins }),
      seconds: () => inner.seconds(),
      garble: (command, text) => inner.garble?.(command, text) ?? text,
      answer: (command, parameter) => {
        const what = `${command}|${parameter}`;
        if (parameter !== "") told.push(what);
        return state.instead?.(what) ?? (state.refusing && changes(what) ? REFUSED : inner.answer(command, parameter));
      },
    };
  }

  function watchedWeb(inner: WebFirmware, request: Parameters<WebFirmware>[0]): WebAnswer {
    const what = `${request.method} ${request.path}`;
    if (request.method !== "GET") told.push(what);
    return state.insteadOnWeb?.(what) ?? (state.refusing && changes(what) ? json(500, { result: false, error: "not now", message: "not now" }) : inner(request));
  }

  return Object.assign(state, {
    address: first.address,
    webPort: last.address.port,
    firmware,
    machine,
    told,
    fault: (fault: string) => {
      for (const proxy of proxies) proxy.resetAfterData = fault === "reset-after-data";
      if (fault !== "reset-after-data") machine.fault(parseAsicFault(fault));
    },
    open: () => proxies.reduce((sum, { open }) => sum + open, 0),
    [Symbol.asyncDispose]: async () => {
      for (const proxy of proxies) await proxy[Symbol.asyncDispose]();
      for (const server of servers) await server.close();
    },
  });
}

/** A bench as the contract suite wants it. */
export const standOf = (on: Bench<unknown>, device: Device, { requestMs, total, orders }: { requestMs: number; total: number; orders: Stand["orders"] }): Stand => ({
  device,
  deadlineMs: total * requestMs,
  orders,
  fault: (fault) => on.fault(fault === "slow" ? `slow:${2 * requestMs}` : fault),
  clear: () => on.fault("clear"),
  refusing: async () => {
    on.refusing = true;
    return { [Symbol.asyncDispose]: async () => void (on.refusing = false) };
  },
  open: () => on.open(),
  [Symbol.asyncDispose]: () => on[Symbol.asyncDispose](),
});

/** An order to a point, shown when it hashes there. */
export const at = (point: string): Stand["orders"][number] => ({ setpoint: { kind: "points", point }, shows: (telemetry) => telemetry.point === point && telemetry.state === "hashing" });
export const asleep: Stand["orders"][number] = { setpoint: { kind: "sleep" }, shows: ({ state, point }) => state === "asleep" && point === null };

/**
 * For machines that take a setting by a reboot, and so not again when it is in place: while they refuse, another one has to be
 * ordered, and who orders one waits for its reboot. `rest`: the first order's point, `other`: another.
 */
export function byReboot(stand: Stand, { rest, other }: { rest: string; other: string }): Stand {
  const never = new AbortController().signal;
  const to = async (point: string): Promise<void> => {
    await stand.device.actuators.points?.({ kind: "points", point }, never);
    while ((await stand.device.read(never).catch(() => null))?.point !== point) await pause(20);
  };
  return {
    ...stand,
    refusing: async () => {
      await to(other);
      const refusal = await stand.refusing();
      return {
        [Symbol.asyncDispose]: async () => {
          await refusal[Symbol.asyncDispose]();
          await to(rest);
        },
      };
    },
  };
}
