import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { momentOf } from "../../agent/cli/commands/plan.ts";
import { planLines } from "../../agent/cli/plan-lines.ts";
import { curvePicture } from "../../agent/cli/screen/curve.ts";
import { render } from "../../agent/cli/screen/line.ts";
import { deviceWhyLines, whyInShort, whyLines } from "../../agent/cli/why-lines.ts";
import { fc } from "../core/properties.ts";
import { plan, why } from "./answers.ts";

const columnsOf = (line: string): number => [...stripVTControlCharacters(line)].length;

describe("the plan on a terminal", () => {
  test("fits 80x24, draws the curve and marks now and then on it", () => {
    const lines = planLines(plan, { columns: 80, coloured: true });
    assert.ok(lines.length <= 23, `${lines.length} lines`);
    for (const line of lines) assert.ok(columnsOf(line) <= 80, line);
    const text = lines.map(stripVTControlCharacters).join("\n");
    assert.match(text, /^2 machines +point 590 > sleep > point 300 +6\.00 kW +2\.38 kW +after 44 s$/m);
    assert.match(text, /^Could be shed: 0 W in 5 s, 18\.9 kW in 60 s, 19\.4 kW in 300 s; 4\.70 kW from\n2026-01-01 17:00 UTC on \(limit 5\.00 kW\)\.$/m);
    assert.match(text, /└─+●─+○─*$/m);
    assert.match(text, /○ now 19\.8 kW {3}● then 5\.95 kW/);
    assert.ok(/[\u2801-\u28ff]/.test(text));
  });

  test("what binds already, what cannot be kept, what does not end", () => {
    const said = (over: Partial<typeof plan>): string => planLines({ ...plan, ...over }, { columns: null, coloured: false }).join("\n");
    assert.match(said({ effectiveLimitW: 4_000, limitSource: "schedule", at: "2026-01-01T17:00:00.000Z" }), /^6\.00 kW would not bind at 2026-01-01 17:00 UTC, with the rack as it is now:\s+the\s+schedule allows only 4\.00 kW\./);
    assert.match(said({ compliance: "at-floor", effectiveLimitW: 100, askedW: 100, withinS: null }), /It would not be kept by sleep\s+and tuning[\s\S]*It would not be within the limit/);
    assert.match(said({ doneS: null, moves: plan.moves.map((move) => ({ ...move, arrivesS: null })) }), /not all have\s+arrived\s+after\s+1 min 6 s[\s\S]*still under way/);
    assert.match(said({ doneS: null }), /the\s+last\s+machine\s+has\s+arrived\s+after\s+44 s\./, "what waits for something else is not on its way");
    assert.match(said({ moves: plan.moves.map((move) => ({ ...move, told: [move.from, ...move.told] })) }), /^asic-01 +point 590 > point 300 /m, "told again where it is going");
    assert.match(said({ unheard: 1 }), /One machine does not answer: what it draws counts, what it hashes\s+is\s+not\s+known\./);
    assert.doesNotMatch(said({}), /does not answer/);
    assert.match(said({ moves: [], restarts: 0 }), /Nothing would change\./);
    assert.match(planLines({ ...plan, curve: [] }, { columns: 80, coloured: false }).join("\n"), /There is no curve/);
  });

  test("a way of many stations is its ends on a terminal, and whole elsewhere", () => {
    const long = { ...plan, moves: plan.moves.map((move) => ({ ...move, from: "point 1215", told: ["sleep", "point 290", "2 boards", "point 1240"], fromW: 1_234, toW: 1_234, arrivesS: 774 })) };
    const lines = planLines(long, { columns: 80, coloured: false });
    assert.ok(lines.every((line) => columnsOf(line) <= 80) && lines.some((line) => / point 1215 > \.\.\. > point 1240 /.test(line)), lines.join("\n"));
    assert.match(planLines(long, { columns: null, coloured: false }).join("\n"), /point 1215 > sleep > point 290 > 2 boards > point 1240/);
  });

  test("a curve of any shape stays in its frame", () => {
    const point = fc.record({ powerW: fc.integer({ min: 0, max: 50_000 }), jPerTh: fc.integer({ min: 1, max: 500 }) });
    fc.assert(fc.property(fc.array(point, { maxLength: 30 }), fc.integer({ min: 1, max: 120 }), fc.integer({ min: 1, max: 20 }), fc.integer({ min: -10, max: 100_000 }), (points, columns, rows, mark) => {
      const curve = [...points].sort((a, b) => a.powerW - b.powerW);
      for (const line of curvePicture(curve, [{ powerW: mark, sign: "●" }], { columns, rows, label: String })) assert.ok(columnsOf(render(line, 1_000, false)) <= Math.max(columns, 18 + String(curve.at(-1)?.powerW).length));
    }), { numRuns: 200 });
  });
});

