import assert from "node:assert/strict";
import { test } from "node:test";
import { RollCall, type Identity } from "../../agent/attend/roll-call.ts";
import type { Config } from "../../agent/config/schema.ts";
import { seconds } from "../../agent/core/units.ts";
import { silentLog } from "../../agent/runtime/log.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const miners = [1, 2].map((port) => ({ id: `asic-0${port}`, driver: "luxos", address: { host: "10.0.0.1", port } })) as unknown as Config["miners"];
const identity = (driver: string, serial: string): Identity => ({ driver, firmware: "LuxOS 1", mac: null, serial, boardSerials: ["A", null] });

async function called(answer: (port: number, times: number) => Identity | null) {
  const clock = new VirtualClock();
  const asked: number[] = [];
  const roll = new RollCall(miners, async ({ port }) => {
    asked.push(port);
    const said = answer(port, asked.filter((one) => one === port).length);
    if (said === null) throw new Error("mute");
    return said;
  });
  const stop = new AbortController();
  const ended = roll.run(clock, silentLog, stop.signal);
  const pass = (length: number): Promise<void> => clock.advance(seconds(length));
  return { roll, asked, pass, [Symbol.asyncDispose]: async () => { stop.abort(); await pass(5); await ended; } };
}

test("whoever answers is asked once, one after the other; nobody else is asked", async () => {
  await using call = await called((port) => identity("luxos", `S${port}`));
  await call.pass(10);
  assert.deepEqual(call.asked, []);
  call.roll.answering(new Set(["asic-01"]));
  await call.pass(60);
  assert.deepEqual(call.asked, [1]);
  assert.equal(call.roll.of("asic-01")?.serial, "S1");
  call.roll.answering(new Set(["asic-01", "asic-02"]));
  await call.pass(60);
  assert.deepEqual(call.asked, [1, 2]);
  await call.pass(86_500);
  assert.deepEqual(call.asked, [1, 2, 1, 2], "and again the next day");
});

test("one that was away is asked anew, but not each time it comes and goes", async () => {
  await using call = await called((_port, times) => identity("luxos", `S${times}`));
  const come = async (here: boolean): Promise<void> => {
    call.roll.answering(new Set(here ? ["asic-01"] : []));
    await call.pass(30);
  };
  for (const here of [true, false, true, false, true]) await come(here);
  assert.deepEqual(call.asked, [1]);
  await call.pass(700);
  assert.deepEqual(call.asked, [1, 1]);
  assert.equal(call.roll.of("asic-01")?.serial, "S2");
});

test("who says nothing keeps what it said, and another firmware than the configured one is nobody", async () => {
  await using call = await called((port, times) => (port === 2 ? identity("vnish", "other") : times === 1 ? identity("luxos", "S1") : null));
  call.roll.answering(new Set(["asic-01", "asic-02"]));
  await call.pass(86_500);
  assert.equal(call.roll.of("asic-01")?.serial, "S1");
  assert.equal(call.roll.of("asic-02"), null);
});
