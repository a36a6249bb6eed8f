/**
 * What every driver owes, run against its simulator on real sockets. A new driver adds a stand and one call of
 * `contract`; nothing in here knows a firmware.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { DeviceError, type DeviceErrorCode } from "../../agent/runtime/errors.ts";
import type { Setpoint, Telemetry } from "../../agent/core/model.ts";
import type { Device } from "../../drivers/driver.ts";

export type Fault = "silent" | "slow" | "refuse" | "garbage" | "truncate" | "half-close" | "drip" | "endless" | "reset-after-data" | "reboot";

/** One simulated miner and the driver in front of it. */
export interface Stand extends AsyncDisposable {
  readonly device: Device;
  /** Within this every read and every order ends, whatever the miner does. */
  readonly deadlineMs: number;
  /** Every kind of setpoint the driver can, and how a later reading shows that it was followed. */
  readonly orders: readonly { readonly setpoint: Setpoint; readonly shows: (telemetry: Telemetry) => boolean }[];
  fault(fault: Fault): void;
  clear(): void;
  /** Makes the miner say no to orders, and yes again when disposed. */
  refusing(): Promise<AsyncDisposable>;
  /** Connections of the driver that are open now. */
  open(): number;
}

/** What each fault is to be called. Where firmware differs in how it breaks, both names are true. */
const FAULTS: Readonly<Record<Exclude<Fault, "reboot">, readonly DeviceErrorCode[]>> = {
  silent: ["timeout"],
  slow: ["timeout"],
  refuse: ["unreachable"],
  garbage: ["malformed"],
  truncate: ["malformed"],
  "half-close": ["unreachable", "malformed"],
  drip: ["timeout"],
  endless: ["malformed", "timeout"],
  "reset-after-data": ["malformed"],
};

const SLACK_MS = 150;
const SHOWN_WITHIN_MS = 5_000;
const never = new AbortController().signal;

export function contract(name: string, start: () => Promise<Stand>): void {
  describe(`${name} keeps the contract`, () => {
    let stand: Stand;
    let sockets: number;

    before(async () => {
      sockets = openSockets();
      stand = await start();
    });
    after(async () => {
      await stand.device[Symbol.asyncDispose]();
      await nothingOpen(stand);
      await stand[Symbol.asyncDispose]();
      for (let tries = 0; openSockets() > sockets && tries < 50; tries++) await pause(10);
      assert.equal(openSockets(), sockets, "sockets left behind");
    });

    test("has one actuator for each capability and none besides, before and after the first reading", async () => {
      for (let reading = 0; reading < 2; reading++) {
        const kinds = stand.device.capabilities.map((capability) => capability.kind);
        assert.deepEqual(kinds.toSorted(), Object.keys(stand.device.actuators).toSorted());
        assert.deepEqual(kinds.toSorted(), [...new Set(stand.orders.map((order) => order.setpoint.kind))].toSorted(), "the stand orders every kind");
        await stand.device.read(never);
      }
    });

    test("shows each order in a later reading", async () => {
      for (const { setpoint, shows } of stand.orders) {
        await act(stand.device, setpoint);
        await shown(stand.device, shows, JSON.stringify(setpoint));
      }
      await nothingOpen(stand);
    });

    for (const fault of Object.keys(FAULTS) as (keyof typeof FAULTS)[]) {
      test(`${fault}: a typed error in time for a reading and for an order, nothing left open, and well again after it`, async () => {
        for (const attempt of [() => stand.device.read(never), () => act(stand.device, anOrder(stand).setpoint)]) {
          stand.fault(fault);
          try {
            await fails(attempt(), FAULTS[fault], stand.deadlineMs);
          } finally {
            stand.clear();
          }
          await nothingOpen(stand);
        }
        const { setpoint, shows } = anOrder(stand);
        await act(stand.device, setpoint);
        await shown(stand.device, shows, "an order after the fault");
      });
    }

    test("a refusal is a refusal, in time, and over when it is over", async () => {
      {
        await using _ = await stand.refusing();
        await fails(act(stand.device, anOrder(stand).setpoint), ["refused"], stand.deadlineMs);
        await stand.device.read(never);
      }
      await act(stand.device, anOrder(stand).setpoint);
    });

    test("a reboot is an unknown reading, then a younger one, and orders are followed again", async () => {
      const before = await stand.device.read(never);
      stand.fault("reboot");
      await fails(stand.device.read(never), ["unreachable", "timeout"], stand.deadlineMs);
      // While its mining process starts a miner may answer and not know an uptime yet.
      const again = await shown(stand.device, ({ uptime }) => uptime !== null, "an uptime after the reboot");
      assert.ok(again.uptime !== null && before.uptime !== null && again.uptime <= before.uptime);
      const { setpoint, shows } = anOrder(stand);
      // While it starts it may refuse: the plant orders again as long as the reading differs, and so does this.
      await shown(stand.device, shows, "an order after the reboot", setpoint);
    });

    test("an abort ends a reading and an order at once, with the signal's reason", async () => {
      stand.fault("silent");
      try {
        for (const attempt of [(signal: AbortSignal) => stand.device.read(signal), (signal: AbortSignal) => act(stand.device, anOrder(stand).setpoint, signal)]) {
          const stop = new AbortController();
          setTimeout(() => stop.abort(new Error("enough")), 20);
          await assert.rejects(attempt(stop.signal), (error) => error === stop.signal.reason || error instanceof DeviceError);
        }
      } finally {
        stand.clear();
      }
      await nothingOpen(stand);
    });
  });
}

async function act(device: Device, setpoint: Setpoint, signal = never): Promise<void> {
  const actuator = device.actuators[setpoint.kind] as ((setpoint: Setpoint, signal: AbortSignal) => Promise<void>) | undefined;
  assert.ok(actuator, `no actuator for ${setpoint.kind}`);
  await actuator(setpoint, signal);
}

function anOrder(stand: Stand): Stand["orders"][number] {
  const [first] = stand.orders;
  assert.ok(first);
  return first;
}

async function fails(attempt: Promise<unknown>, codes: readonly DeviceErrorCode[], deadlineMs: number): Promise<void> {
  const began = performance.now();
  await assert.rejects(attempt, (error) => {
    assert.ok(error instanceof DeviceError, String(error));
    assert.ok(codes.includes(error.code), `${error.code}: ${error.message}`);
    return true;
  });
  const took = performance.now() - began;
  assert.ok(took < deadlineMs + SLACK_MS, `took ${Math.round(took)} ms`);
}

/** Reads until it shows, ordering `again` as long as it does not. What fails on the way is tried again. */
async function shown(device: Device, shows: (telemetry: Telemetry) => boolean, what: string, again?: Setpoint): Promise<Telemetry> {
  const began = performance.now();
  let last: unknown = null;
  while (performance.now() - began < SHOWN_WITHIN_MS) {
    try {
      const telemetry = await device.read(never);
      if (shows(telemetry)) return telemetry;
      last = telemetry;
      if (again !== undefined && telemetry.state !== "ramping") await act(device, again);
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      last = error.message;
    }
    await pause(20);
  }
  throw new assert.AssertionError({ message: `${what} does not show; last: ${JSON.stringify(last)}` });
}

async function nothingOpen(stand: Stand): Promise<void> {
  for (let tries = 0; stand.open() > 0 && tries < 50; tries++) await pause(10);
  assert.equal(stand.open(), 0, "connections left open");
}

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource.startsWith("TCP")).length;
}
