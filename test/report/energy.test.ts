import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Allocation } from "../../agent/core/grid.ts";
import type { Now } from "../../agent/core/time.ts";
import { instant, seconds } from "../../agent/core/units.ts";
import { askedBy, intervalLength } from "../../agent/report/asked.ts";
import { EnergyBook } from "../../agent/report/energy/book.ts";
import { Curve } from "../../agent/report/energy/curve.ts";
import { MachineBook } from "../../agent/report/energy/machines.ts";
import type { Look } from "../../agent/report/energy/interval.ts";
import { inParts } from "../../agent/report/energy/parts.ts";
import { forTheGrid, type IntervalRecord } from "../../agent/report/energy/record.ts";
import { counted } from "../../agent/report/energy/register.ts";

const noon = Date.parse("2026-01-01T12:00:00Z");
const base: Look = { uptime: 0, at: noon, powerW: 3600, quality: "measured", limitW: 5000, violating: false, hashrateThs: 100, clock: "synced", registers: {} };

/** One look a second from `from` for `seconds`, as `say` has it. */
function play(book: EnergyBook, span: { from: number; seconds: number }, say: (second: number) => Partial<Look> = () => ({})): IntervalRecord[] {
  const records: IntervalRecord[] = [];
  for (let second = 0; second <= span.seconds; second += 1) {
    const passed = (span.from + second) * 1000;
    records.push(...book.look({ ...base, uptime: passed, at: noon + passed, ...say(second) }));
  }
  return records;
}

const newBook = (): EnergyBook => new EnergyBook(() => null);

describe("quarter hours", () => {
  test("a steady hour is four whole records", () => {
    const records = play(newBook(), { from: 0, seconds: 3600 });
    assert.equal(records.length, 4);
    for (const [index, record] of records.entries()) {
      assert.equal(record.from, new Date(noon + index * 900_000).toISOString());
      assert.equal(record.energyWh, 900);
      assert.equal(record.quality, "ok");
      assert.equal(record.energyBy, "power");
      assert.equal(record.allottedWh, 1250);
      assert.equal(record.hashesTh, 90_000);
      assert.equal(record.jPerTh, 36);
      assert.deepEqual(record.limits, [[0, 5000]]);
    }
  });

  test("a look over the end of a quarter hour is parted there", () => {
    const book = newBook();
    book.look({ ...base, uptime: 0, at: noon + 898_000 });
    const [record] = book.look({ ...base, uptime: 4_000, at: noon + 902_000 });
    assert.equal(record?.energyWh, 2);
    assert.equal(record.measuredS, 2);
    assert.equal(record.quality, "missing");
  });

  test("what was over the limit is counted, and what was so after the response time apart", () => {
    const [record] = play(newBook(), { from: 0, seconds: 900 }, (second) => (second < 100 ? { powerW: 8600, violating: second < 10 } : {}));
    assert.equal(record?.overS, 100);
    assert.equal(record.overWh, 100);
    assert.equal(record.violatingS, 10);
    assert.equal(record.maxW, 8600);
  });

  test("without a meter it is estimated; unknown is missing and never zero", () => {
    const [estimated] = play(newBook(), { from: 0, seconds: 900 }, () => ({ quality: "estimated" }));
    assert.equal(estimated?.quality, "estimated");
    const [unknown] = play(newBook(), { from: 0, seconds: 900 }, () => ({ powerW: null, quality: "unknown", hashrateThs: null }));
    assert.deepEqual([unknown?.quality, unknown?.energyWh, unknown?.hashesTh, unknown?.missingS, unknown?.energyBy], ["missing", null, null, 900, "none"]);
  });

  test("a gap is missing, however long the last look is", () => {
    const book = newBook();
    play(book, { from: 0, seconds: 100 });
    const [record] = play(book, { from: 400, seconds: 500 });
    assert.equal(record?.missingS, 295);
    assert.equal(record.quality, "missing");
  });

  test("quarter hours nobody saw are recorded as missing, a day of them at the most", () => {
    const book = newBook();
    play(book, { from: 0, seconds: 10 });
    const records = play(book, { from: 3 * 900, seconds: 0 });
    assert.deepEqual(records.map(({ quality, energyWh }) => [quality, energyWh]), [["missing", 15], ["missing", null], ["missing", null]]);
    const week = play(book, { from: 7 * 86_400, seconds: 0 });
    assert.equal(week.length, 97);
  });

  test("what an unlimited rack was allotted is not known", () => {
    const [record] = play(newBook(), { from: 0, seconds: 900 }, (second) => (second > 800 ? { limitW: null } : {}));
    assert.equal(record?.allottedWh, null);
    assert.deepEqual(record.limits, [[0, 5000], [801, null]]);
  });

  test("a clock that is set marks the quarter hours it touches and invents no energy", () => {
    const book = newBook();
    play(book, { from: 0, seconds: 100 });
    const [record] = book.look({ ...base, uptime: 101_000, at: noon + 5_000_000 });
    assert.equal(record?.clock, "stepped");
    assert.equal(record.energyWh, 101);
  });

  test("a restart goes on in the same quarter hour and misses only what it missed", () => {
    const book = newBook();
    play(book, { from: 0, seconds: 300 });
    const memory = JSON.parse(JSON.stringify(book.memory())) as NonNullable<ReturnType<EnergyBook["memory"]>>;
    const again = newBook();
    again.recall(memory);
    const [record] = play(again, { from: 320, seconds: 580 });
    assert.deepEqual([record?.energyWh, record?.missingS, record?.quality], [880, 20, "missing"]);
  });

  test("what the grid is told has no efficiency and no cost in it", () => {
    const [record] = play(new EnergyBook((_from, kWh) => ({ currency: "USD", energy: kWh, tax: 0 })), { from: 0, seconds: 900 });
    assert.deepEqual(record?.cost, { currency: "USD", energy: 0.9, tax: 0 });
    const told = forTheGrid(record);
    assert.ok(!("jPerTh" in told) && !("hashesTh" in told) && !("cost" in told));
  });
});

