import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Live } from "../../agent/attend/live.ts";
import { decide, type Decision } from "../../agent/core/decide.ts";
import { startState } from "../../agent/core/state.ts";
import { instant, millis } from "../../agent/core/units.ts";
import { NO_NOTES } from "../../agent/report/devices.ts";
import { liveEvent, type LiveWord } from "../../agent/report/live.ts";
import { status } from "../cli/answers.ts";
import { device, input, metered, silent, snapshot } from "../core/rack.ts";
import { ZERO } from "../core/signals.ts";

const rack = { operator: "demo", site: "s1", rack: "r1", nominalW: 1_000, software: "curtaild/1" };

describe("what the status page is told", () => {
  const decision = decide(startState(millis(0)), input(snapshot([device("a", silent()), device("b", silent())], metered(0)))).decision;
  const at = (uptimeS: number, changes: Partial<typeof status> = {}) => ({ status: { ...status, ...changes }, tick: { uptime: millis(uptimeS * 1000), at: instant(ZERO + uptimeS * 1000), error: millis(0) } });
  function following(notes: () => typeof NO_NOTES = () => NO_NOTES) {
    const live = new Live(rack, notes);
    const words: LiveWord[] = [];
    live.decided(decision, at(0));
    return { live, words, stop: live.follow((word) => words.push(word)) };
  }

  test("everything first, then only what is different, in its turn", () => {
    const { live, words } = following();
    assert.deepEqual([words[0]?.rack, Object.keys(words[0]?.machines ?? {}), words[0]?.status?.measuredW], [rack, ["a", "b"], status.measuredW]);
    live.decided(decision, at(2));
    live.decided(decision, at(3, { measuredW: 1 }));
    live.decided(decision, at(4, { measuredW: 2 }));
    assert.deepEqual(words.slice(1), [{ at: new Date(ZERO + 2_000).toISOString(), everyS: 2 }, { at: new Date(ZERO + 4_000).toISOString(), everyS: 2, status: { measuredW: 2 } }]);
  });

  test("a new limit is told at once", () => {
    const { live, words } = following();
    live.decided(decision, at(2));
    live.decided(decision, at(2.5, { effectiveLimitW: 77 }));
    assert.deepEqual(words.at(-1)?.status, { effectiveLimitW: 77 });
  });

  test("of a machine only what has changed", () => {
    let maintenance = false;
    const { live, words } = following(() => ({ ...NO_NOTES, maintenance }));
    maintenance = true;
    live.decided(decision, at(2));
    assert.deepEqual(words.at(-1)?.machines, { a: { maintenance: true }, b: { maintenance: true } });
  });

  test("who has left is told nothing, who comes later everything", () => {
    const { live, words, stop } = following();
    stop();
    live.decided(decision, at(2, { measuredW: 5 }));
    assert.equal(words.length, 1);
    const later: LiveWord[] = [];
    live.follow((word) => later.push(word));
    assert.equal(later[0]?.status?.measuredW, 5);
    assert.deepEqual(live.now, later[0]);
  });

  test("nothing before the first decision", () => assert.equal(new Live(rack, () => NO_NOTES).now, null));

  test("a large rack is told more slowly, so that the link carries it", () => {
    const many: Decision = { ...decision, views: Array.from({ length: 1_000 }, () => decision.views).flat().slice(0, 1_000) };
    const live = new Live(rack, () => NO_NOTES);
    live.decided(many, at(0));
    assert.equal(live.now?.everyS, 10);
  });

  test("events at once, a bounded number of them for those who come later", () => {
    const { live, words } = following();
    for (let index = 0; index < 100; index += 1) live.happened({ at: new Date(ZERO).toISOString(), name: "device.lost", device: `m${index}` });
    assert.deepEqual([words.length, words[1]?.events?.[0]?.subject, live.now?.events?.length, live.now?.events?.at(-1)?.subject], [101, "m0", 40, "m99"]);
  });

  for (const [name, fields, expected] of [
    ["setpoint.acknowledged", { device: "a" }, null],
    ["device.lost", { device: "a" }, { level: "warn", subject: "a", to: null, limitW: null }],
    ["limit.changed", { toW: 5, doc: "x" }, { level: "info", subject: null, to: null, limitW: 5 }],
    ["compliance.changed", { to: "violating" }, { level: "error", subject: null, to: "violating", limitW: null }],
    ["made.up", { id: { not: "text" } }, { level: "info", subject: null, to: null, limitW: null }],
  ] as const) {
    test(`the event ${name}`, () => {
      const row = liveEvent({ at: "t", name, ...fields });
      assert.deepEqual(row === null ? null : { level: row.level, subject: row.subject, to: row.to, limitW: row.limitW }, expected);
    });
  }
});
