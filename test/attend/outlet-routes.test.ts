/** What a technician may do to an outlet, as the control socket takes it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";

import { OutletBook } from "../../agent/attend/outlet-book.ts";
import { seconds, watts } from "../../agent/core/units.ts";
import type { Daemon } from "../../agent/daemon.ts";
import { ControlError, type ControlRoute } from "../../agent/link/control.ts";
import { Plant } from "../../agent/plant/plant.ts";
import { outletRoutes, type PduRow } from "../../agent/routes/outlets.ts";
import { playedMeter } from "../support/plant.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

/** One outlet, which is open, and a limit with so much room under it. */
async function scene(t: TestContext, { roomW, state = "limited" }: { readonly roomW: number; readonly state?: string }) {
  const clock = new VirtualClock();
  const pdu = playedMeter("pdu-1", { power: watts(1_000), outlets: [{ index: 1, on: false, power: watts(0) }] });
  const rules = { minOff: seconds(0), spacing: seconds(0), perStep: 4 };
  const plant = new Plant({ devices: [], meters: [{ meter: pdu, role: "rack" }], switching: { opens: () => "shortfall", rules } }, { clock, listener: { moved: () => undefined, event: () => undefined } });
  const stop = new AbortController();
  void plant.run(stop.signal);
  t.after(() => stop.abort());
  await clock.advance(seconds(2));
  const book = new OutletBook(new Map([["pdu-1/1", "network switch"]]));
  book.attach(null, { plant, event: () => undefined, soon: () => undefined, keep: () => Promise.resolve() });
  // Only what the routes look at.
  const decision = { state, effective: { limit: { kind: "limited", power: 1_000 + roomW } }, draw: { high: 1_000 }, views: [], meter: "trusted" };
  const routes = outletRoutes({ plant, decision } as unknown as Daemon, { book, clock });
  const ask = (method: ControlRoute["method"], path: string, body?: object): Promise<unknown> => {
    const route = routes.find((candidate) => candidate.method === method && candidate.path === path);
    assert.ok(route);
    return route.handle({ params: { meter: "pdu-1", outlet: "1" }, query: new URLSearchParams(), body } as never);
  };
  const order = (on: boolean) => ask("POST", "/outlets/:meter/:outlet", { on, why: "fan swap", who: "ada(1000)" });
  return { ask, order, pdu };
}

const refused = (status: number, text: RegExp) => (error: unknown): boolean => error instanceof ControlError && error.status === status && text.test(error.message);

describe("an outlet by hand", () => {
  test("is closed where there is room", async (t) => {
    const { order, pdu } = await scene(t, { roomW: 100 });
    assert.deepEqual(await order(true), { ok: true, outlet: "pdu-1/1", on: true });
    assert.deepEqual(pdu.orders, ["1 on"]);
  });

  test("stays open without room under the limit, and in an emergency", async (t) => {
    const full = await scene(t, { roomW: -1 });
    await assert.rejects(full.order(true), refused(409, /pdu-1\/1 stays open: .* the limit leaves 0 W/));
    const stopped = await scene(t, { roomW: 5_000, state: "emergency" });
    await assert.rejects(stopped.order(true), refused(409, /there is an emergency/));
    assert.deepEqual([...full.pdu.orders, ...stopped.pdu.orders], []);
  });

  test("is opened whatever the limit", async (t) => {
    const { order, pdu } = await scene(t, { roomW: -1 });
    await order(false);
    assert.deepEqual(pdu.orders, ["1 off"]);
  });

  test("needs a reason and a name", async (t) => {
    const { ask } = await scene(t, { roomW: 100 });
    for (const body of [{ on: true }, { on: true, why: "x", who: "ada" }, { on: true, why: "fan swap", who: "" }, { on: "yes", why: "fan swap", who: "ada" }]) await assert.rejects(ask("POST", "/outlets/:meter/:outlet", body), refused(400, /./));
  });

  test("is shown with what hangs on it and who holds it", async (t) => {
    const { ask } = await scene(t, { roomW: 100 });
    await ask("POST", "/outlets/:meter/:outlet/lock", { locked: true, why: "hands in it", who: "ada(1000)" });
    const [row] = (await ask("GET", "/pdus")) as PduRow[];
    assert.deepEqual(row?.outlets.map(({ outlet, on, feeds, device, hold }) => ({ outlet, on, feeds, device, hold: hold?.kind })), [{ outlet: 1, on: false, feeds: "network switch", device: null, hold: "locked" }]);
  });
});
