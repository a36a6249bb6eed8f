/** A machine that heat keeps asleep is woken by nobody's hand: one rule, asked wherever a hand could. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { asleepForHeat, NO_HEAT, type Guard } from "../../agent/core/heat.ts";
import { millis, seconds } from "../../agent/core/units.ts";
import type { Daemon } from "../../agent/daemon.ts";
import type { ControlRequest } from "../../agent/link/control.ts";
import { serviceRoutes } from "../../agent/routes/service.ts";
import { says, viewOf, wanted } from "./rack.ts";

const guard = (ceiling: number, by: Guard["by"] = "board"): Guard => ({ ceiling, by, reading: by === "fan" ? 3 : 86.4, limit: by === "fan" ? 0 : 80, movedAt: millis(0), warmAt: millis(0), overAt: null, rest: seconds(300) });

test("the rule says what was too hot, and nothing of a machine that is only lowered", () => {
  const cases = [NO_HEAT, { air: 30, guard: guard(1_000) }, { air: 30, guard: guard(0) }, { air: null, guard: guard(0, "fan") }];
  assert.deepEqual(cases.map(asleepForHeat), [null, null, "it sleeps because of heat: a board was at 86 °C of 80 °C", "it sleeps because of heat: fans stand"]);
});

test("a restart by hand is refused while heat keeps the machine asleep, and goes through otherwise", async () => {
  const restarted: string[] = [];
  const device = { id: "a", restart: async () => void restarted.push("a") };
  const ask = async (ceiling: number | null): Promise<unknown> => {
    const view = viewOf(says("asleep"), wanted("asleep", { heat: { air: null, guard: ceiling === null ? null : guard(ceiling) } }));
    const daemon = { plant: { device: () => ({ device }) }, decision: { views: [view] }, told: () => undefined } as unknown as Daemon;
    const route = serviceRoutes(daemon).find(({ path }) => path.endsWith("/restart"));
    return route?.handle({ params: { id: "a" }, body: { who: "ada(1000)" }, query: new URLSearchParams() } as unknown as ControlRequest);
  };
  await assert.rejects(ask(0), /a is not restarted: it sleeps because of heat/);
  assert.deepEqual(restarted, []);
  await ask(1_000);
  await ask(null);
  assert.deepEqual(restarted, ["a", "a"]);
});
