/** `npm run test:long`: 100,000 faulty replies over 32 buses, half of them TCP, half serial. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { rtuStormDevice } from "../modbus/rtu-storm.ts";
import { storm } from "../modbus/storm.ts";
import { tcpStormDevice } from "../modbus/tcp-storm.ts";

const FAULTY_READS = 100_000;
const SEED = 6;

test(`${FAULTY_READS} faulty replies over 32 buses and not one wrong value`, { timeout: 600_000 }, async () => {
  const half = { faultyReads: FAULTY_READS / 2, buses: 16 };
  const [tcp, rtu] = await Promise.all([storm({ ...half, seed: SEED, start: tcpStormDevice }), storm({ ...half, seed: SEED + 1_000, start: rtuStormDevice })]);
  for (const { seen, served } of [tcp, rtu]) {
    assert.equal([...seen.values()].reduce((sum, count) => sum + count, 0), half.faultyReads);
    assert.ok(served >= half.faultyReads && served <= half.faultyReads + (seen.get("late") ?? 0), `${served} served`);
  }
});