describe("registers", () => {
  test("adjoin: the end of one quarter hour is the start of the next, and their sum is what was counted", () => {
    const records = play(newBook(), { from: 0, seconds: 3600 }, (second) => ({ registers: { m: 1_000_000 + second } }));
    assert.deepEqual(records.map(({ energyWh, energyBy }) => [energyWh, energyBy]), [[900, "register"], [900, "register"], [900, "register"], [900, "register"]]);
    for (const [index, { registers }] of records.entries()) if (index > 0) assert.equal(registers[0]?.startWh, records[index - 1]?.registers[0]?.endWh);
  });

  test("a restart within a quarter hour costs nothing where a register counts", () => {
    const book = newBook();
    play(book, { from: 0, seconds: 300 }, (second) => ({ registers: { m: second } }));
    const again = newBook();
    again.recall(book.memory() ?? assert.fail());
    const records = play(again, { from: 600, seconds: 300 }, (second) => ({ registers: { m: 600 + second } }));
    assert.deepEqual([records[0]?.energyWh, records[0]?.quality, records[0]?.missingS], [900, "ok", 300]);
  });

  test("what was counted over a longer absence is told apart", () => {
    const book = newBook();
    play(book, { from: 0, seconds: 300 }, (second) => ({ registers: { m: second } }));
    const again = newBook();
    again.recall(book.memory() ?? assert.fail());
    const records = play(again, { from: 2_000, seconds: 1_600 }, (second) => ({ registers: { m: 2_000 + second } }));
    assert.deepEqual(records.map(({ energyWh, quality, bridgedWh }) => [energyWh, quality, bridgedWh]), [[300, "missing", null], [null, "missing", null], [700, "missing", 1_700], [900, "ok", null]]);
  });

  test("meters that answer only after the first look, and a second absence, lose nothing", () => {
    const book = newBook();
    play(book, { from: 0, seconds: 300 }, (second) => ({ registers: { m: second } }));
    const again = newBook();
    again.recall(book.memory() ?? assert.fail());
    play(again, { from: 2_000, seconds: 200 }, (second) => ({ registers: second < 5 ? {} : { m: 2_000 + second } }));
    const third = newBook();
    third.recall(JSON.parse(JSON.stringify(again.memory())) as NonNullable<ReturnType<EnergyBook["memory"]>>);
    const [record] = play(third, { from: 2_400, seconds: 300 }, (second) => ({ registers: second < 5 ? { m: null } : { m: 2_400 + second } }));
    assert.deepEqual([record?.from, record?.energyWh, record?.bridgedWh], ["2026-01-01T12:30:00.000Z", 500, 1_900]);
  });

  const cases: readonly [string, number, number, number | null, ReturnType<typeof counted>][] = [
    ["counts on", 1_000, 9_000, 8_000, { wh: 8_000, by: "register" }],
    ["rolls over at eight digits", 99_998_000, 6_000, 8_000, { wh: 8_000, by: "rolled" }],
    ["rolls over at 32 bits", 2 ** 32 - 3_000, 5_000, 8_000, { wh: 8_000, by: "rolled" }],
    ["of a new meter starts at nothing", 123_456_789, 4_000, 8_000, { wh: 8_000, by: "replaced" }],
    ["of another meter is far ahead", 1_000, 900_000_000, 8_000, { wh: 8_000, by: "replaced" }],
    ["in kilowatt-hours moves by jumps", 10_000, 10_000, 900, { wh: 0, by: "register" }],
    ["went on while nobody looked", 1_000, 500_000, null, { wh: 499_000, by: "register" }],
  ];
  for (const [name, from, to, powerWh, expected] of cases) test(`a register that ${name}`, () => assert.deepEqual(counted(from, to, powerWh), expected));

  test("a replaced meter is noted, and power stands in", () => {
    const [record] = play(newBook(), { from: 0, seconds: 900 }, (second) => ({ registers: { m: second < 450 ? 5_000_000 + second : second - 450 } }));
    assert.deepEqual([record?.energyWh, record?.energyBy, record?.registerNote, record?.quality], [900, "power", "replaced", "ok"]);
  });
});

