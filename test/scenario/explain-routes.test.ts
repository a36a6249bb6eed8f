/** `why` and `plan` as the control socket answers them, from a rack that runs. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { planLines } from "../../agent/cli/plan-lines.ts";
import { deviceWhyLines, whyLines } from "../../agent/cli/why-lines.ts";
import type { ControlError, ControlRequest } from "../../agent/link/control.ts";
import { millis } from "../../agent/core/units.ts";
import type { PlanDocument } from "../../agent/report/rehearsed.ts";
import type { WhyDocument } from "../../agent/report/why.ts";
import { explainRoutes } from "../../agent/routes/explain.ts";
import { onStage, running, type Stage } from "./stage.ts";

function asking(stage: Stage) {
  const routes = explainRoutes(stage.daemon, { clock: stage.clock });
  return async (path: string, query: Readonly<Record<string, string>> = {}, params: Readonly<Record<string, string>> = {}): Promise<unknown> => {
    const route = routes.find((one) => one.path === path);
    assert.ok(route, path);
    const request: ControlRequest = { params, query: new URLSearchParams(query), body: undefined, caller: null, signal: new AbortController().signal };
    let open = true;
    const answer = Promise.resolve(route.handle(request)).finally(() => (open = false));
    answer.catch(() => undefined);
    // A plan gives way to the rack's loop between its cycles: time has to pass.
    for (; open; await stage.clock.advance(millis(1))) await new Promise(setImmediate);
    return answer;
  };
}

const status = (code: number) => (error: ControlError) => error.status === code;

describe("why and plan", { concurrency: 2 }, () => {
  test("of a rack under a limit: every machine, every watt of the budget, what comes", () => onStage({}, async (stage) => {
    await running(stage);
    stage.limit([[9_000, 300]]);
    await stage.run(60);
    const why = (await asking(stage)("/why")) as WhyDocument;
    assert.equal(why.limitSource, "event");
    assert.deepEqual(why.beside.map(({ source }) => source), ["allocation"]);
    assert.equal(why.devices.length, 6);
    const { parts, budgetW } = why.budget;
    assert.ok(parts !== null && budgetW !== null);
    const sum = [parts.marginW, parts.biasW, parts.besideW, parts.climbW, parts.availableW].reduce<number>((total, watts) => total + (watts ?? NaN), 0);
    assert.ok(Math.abs(sum - budgetW) <= 4, `${sum} W of ${budgetW} W`);
    const ends = why.next.filter(({ what }) => what === "limit").map(({ limitW, source }) => [limitW, source]);
    assert.deepEqual(ends[0], [16_764, "allocation"]);
    assert.ok(!/null|undefined|NaN/.test(whyLines(why).join()));
    const one = (await asking(stage)("/why/:id", {}, { id: "asic-3" })) as WhyDocument;
    assert.deepEqual(one.devices.map(({ id }) => id), ["asic-3"]);
    assert.match(deviceWhyLines(one).join("\n"), /^why {6}(the next point|it is at the highest point)/m);
    await assert.rejects(asking(stage)("/why/:id", {}, { id: "nobody" }), status(404));
  }));

  test("a plan is refused for what is no limit or no time, and one at a time is made", () => onStage({}, async (stage) => {
    await running(stage);
    const ask = asking(stage);
    for (const query of [{}, { limitW: "" }, { limitW: "-1" }, { limitW: "NaN" }, { limitW: "1e99" }, { limitW: "5000", at: "soon" }, { limitW: "5000", at: "1999-01-01T00:00Z" }, { limitW: "5000", at: "2999-01-01T00:00Z" }] as Record<string, string>[]) {
      await assert.rejects(ask("/plan", query), status(400), JSON.stringify(query));
    }
    const [first, second] = await Promise.allSettled([ask("/plan", { limitW: "8000" }), ask("/plan", { limitW: "8000" })]);
    assert.equal(first.status, "fulfilled");
    assert.ok(second.status === "rejected" && status(503)(second.reason as ControlError));
    const plan = (await ask("/plan", { limitW: "8000" })) as PlanDocument;
    assert.ok((plan.after.powerW ?? Infinity) <= 8_000 && plan.moves.length > 0 && plan.curve.length > 30);
    assert.ok(planLines(plan, { columns: 80, coloured: false }).length > 10);
  }));

  test("a plan for a later time is made under what limits then", () => onStage({}, async (stage) => {
    await running(stage);
    stage.limit([[7_000, 600]], { inS: 1_200 });
    await stage.run(5);
    const at = new Date(stage.clock.now().at + 1_500_000).toISOString();
    const [now, then] = [await asking(stage)("/plan", { limitW: "12000" }), await asking(stage)("/plan", { limitW: "12000", at })] as PlanDocument[];
    assert.deepEqual([now?.limitSource, then?.limitSource, then?.effectiveLimitW], ["technician", "event", 7_000]);
  }));
});
