/** Many buses, many questions, every other one answered wrongly on purpose: not one wrong value may be served. */
import assert from "node:assert/strict";

import { DeviceError } from "../../agent/runtime/errors.ts";
import { Bus } from "../../drivers/modbus/bus.ts";
import type { Line } from "../../drivers/modbus/line.ts";
import type { Request } from "../../drivers/modbus/request.ts";
import { content } from "./device.ts";

const never = new AbortController().signal;
export const TIMEOUT_MS = 15;
/** Questions below this address are answered rightly, so that a connection has something to lose. */
export const FAULTY_FROM = 128;

/** mulberry32: small, seeded, good enough to pick faults. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A device with faults and the line to it. */
export interface StormDevice extends AsyncDisposable {
  readonly line: Line;
}

export interface Storm {
  /** Questions answered wrongly, of all buses together. */
  readonly faultyReads: number;
  readonly buses: number;
  readonly seed: number;
  /** Faults by name, counted in `seen` by the device as they happen. */
  readonly start: (random: () => number, seen: Map<string, number>) => Promise<StormDevice>;
}

export interface Outcome {
  /** How often each fault happened. */
  readonly seen: ReadonlyMap<string, number>;
  /** How many questions got an answer; each was asserted to be the right one. */
  readonly served: number;
}

export async function storm({ faultyReads, buses, seed, start }: Storm): Promise<Outcome> {
  const seen = new Map<string, number>();
  let [served, why] = [0, ""];
  await Promise.all(Array.from({ length: buses }, async (_, at) => {
    const random = seeded(seed + at);
    await using device = await start(random, seen);
    const bus = new Bus(device.line, { random, now: () => performance.now() });
    const share = Math.floor(faultyReads / buses) + (at < faultyReads % buses ? 1 : 0);
    for (let step = 0; step < 2 * share; step += 1) {
      const faulty = step % 2 === 1;
      const request: Request = {
        kind: "read", unit: 1 + Math.floor(random() * 9), table: random() < 0.5 ? "holding" : "input",
        address: (faulty ? FAULTY_FROM : 0) + Math.floor(random() * 100), count: 2 + Math.floor(random() * 3),
      };
      const reply = await bus
        // An order's priority, because nobody backs off for an order: what is tested is what is served, as fast as it goes.
        .send(request, { priority: "switching", deadlineMs: 5_000, timing: { timeoutMs: faulty ? TIMEOUT_MS : 3_000, minGapMs: 0, connectDelayMs: 0, quietAfterTimeoutMs: 0 } }, never)
        .catch((error: unknown) => {
          assert.ok(error instanceof DeviceError, String(error));
          why = error.message;
          return null;
        });
      if (reply === null) {
        assert.ok(faulty, `the right answer was refused: ${why}`);
        continue;
      }
      served += 1;
      const code = request.table === "holding" ? 3 : 4;
      assert.deepEqual(reply, Array.from({ length: request.count }, (__, word) => content(request.unit, code, request.address + word)));
    }
    bus.close();
  }));
  return { seen, served };
}

/** Picks one of `faults` and counts it. */
export function pick<T>(faults: Readonly<Record<string, T>>, random: () => number, seen: Map<string, number>): T {
  const names = Object.keys(faults);
  const name = names[Math.floor(random() * names.length)] ?? "";
  const fault = faults[name];
  if (fault === undefined) throw new Error("no faults to pick from");
  seen.set(name, (seen.get(name) ?? 0) + 1);
  return fault;
}