describe("as long as the operator asks", () => {
  const minute = 60_000;
  const spans = (records: readonly IntervalRecord[]): string[] => records.map(({ from, to }) => `${from.slice(11, 16)}-${to.slice(11, 16)}`);

  test("what divides the hour is followed; else the next shorter that does; a minute at least and an hour at most", () => {
    const minutesOf = (intervalS: number | null): number => intervalLength({ telemetry: null, interval: intervalS === null ? null : seconds(intervalS) }) / minute;
    assert.deepEqual([null, 0, 30, 60, 299, 300, 420, 600, 900, 1_000, 1_800, 3_599, 3_600, 86_400].map(minutesOf), [15, 1, 1, 1, 4, 5, 6, 10, 15, 15, 30, 30, 60, 60]);
  });

  test("of several allocations in force the shortest holds; one that waits or has ended asks for nothing", () => {
    const allocation = (from: number, until: number, interval: number | null): Allocation => ({
      ref: { id: "a", topic: "t", epoch: 0, seq: 1 }, valid: { start: instant(from), end: instant(until) }, ceiling: null, firm: null, levels: null, schedule: [], failsafe: null, restart: null,
      report: { telemetry: seconds(5), interval: interval === null ? null : seconds(interval) },
    });
    const now: Now = { uptime: seconds(0), earliest: instant(noon), latest: instant(noon) };
    const all = [allocation(noon - 1, noon + 1, 1_800), allocation(noon - 1, noon + 1, 600), allocation(noon + 1, noon + 2, 60), allocation(noon - 2, noon - 1, 60), allocation(noon - 1, noon + 1, null)];
    assert.deepEqual(askedBy(all, now), { telemetry: 5_000, interval: 600_000 });
    assert.deepEqual(askedBy(all.slice(2, 4), now), { telemetry: null, interval: null });
  });

  test("five minutes and whole hours by the clock", () => {
    const [five, hour] = [newBook(), newBook()];
    const records = { five: [] as IntervalRecord[], hour: [] as IntervalRecord[] };
    for (let at = 0; at <= 7_200_000; at += 4_000) {
      const look = { ...base, uptime: at, at: noon + at };
      records.five.push(...five.look(look, 5 * minute));
      records.hour.push(...hour.look(look, 60 * minute));
    }
    assert.equal(records.five.length, 24);
    assert.ok(records.five.every(({ energyWh, quality }) => energyWh === 300 && quality === "ok"));
    assert.deepEqual(spans(records.hour), ["12:00-13:00", "13:00-14:00"]);
    assert.ok(records.hour.every(({ energyWh, quality, allottedWh }) => energyWh === 3_600 && quality === "ok" && allottedWh === 5_000));
  });

  test("asked anew, the one being filled ends where the clock next shows an end of the new kind, and none overlap", () => {
    const book = newBook();
    const records: IntervalRecord[] = [];
    const until = (end: number, length: number): void => {
      for (; at <= end * minute; at += 4_000) records.push(...book.look({ ...base, uptime: at, at: noon + at }, length * minute));
    };
    let at = 0;
    until(20, 15);
    until(93, 60);
    until(101, 5);
    assert.deepEqual(spans(records), ["12:00-12:15", "12:15-13:00", "13:00-13:35", "13:35-13:40"]);
    assert.deepEqual(records.map(({ energyWh, quality }) => `${energyWh} ${quality}`), ["900 ok", "2700 ok", "2100 ok", "300 ok"]);
  });

  test("after a restart under another length what was begun still ends where what was seen of it did", () => {
    const before = newBook();
    for (let at = 0; at <= 7 * minute; at += 1_000) before.look({ ...base, uptime: at, at: noon + at }, 60 * minute);
    const after = newBook();
    const memory = before.memory();
    if (memory !== null) after.recall(memory);
    const records = after.look({ ...base, uptime: 0, at: noon + 31 * minute }, 10 * minute);
    assert.deepEqual(spans(records), ["12:00-12:10", "12:10-12:20", "12:20-12:30"]);
    assert.deepEqual(records.map(({ energyWh, missingS, quality }) => `${energyWh} ${missingS} ${quality}`), ["420 180 missing", "null 600 missing", "null 600 missing"]);
  });

  test("a clock slewed back over an end does not end it twice", () => {
    const book = newBook();
    const records = [-500, 400, -300, 500].flatMap((off, step) => book.look({ ...base, uptime: step * 1_000, at: noon + 15 * minute + off }));
    assert.deepEqual(spans(records), ["12:00-12:15"]);
  });
});

