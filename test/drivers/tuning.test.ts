import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { OperatingPoint } from "../../agent/core/model.ts";
import { megahertz, millivolts, terahash, watts } from "../../agent/core/units.ts";
import { writesTo, type KnownBoard, type Write } from "../../drivers/luxos/tuning.ts";

const point = (mhz: number, mv: number): OperatingPoint => ({ id: String(mhz), frequency: megahertz(mhz), voltage: millivolts(mv), power: watts(1), hashrate: terahash(1) });
const board = (index: number, mhz: number | null, mv: number | null, confirmed = true): KnownBoard => ({
  index,
  frequency: mhz === null ? null : megahertz(mhz),
  voltage: mv === null ? null : millivolts(mv),
  confirmed,
});
const spell = (write: Write): string => (write.kind === "frequency" ? `f${write.board}=${write.frequency}` : `v${write.board}=${write.voltage}`);

describe("the writes to a point", () => {
  const cases: readonly { name: string; boards: readonly KnownBoard[]; to: OperatingPoint; writes: string }[] = [
    { name: "down: all frequencies, then the voltages", boards: [board(0, 590, 13500), board(1, 590, 13500)], to: point(290, 11880), writes: "f0=290 f1=290 v0=11880 v1=11880" },
    { name: "up: all voltages, then the frequencies", boards: [board(0, 290, 11880), board(1, 290, 11880)], to: point(590, 13500), writes: "v0=13500 v1=13500 f0=590 f1=590" },
    { name: "boards on both sides", boards: [board(0, 590, 13500), board(1, 290, 11880)], to: point(440, 12600), writes: "f0=440 v1=12600 f1=440 v0=12600" },
    { name: "only what differs", boards: [board(0, 590, 13500), board(1, 590, 13300)], to: point(590, 13500), writes: "v1=13500" },
    { name: "within the tolerance nothing", boards: [board(0, 588.1, 13455)], to: point(590, 13500), writes: "" },
    { name: "everything, when it is only expected", boards: [board(0, 590, 13500, false)], to: point(590, 13500), writes: "f0=590 v0=13500" },
    { name: "everything, frequency first, when nothing is known", boards: [board(0, null, null)], to: point(590, 13500), writes: "f0=590 v0=13500" },
    { name: "an unconfirmed lower state still rises by voltage first", boards: [board(0, 290, 11880, false)], to: point(590, 13500), writes: "v0=13500 f0=590" },
  ];
  for (const { name, boards, to, writes } of cases) {
    test(name, () => assert.equal(writesTo(to, boards).map(spell).join(" "), writes));
  }

  test("never leave a known board with less voltage than both its ends had", () => {
    const states = fc.record({ mhz: fc.integer({ min: 190, max: 790 }), confirmed: fc.boolean() });
    const curve = (mhz: number): number => 11_880 + 5 * Math.max(0, mhz - 315);
    fc.assert(fc.property(fc.array(states, { minLength: 1, maxLength: 4 }), fc.integer({ min: 190, max: 790 }), (from, to) => {
      const boards = from.map(({ mhz, confirmed }, index) => board(index, mhz, curve(mhz), confirmed));
      const now = boards.map(({ frequency, voltage }) => ({ frequency: frequency ?? 0, voltage: voltage ?? 0 }));
      for (const write of writesTo(point(to, curve(to)), boards)) {
        const here = now[write.board];
        assert.ok(here);
        if (write.kind === "frequency") here.frequency = write.frequency;
        else here.voltage = write.voltage;
        // 60 mV and 2.5 MHz (12.5 mV on this curve) are the read-back tolerances.
        assert.ok(here.voltage >= curve(here.frequency) - 73, `${spell(write)}: ${here.voltage} mV at ${here.frequency} MHz`);
      }
    }), { numRuns: 1000 });
  });
});
