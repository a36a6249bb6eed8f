/** `npm run test:long`: what polling costs. The devices live in a process of their own, so that only our side is counted. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import type { Meter } from "../../drivers/driver.ts";
import { Buses } from "../../drivers/modbus/buses.ts";
import { modbusMeter } from "../../drivers/modbus/meter.ts";
import { profileWith } from "../modbus/profiles.ts";

const DEVICES = 20;
const BLOCKS = 4;
const SECONDS = 20;
const never = new AbortController().signal;
const now = (): number => performance.now();

const point = (address: number): object => ({ group: "fast", table: "input", address, type: "i32", scale: 1, unit: "W" });
const profile = profileWith({ points: Object.fromEntries(["power", "phase.a", "phase.b", "phase.c"].slice(0, BLOCKS).map((key, at) => [key, point(100 * at)])) });

const ports = async (devices: ReturnType<typeof spawn>): Promise<number[]> => {
  assert.ok(devices.stdout);
  for await (const line of createInterface({ input: devices.stdout })) return JSON.parse(line) as number[];
  throw new Error("the devices ended before they were ready");
};

test(`${DEVICES} devices x ${BLOCKS} blocks at 1 Hz take under 2 % of a core`, { timeout: 60_000 }, async (t) => {
  const devices = spawn(process.execPath, [fileURLToPath(new URL("modbus-devices.js", import.meta.url)), String(DEVICES)], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => devices.once("close", resolve));
  const buses = new Buses({ random: () => 0, now });
  const meters: Meter[] = (await ports(devices)).map((port, at) => modbusMeter({ id: `meter-${at}`, profile, address: { host: "127.0.0.1", port }, unit: 1, buses }));
  t.after(async () => {
    for (const meter of meters) await meter[Symbol.asyncDispose]();
    devices.kill();
    await ended;
  });
  const poll = async (): Promise<void> => { await Promise.all(meters.map((meter) => meter.read(never))); };
  // The first polls connect, survey and are compiled; a daemon does that once.
  for (let warm = 0; warm < 50; warm += 1) await poll();
  const [from, before] = [now(), process.cpuUsage()];
  for (let second = 1; second <= SECONDS; second += 1) {
    await poll();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, from + 1_000 * second - now())));
  }
  const { user, system } = process.cpuUsage(before);
  const percent = (user + system) / 10 / (now() - from);
  t.diagnostic(`${percent.toFixed(2)} % of a core for ${DEVICES * BLOCKS} reads a second`);
  assert.ok(percent < 2, `${percent.toFixed(2)} %`);
});
