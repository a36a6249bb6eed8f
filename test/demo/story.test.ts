import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseOptions } from "../../scripts/demo/options.ts";
import { play, type Show } from "../../scripts/demo/play.ts";
import { tellStory, type Act } from "../../scripts/demo/story.ts";
import type { Look } from "../../scripts/demo/watch.ts";
import { scene } from "./scene.ts";

const story = tellStory({ limitPart: 0.6, durationS: 75 });

describe("the story", () => {
  test("has the nine steps in their order", () => {
    assert.deepEqual(story.steps.map(({ name }) => name), ["full", "drop-60", "drop-30", "asic-silent", "heartbeat-lost", "heartbeat-back", "emergency", "released", "lifted"]);
  });

  test("takes about as long as asked for", () => {
    const least = (durationS: number): number => tellStory({ limitPart: 0.6, durationS }).steps.reduce((sum, { atLeastS }) => sum + atLeastS, 0);
    assert.ok(least(75) <= 75 && least(75) >= 60, `${least(75)} s`);
    assert.equal(least(150), 2 * least(75));
  });

  test("mends what it breaks", () => {
    const acts = story.steps.flatMap((step) => step.acts);
    const last = <K extends Act["kind"]>(kind: K) => acts.findLast((act): act is Extract<Act, { kind: K }> => act.kind === kind);
    assert.equal(last("heartbeat")?.beats, true);
    assert.equal(last("asic")?.answers, true);
    assert.ok(acts.findIndex(({ kind }) => kind === "release") > acts.findIndex(({ kind }) => kind === "emergency"));
    assert.equal(acts.filter(({ kind }) => kind === "start-daemon").length, 1);
  });

  test("another limit changes the names and keeps the order of the limits", () => {
    const other = tellStory({ limitPart: 0.5, durationS: 75 });
    assert.deepEqual(other.steps.slice(1, 3).map(({ name }) => name), ["drop-50", "drop-25"]);
    assert.ok(other.failsafePart < 0.25);
    assert.equal(tellStory({ limitPart: 0.75, durationS: 75 }).steps[2]?.name, "drop-37.5");
  });
});

describe("playing", () => {
  /** A rack that obeys at once, on a clock that leaps a second a look. */
  function theatre(obeys: boolean) {
    const rack = { nominalW: 10_000, breakerW: 12_000, outlets: 12 };
    let now = 0;
    let power = 10_000;
    let state = "controlled";
    const acts: Act[] = [];
    const [template] = scene().looks;
    assert.ok(template);
    return {
      acts,
      rack,
      seconds: () => now,
      act: async (act: Act) => void acts.push(act),
      begin(limitPart: number | null, wanted: string) {
        if (!obeys) return;
        power = limitPart === 0 ? 300 : 0.98 * (limitPart ?? 1) * 10_000;
        state = wanted;
      },
      async look(): Promise<Look> {
        now += 1;
        return { ...template, atS: now, meteredW: power, truthW: power, state };
      },
    };
  }

  const quiet = (begin: Show["begin"] = () => undefined): Show => ({ begin, look: () => undefined, note: () => undefined, concluded: () => undefined, end: () => undefined });
  const [full, , , , lost] = story.steps;
  assert.ok(full !== undefined && lost !== undefined);
  const short = [full, lost].map((step) => ({ ...step, atLeastS: 2, withinS: 4 }));

  test("gives each step's signals and goes on when the rack has done it", async () => {
    const stage = theatre(true);
    const begun: string[] = [];
    const verdicts = await play(short, stage, {
      show: quiet((step) => {
        begun.push(step.name);
        stage.begin(step.limitPart, step.state);
      }),
      signal: new AbortController().signal,
    });
    assert.deepEqual(begun, ["full", "heartbeat-lost"]);
    assert.deepEqual(stage.acts, short.flatMap(({ acts }) => acts));
    assert.deepEqual(verdicts.map(({ ok, why }) => [ok, why]), [[true, null], [true, null]]);
  });

  test("does not wait for ever for a rack that does not obey", async () => {
    const verdicts = await play(short.slice(1), theatre(false), { show: quiet(), signal: new AbortController().signal });
    assert.deepEqual(verdicts.map(({ ok }) => ok), [false]);
  });

  test("ends when told to", async () => {
    const stop = new AbortController();
    const playing = play(story.steps, theatre(true), { show: quiet(() => stop.abort(new Error("enough"))), signal: stop.signal });
    await assert.rejects(playing, /enough/);
  });
});

describe("the command line", () => {
  test("has its defaults", () => {
    assert.deepEqual(parseOptions([]), { asics: 12, limit: 0.6, durationS: 75, headless: false, json: null, keep: false, mixed: false, zoo: false, deaf: 0, openadr: false });
  });

  test("takes what people write", () => {
    assert.deepEqual(parseOptions(["--asics", "100", "--limit", "70%", "--duration", "2m", "--headless", "--json", "x.json", "--keep"]), {
      asics: 100, limit: 0.7, durationS: 120, headless: true, json: "x.json", keep: true, mixed: false, zoo: false, deaf: 0, openadr: false,
    });
    assert.equal(parseOptions(["--limit", "50"]).limit, 0.5);
  });
});
