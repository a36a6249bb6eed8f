/** So many at once, urgent ones first, and nobody waits for ever. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seconds } from "../../agent/core/units.ts";
import { Turnstile } from "../../agent/runtime/turnstile.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

function through(width: number) {
  const clock = new VirtualClock();
  const turnstile = new Turnstile(clock, { width, patience: seconds(2) });
  const entered: string[] = [];
  /** Enters when it may and stays for `stay` seconds. */
  const send = (name: string, stay: number, urgent = false): Promise<void> =>
    turnstile.pass(urgent, async () => {
      entered.push(name);
      await clock.sleep(seconds(stay), new AbortController().signal);
    });
  return { clock, entered, send };
}

describe("a turnstile", () => {
  test("lets as many in as it is wide, and the next when one leaves", async () => {
    const { clock, entered, send } = through(2);
    const all = [send("a", 1), send("b", 1.5), send("c", 1), send("d", 1)];
    await clock.advance(seconds(0.5));
    assert.deepEqual(entered, ["a", "b"]);
    await clock.advance(seconds(0.7));
    assert.deepEqual(entered, ["a", "b", "c"]);
    await clock.advance(seconds(5));
    assert.deepEqual(entered, ["a", "b", "c", "d"]);
    await Promise.all(all);
  });

  test("what is urgent goes before what came earlier", async () => {
    const { clock, entered, send } = through(1);
    const all = [send("inside", 1), send("poll", 1), send("order", 1, true)];
    await clock.advance(seconds(5));
    assert.deepEqual(entered, ["inside", "order", "poll"]);
    await Promise.all(all);
  });

  test("nobody waits longer than its patience for one who stays", async () => {
    const { clock, entered, send } = through(1);
    const all = [send("slow", 60), send("next", 1)];
    await clock.advance(seconds(1.9));
    assert.deepEqual(entered, ["slow"]);
    await clock.advance(seconds(0.2));
    assert.deepEqual(entered, ["slow", "next"]);
    await clock.advance(seconds(60));
    await Promise.all(all);
  });

  test("work that fails leaves its place", async () => {
    const turnstile = new Turnstile(new VirtualClock(), { width: 1, patience: seconds(2) });
    await assert.rejects(turnstile.pass(false, () => Promise.reject(new Error("no"))), /no/);
    assert.equal(await turnstile.pass(false, () => Promise.resolve("in")), "in");
  });
});
