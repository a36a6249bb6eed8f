/** One simulated machine of the cgminer family behind a fault proxy: its faults, what it was asked, and a switch that makes it refuse. */
import { Asic, type Start } from "../../drivers/sim/asic.ts";
import type { Answer, Firmware } from "../../drivers/sim/cgminer-answer.ts";
import { startCgminerServer } from "../../drivers/sim/cgminer-server.ts";
import { parseAsicFault } from "../../drivers/sim/faults.ts";
import { SimMachine, type SimClock } from "../../drivers/sim/machine.ts";
import { readSimModel } from "../../drivers/sim/model.ts";
import { seeded } from "../../drivers/sim/random.ts";
import type { Address } from "../../drivers/cgminer/wire.ts";
import type { Device } from "../../drivers/driver.ts";
import type { Stand } from "./contract.ts";
import { faultProxy } from "./fault-proxy.ts";

export interface RpcBench<F> extends AsyncDisposable {
  readonly address: Address;
  readonly firmware: F;
  readonly machine: SimMachine;
  /** Everything that is not a plain report, as `command|parameter`. */
  readonly told: string[];
  /** Says no to everything that changes something. */
  refusing: boolean;
  /** Answers instead of the firmware where it returns something. */
  instead: ((command: string, parameter: string) => Answer | null) | null;
  fault(fault: string): void;
  open(): number;
}

const clock: SimClock = { now: () => performance.now(), wall: () => performance.timeOrigin + performance.now() };
const REFUSED: Answer = { status: "E", code: 120, message: "set failed: not now" };

/** Starts and steps are short, so that a test sees their end. `changes`: which commands are orders. */
export async function rpcBench<F extends Firmware>(
  { model, start = { downMs: 200, climbMs: 200 }, changes }: { model: string; start?: Start | null; changes: (command: string, parameter: string) => boolean },
  make: (place: { machine: SimMachine; clock: SimClock }) => F,
): Promise<RpcBench<F>> {
  const body = new Asic({ model: readSimModel(model), random: seeded(7), start, restartMs: 300, frequencyStepMs: 1, minedMs: 100_000_000 }, clock.now());
  const machine = new SimMachine("asic-01", body, clock);
  const firmware = make({ machine, clock });
  const told: string[] = [];
  const bench: Pick<RpcBench<F>, "refusing" | "instead"> = { refusing: false, instead: null };
  const front: Firmware = {
    description: firmware.description,
    reports: firmware.reports,
    commands: firmware.commands,
    ...(firmware.joins !== undefined && { joins: firmware.joins }),
    seconds: () => firmware.seconds(),
    garble: (command, text) => firmware.garble?.(command, text) ?? text,
    answer: (command, parameter) => {
      if (parameter !== "") told.push(`${command}|${parameter}`);
      const instead = bench.instead?.(command, parameter) ?? null;
      if (instead !== null) return instead;
      return bench.refusing && changes(command, parameter) ? REFUSED : firmware.answer(command, parameter);
    },
  };
  const served = { host: "127.0.0.1", port: 0, latencyMs: 0, random: seeded(9), wire: () => machine.wire, asked: () => machine.asked(), wrote: () => machine.wrote() };
  const server = await startCgminerServer({ ...served, firmware: front });
  const proxy = await faultProxy(server);
  return Object.assign(bench, {
    address: proxy.address,
    firmware,
    machine,
    told,
    fault: (fault: string) => {
      proxy.resetAfterData = fault === "reset-after-data";
      if (fault !== "reset-after-data") machine.fault(parseAsicFault(fault));
    },
    open: () => proxy.open,
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]();
      await server.close();
    },
  });
}

/** A bench as the contract suite wants it. */
export const standOf = (bench: RpcBench<unknown>, device: Device, { requestMs, deadlineMs, orders }: { requestMs: number; deadlineMs: number; orders: Stand["orders"] }): Stand => ({
  device,
  deadlineMs,
  orders,
  fault: (fault) => bench.fault(fault === "slow" ? `slow:${2 * requestMs}` : fault),
  clear: () => bench.fault("clear"),
  refusing: async () => {
    bench.refusing = true;
    return { [Symbol.asyncDispose]: async () => void (bench.refusing = false) };
  },
  open: () => bench.open(),
  [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose](),
});