describe("--at", () => {
  const now = new Date(2026, 0, 31, 12, 30);
  for (const [text, wanted] of [["17:00", new Date(2026, 0, 31, 17)], ["9:05", new Date(2026, 1, 1, 9, 5)], ["+2h", new Date(2026, 0, 31, 14, 30)], ["2026-02-03T04:05:06Z", new Date("2026-02-03T04:05:06Z")]] as const) {
    test(text, () => assert.equal(momentOf(text, now).toISOString(), wanted.toISOString()));
  }
  for (const text of ["tomorrow", "25:00", "+soon", ""]) test(`not "${text}"`, () => assert.throws(() => momentOf(text, now), { code: "commander.invalidArgument" }));
});

test("why speaks in lines of 80 columns, without a miner's escape codes, whatever it is asked of", () => {
  const lines = [...whyLines(why), ...deviceWhyLines(why)];
  for (const line of lines) assert.ok(columnsOf(line) <= 80, line);
  assert.ok(!lines.join("").includes("\u001b[31m"));
  assert.ok(!/null|undefined|NaN/.test(lines.join("\n")), lines.join("\n"));
});

describe("why of what is not as it should be", () => {
  const [one] = why.devices;
  const said = (over: object, ids: readonly string[] = ["asic-01"]): string => whyLines({ ...why, devices: ids.map((id) => ({ ...(one ?? assert.fail()), id, ...over })) }).join("\n").replaceAll(/\n {9}(?=\S)/g, " ");
  const heat = (by: "board" | "fan", reading: number, asleep = false) => ({ heat: { by, reading, limit: by === "fan" ? 0 : 80, asleep } });
  const rows: [string, object, RegExp][] = [
    ["a fan", heat("fan", 1), /asic-01 is held low: 1 fan stands/],
    ["most fans", heat("fan", 3, true), /asic-01 sleeps: 3 fans stand/],
    ["a hot board", heat("board", 81), /asic-01 is held low: a board is at 81 °C, its limit is 80 °C/],
    ["one that has cooled", heat("board", 61), /asic-01 comes back by steps after heat: a board is at 61 °C/],
    ["an order it did not take", { refused: { setpoint: "sleep", at: "2026-01-01T08:00:00.000Z", message: "asleep" } }, /asic-01 did not take sleep at 08:00:00 UTC: asleep/],
    ["silence, without what it did not take", { by: "silence", failure: "no answer", refused: { setpoint: "sleep", at: "2026-01-01T08:00:00.000Z", message: "no answer" } }, /asic-01 does not answer \(no answer\): it is counted with 3\.03 kW(?!.*did not take)/],
  ];
  for (const [name, over, expected] of rows) test(name, () => assert.match(said(over), expected));
  test("several alike: of each", () => assert.match(said({ wait: { because: "rests", forS: 5, needsW: null } }, ["a", "b"]), /a and b: each rests for 5 s before it wakes to point 590/));
});

test("what ends on another day has its date, and what is due is due within the second", () => {
  const said = (over: Partial<typeof why>): string => whyLines({ ...why, ...over }).join(" ").replaceAll(/ +/g, " ");
  const beside = (until: string) => ({ beside: [{ source: "schedule" as const, powerW: 25_000, doc: null, until }] });
  assert.match(said(beside(`${why.at.slice(0, 10)}T23:00:00.000Z`)), /by the schedule until 23:00:00 UTC/);
  assert.match(said(beside("2026-02-03T04:05:06.000Z")), /by the schedule until 2026-02-03 04:05:06 UTC/);
  assert.match(said({ next: [{ inS: 0.04, at: why.at, what: "better-plan", device: null, limitW: null, source: null, doc: null }] }), /in 1 s a plan that earns more/);
});

test("who stays where it is because its way does not fit is named, with what it may draw on it", () => {
  const said = whyLines({ ...why, plan: { ...why.plan, barred: { device: "asic-04", setpoint: "point 265", throughW: 2853 } } }).join(" ").replaceAll(/ +/g, " ");
  assert.match(said, /asic-04 would go to point 265, but on its way it may draw 2\.85 kW, which does not fit beside the others/);
});

test("why in one breath", () => {
  assert.equal(whyInShort(why), "20.1 kW by allocation; asic-02 is silent and asic-05 does not follow; 1 asleep; 151 W margin + 3.81 kW besides + 16.1 kW for 3 machines, 35 W left; in 4 min asic-05 is planned with again");
});
