import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { RTU_FAULTS, rtuStormDevice } from "./rtu-storm.ts";
import { storm } from "./storm.ts";
import { TCP_FAULTS, tcpStormDevice } from "./tcp-storm.ts";

const FAULTY_READS = 2_000;
const BUSES = 40;
const SEED = 20_260_729;

describe(`${FAULTY_READS} faulty replies and not one wrong value`, () => {
  test("on TCP", { timeout: 100_000 }, async () => {
    const { seen, served } = await storm({ faultyReads: FAULTY_READS, buses: BUSES, seed: SEED, start: tcpStormDevice });
    assert.equal([...seen.values()].reduce((sum, count) => sum + count, 0), FAULTY_READS);
    assert.deepEqual([...seen.keys()].toSorted(), Object.keys(TCP_FAULTS).toSorted(), "every fault happened");
    // A late answer is a right one where the timer was late too; nothing else faulty may be served.
    assert.ok(served >= FAULTY_READS && served <= FAULTY_READS + (seen.get("late") ?? 0), `${served} served`);
  });

  test("on RTU", { timeout: 100_000 }, async () => {
    const { seen, served } = await storm({ faultyReads: FAULTY_READS, buses: BUSES, seed: SEED, start: rtuStormDevice });
    assert.equal([...seen.values()].reduce((sum, count) => sum + count, 0), FAULTY_READS);
    assert.deepEqual([...seen.keys()].toSorted(), Object.keys(RTU_FAULTS).toSorted(), "every fault happened");
    assert.equal(served, FAULTY_READS, "nothing faulty was served, and nothing right refused");
  });
});
