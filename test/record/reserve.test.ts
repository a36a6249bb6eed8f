import assert from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "../../agent/core/units.ts";
import { Reserve } from "../../agent/record/reserve.ts";
import { MemoryDisk } from "../support/memory-disk.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const MB = 1_000_000;

async function bench(room: number): Promise<{ readonly disk: MemoryDisk; readonly look: () => Promise<string | null>; readonly release: () => Promise<void> }> {
  const clock = new VirtualClock();
  const disk = new MemoryDisk();
  disk.room = room;
  const reserve = new Reserve(disk.open(clock), 2 * MB);
  const passing = async <T>(work: Promise<T>): Promise<T> => {
    await clock.advance(seconds(1));
    return work;
  };
  return { disk, look: () => passing(reserve.look()), release: () => passing(reserve.release()) };
}

test("room is taken where there is plenty, once, and given up when it is needed", async () => {
  const { disk, look, release } = await bench(100 * MB);
  assert.equal(await look(), null);
  assert.equal(await look(), null);
  assert.equal(disk.files.get("reserve")?.bytes.length, 2 * MB);
  await release();
  assert.equal(disk.files.has("reserve"), false);
});

test("where there is little, nothing is taken; and summaries have to stop when less than the reserve is free", async () => {
  const little = await bench(5 * MB);
  assert.equal(await little.look(), null);
  assert.equal(little.disk.files.has("reserve"), false);
  const less = await bench(1 * MB);
  assert.match((await less.look()) ?? "", /1 MB are free on the disk, and 2 MB are kept for evidence/);
});

test("with the reserve held, summaries stop only when the rest is nearly gone", async () => {
  const { disk, look } = await bench(100 * MB);
  await look();
  disk.room = 1 * MB;
  assert.equal(await look(), null);
  disk.room = 100_000;
  assert.match((await look()) ?? "", /0 MB are free/);
});
