/** What of the page needs no browser. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { runbookNames } from "../../agent/report/runbook/runbook.ts";
import { loadPage } from "../../agent/routes/page.ts";
import { after, append, emptyCurve, gaps, put, windowOf, type Curve } from "../../page/curve.ts";
import { clock, countdown, figures, length } from "../../page/numbers.ts";
import { told, type LiveStatus } from "../../page/rack.ts";
import { en } from "../../page/words/en.ts";
import { ur } from "../../page/words/ur.ts";
import { urEvents } from "../../page/words/ur-events.ts";
import { languages } from "../../page/words/words.ts";

const bare = (text: string): string => text.replaceAll(/[\u2066-\u2069]/g, "").replaceAll("\u00a0", " ");
const english = figures(languages.en);

describe("figures", () => {
  for (const [watts, text] of [[null, "unknown"], [0, "0 W"], [999.4, "999 W"], [1_000, "1.00 kW"], [13_250, "13.3 kW"], [99_900, "99.9 kW"], [250_000, "250 kW"], [1_500_000, "1.50 MW"]] as const) {
    test(`${watts} W: ${text}`, () => assert.equal(bare(english.power(watts)), text));
  }
  test("unknown is a word in every language and never a figure", () => {
    for (const language of Object.values(languages)) assert.doesNotMatch(figures(language).power(null) + figures(language).hashrate(null) + figures(language).temperature(null), /\d/);
  });
  test("figures and times keep their direction and their unit", () => {
    for (const text of [english.power(13_250), clock(0), countdown(5_000), length(5_000)]) assert.match(text, /^\u2066[^ ]+\u2069$/);
  });
  for (const [ms, text] of [[-5, "00:00"], [59_000, "00:59"], [3_599_000, "59:59"], [7_509_000, "2:05:09"], [200_000_000, "2 d 7 h"]] as const) {
    test(`${ms} ms left: ${text}`, () => assert.equal(bare(countdown(ms)), text));
  }
});

describe("languages", () => {
  const places = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();
  test("say the same with the same places", () => {
    assert.deepEqual(Object.keys(ur), Object.keys(en));
    for (const [word, text] of Object.entries(en)) {
      const other = ur[word as keyof typeof en];
      assert.ok(other !== "", word);
      assert.deepEqual(places(other), places(text), word);
    }
  });
  // A new event may come in English for a while: that it does is told by test:web.
  test("the events of the runbook have their sentences in Urdu, and no others", () => {
    const events = runbookNames.filter((name) => /^[a-z]+\.[a-z]+$/.test(name));
    assert.ok(events.length > 80);
    assert.ok(events.filter((name) => urEvents[name] === undefined).length < events.length / 10);
    assert.deepEqual(Object.keys(urEvents).filter((name) => !events.includes(name)), []);
  });
  test("what is filled in is set apart from the direction around it", () => assert.equal(languages.ur.say("title", { rack: "r1" }), "ریک \u2068r1\u2069"));
});

describe("the curve", () => {
  const status = (measuredW: number | null): LiveStatus => ({ measuredW, effectiveLimitW: 9 }) as LiveStatus;
  const curveOf = (...rows: readonly (readonly [at: number, mean: number | null])[]): Curve => {
    const curve = emptyCurve();
    for (const [at, mean] of rows) put(curve, { at, least: mean, mean, most: mean, limit: null });
    return curve;
  };
  const seconds = (from: number, to: number): [number, number][] => Array.from({ length: to - from + 1 }, (_, index) => [from + index, 1]);

  test("what is unknown is a gap, and so is time nobody has seen", () => {
    assert.deepEqual(gaps(curveOf(...seconds(0, 100)), [0, 100]), []);
    assert.deepEqual(gaps(curveOf(...seconds(50, 100)), [0, 100]), [[0, 50]]);
    assert.deepEqual(gaps(curveOf(...seconds(0, 100)), [0, 130]), [[100, 130]]);
    assert.deepEqual(gaps(curveOf(...seconds(0, 40), [41, null], [55, null], ...seconds(60, 100)), [0, 100]), [[40, 60]]);
    assert.deepEqual(gaps(emptyCurve(), [0, 100]), [[0, 100]]);
  });
  test("rows a minute apart are no gaps between minutes", () => assert.deepEqual(gaps({ ...curveOf([0, 1], [60, 1], [120, 1]), stepS: 60 }, [0, 120]), []));
  test("words that come late leave a gap, never a line across", () => {
    const curve = curveOf([0, 5]);
    append(curve, status(6), { at: 2, from: -900, everyS: 2 });
    append(curve, status(7), { at: 30, from: -870, everyS: 2 });
    append(curve, status(8), { at: 30, from: -870, everyS: 2 });
    assert.deepEqual([curve.at, curve.mean], [[0, 2, 3, 30], [5, 6, null, 7]]);
  });
  test("an unknown power stays unknown", () => {
    const curve = emptyCurve();
    append(curve, status(null), { at: 1, from: 0, everyS: 2 });
    assert.deepEqual([curve.mean, curve.limit], [[null], [9]]);
  });
  test("it is let go when it is older than what is shown", () => {
    const curve = emptyCurve();
    for (let at = 1; at < 5_000; at += 1) append(curve, status(at), { at, from: at - 900, everyS: 2 });
    assert.ok(curve.at.length < 1_000 && curve.mean.length === curve.at.length && curve.limit.length === curve.at.length, `${curve.at.length} rows`);
  });
  test("what the daemon has forgotten by a restart stays, with the gap", () => {
    const both = after(curveOf([1, 1], [2, 2], [50, 3]), curveOf([20, 7], [21, 8]));
    assert.deepEqual([both.at, both.mean], [[1, 2, 3, 20, 21], [1, 2, null, 7, 8]]);
    assert.deepEqual(after(curveOf([1, 1]), emptyCurve()).at, [1]);
  });
  test("a young daemon's minutes get the width, two at least", () => {
    assert.deepEqual(windowOf(curveOf([990, 1], [1_000, 1]), 100, 1_000), [880, 1_000]);
    assert.deepEqual(windowOf(curveOf([400, null], [500, 1]), 100, 1_000), [500, 1_000]);
    assert.deepEqual(windowOf(curveOf([50, 1]), 100, 1_000), [100, 1_000]);
    assert.deepEqual(windowOf(emptyCurve(), 100, 1_000), [880, 1_000]);
  });
});

describe("words from the daemon", () => {
  const rack = { operator: "o", site: "s", rack: "r", nominalW: 1, software: "x/1" };
  const event = (name: string) => ({ at: "2026-01-01T00:00:00Z", name, level: "info" as const, says: name, subject: null, to: null, limitW: null });
  const whole = { at: "2026-01-01T00:00:00Z", everyS: 2, rack, status: { measuredW: 5, state: "limited" } as LiveStatus, machines: { a: { powerW: 1 }, b: { powerW: 2 } }, events: [event("one"), event("two")] };

  test("a change before the whole says nothing", () => assert.equal(told(null, { at: whole.at, everyS: 2, status: { measuredW: 1 } }, 0), null));
  test("changes are laid over what was known, newest event first", () => {
    const after = told(told(null, whole, 0), { at: "2026-01-01T00:00:02Z", everyS: 2, status: { measuredW: null }, machines: { a: { powerW: null } }, events: [event("three")] }, 2);
    assert.deepEqual([after?.status, after?.machines.get("a"), after?.machines.get("b"), after?.events.map(({ name }) => name)], [{ measuredW: null, state: "limited" }, { powerW: null }, { powerW: 2 }, ["three", "two", "one"]]);
  });
  test("a whole forgets what another life of the daemon said", () => {
    const after = told(told(null, whole, 0), { ...whole, machines: { b: { powerW: 3 } }, events: [] }, 2);
    assert.deepEqual([[...(after?.machines.keys() ?? [])], after?.events], [["b"], []]);
  });
  test("events are bounded", () => assert.equal(told(null, { ...whole, events: Array.from({ length: 99 }, () => event("x")) }, 0)?.events.length, 40));
});

test("the page as built is one file that loads nothing, allowed by the hashes of what is in it", async () => {
  const { html, gzip, policy, tag } = await loadPage(new URL("../../../dist/web/index.html", `file://${fileURLToPath(import.meta.url)}`));
  const text = html.toString();
  assert.ok(gzip.length < 60_000, `${gzip.length} bytes`);
  assert.match(tag, /^"[0-9a-f]{32}"$/);
  assert.match(policy, /^default-src 'none'; script-src 'sha256-\S{44}'; style-src 'sha256-\S{44}'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/);
  assert.doesNotMatch(text, /<(?:script|link|img|iframe)[^>]+(?:src|href)="(?!data:|#)/);
  assert.doesNotMatch(text, /\son\w+=|\sstyle=/);
});