test("no energy is lost or found at the seams: the records sum to what was integrated", () => {
  const looks = fc.array(fc.record({ length: fc.integer({ min: 1, max: 4_900 }), powerW: fc.integer({ min: 0, max: 40_000 }) }), { minLength: 2, maxLength: 800 });
  fc.assert(
    fc.property(looks, fc.integer({ min: 0, max: 899_999 }), fc.array(fc.constantFrom(1, 5, 12, 15, 30, 60), { minLength: 1, maxLength: 4 }), (steps, start, lengths) => {
      const book = newBook();
      let [uptime, integrated, recorded] = [0, 0, 0];
      let end: string | null = null;
      const take = (records: readonly IntervalRecord[]): void => records.forEach(({ energyWh, from, to }) => {
        recorded += energyWh ?? 0;
        assert.equal(from, end ?? from, "each begins where the one before it ended");
        end = to;
      });
      for (const [index, { length, powerW }] of steps.entries()) {
        // Every so often the operator asks for another length.
        take(book.look({ ...base, uptime, at: noon + start + uptime, powerW }, (lengths[Math.floor(index / 100) % lengths.length] ?? 15) * 60_000));
        uptime += length;
        integrated += (powerW * length) / 3_600_000;
      }
      take(book.look({ ...base, uptime, at: noon + start + uptime }));
      const open = book.memory()?.interval.powerWh ?? 0;
      assert.ok(Math.abs(recorded + open - integrated) < 0.1 * steps.length, `${recorded} + ${open} instead of ${integrated}`);
    }),
    { numRuns: 100 },
  );
});

test("machines have a row each, and a silent one is known for no second of it", () => {
  const book = new MachineBook();
  const records = [];
  for (let at = 0; at <= 900; at += 10) {
    const record = book.look([{ id: "a", powerW: 3_600, hashrateThs: 100 }, { id: "b", powerW: null, hashrateThs: null }], { uptime: at * 1000, at: noon + at * 1000 });
    if (record !== null) records.push(record);
  }
  assert.deepEqual(records[0]?.rows, [["a", 890, 89_000, 890], ["b", 0, 0, 0]]);
});

test("a record of many machines is the sum of its parts, none of which is large; one of few is one part", () => {
  const rows = Array.from({ length: 1_001 }, (_, index) => [`asic-${index}`, 812.5, 180_000, 900] as const);
  const parts = inParts({ from: "then", rows });
  assert.deepEqual(parts.map(({ from, part, parts: of, rows: { length } }) => [from, part, of, length]), [1, 2, 3, 4, 5, 6].map((part) => ["then", part, 6, part < 6 ? 200 : 1]));
  assert.deepEqual(parts.flatMap((part) => part.rows), rows);
  assert.ok(parts.every((part) => JSON.stringify(part).length < 8_000), "a second of the records' budget");
  for (const count of [0, 1, 200]) assert.deepEqual(inParts({ rows: rows.slice(0, count) }), [{ rows: rows.slice(0, count), part: 1, parts: 1 }]);
});

test("the curve keeps the highest reading of each second, and gaps as gaps", () => {
  const curve = new Curve();
  const look = (at: number, powerW: number | null, limitW: number | null = 5_000) => curve.look({ at: noon + at, powerW, limitW, quality: "measured" });
  look(0, 100);
  look(500, 900);
  look(900, 200);
  look(3_000, 300, null);
  assert.equal(look(59_900, 1), null);
  const minute = look(60_000, 1);
  assert.deepEqual(minute?.powerW.slice(0, 5), [900, null, null, 300, null]);
  assert.equal(minute?.powerW.length, 60);
  assert.deepEqual(minute.limits, [[0, 5_000], [3, null], [59, 5_000]]);
});
