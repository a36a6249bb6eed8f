/** A rehearsal ends, whatever it begins with, and touches nothing. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Statement } from "../../agent/core/limit.ts";
import { rehearse, type Rehearsal, type Stated } from "../../agent/core/rehearse.ts";
import { millis, seconds, terahash, watts } from "../../agent/core/units.ts";
import { fc } from "./properties.ts";
import { device, input, metered, MINER, passing, POLICY, rackOf, ROWS, says, silent, SLEEP_W, sleeper, snapshot, tick, tunable, wanted } from "./rack.ts";
import { allocation, certain, heard } from "./signals.ts";

const IDS = ["a", "b", "c", "d", "e", "f"];
const powerAt = (at: string): number => ROWS.find(([mhz]) => String(mhz) === at)?.[1] ?? SLEEP_W;

interface Words {
  readonly at: readonly (string | null)[];
  readonly besides?: number;
  readonly limit: number;
  readonly outlets?: boolean;
  readonly capabilities?: typeof MINER;
}

function rehearsed({ at, besides = 0, limit, outlets = true, capabilities = MINER }: Words): Rehearsal {
  const power = at.reduce((sum, one) => sum + powerAt(one ?? "400"), besides);
  const devices = at.map((one, i) => device(IDS[i] ?? "", one === null ? silent() : says(one, one === "asleep" ? { frequency: 200 } : {}), { capabilities, outlet: outlets ? metered(powerAt(one ?? "400")) : null }));
  const given = input(snapshot(devices, metered(power)), { policy: { ...POLICY, nominal: watts(24_000) } });
  const rack = rackOf(Object.fromEntries(at.map((one, i) => [IDS[i], wanted(one ?? "400")])), { bias: watts(besides) });
  const asked: Statement = { source: "technician", power: watts(limit), ref: null, until: null };
  const stated: Stated = (elapsed) => ({
    heard: heard({ allocations: [allocation({ ceiling: 30_000, restart: { minOff: millis(0), random: millis(0), rampPercentPerMinute: 100 } })] }, { born: 1_000 + elapsed / 1_000 }),
    now: certain(tick().at, tick().uptime), local: [asked],
  });
  const before = structuredClone({ rack, given });
  const play = rehearse(rack, given, { stated, bounds: { longest: seconds(900), steps: 600 } });
  for (let step = play.next(); ; step = play.next()) {
    if (step.done !== true) continue;
    assert.deepEqual({ rack, given }, before);
    return step.value;
  }
}

test("what is on its way between two points hashes what it says", () => {
  const reading = passing(350, 1_900);
  assert.ok(reading.kind === "known");
  const moving = { ...reading, telemetry: { ...reading.telemetry, hashrate: terahash(85) } };
  const given = input(snapshot([device("a", says("400")), device("b", moving), device("c", silent())], metered(6_500)), { policy: POLICY });
  const stated: Stated = () => ({ heard: given.heard, now: given.now, local: [] });
  const first = rehearse(rackOf({ a: wanted("400"), b: wanted("400"), c: wanted("400") }), given, { stated, bounds: { longest: millis(0), steps: 1 } }).next();
  assert.ok(first.done === true);
  assert.equal(first.value.begin.hashrate, 97 + 85);
});

describe("a rehearsal", () => {
  test("comes to rest within the limit, wherever it begins", () => {
    const at = fc.constantFrom("asleep", "200", "300", "400", "500", "600");
    fc.assert(fc.property(fc.array(at, { minLength: 1, maxLength: 6 }), fc.integer({ min: 800, max: 24_000 }), fc.integer({ min: 0, max: 400 }), fc.boolean(), (machines, limit, besides, outlets) => {
      const { done, within, end, moves } = rehearsed({ at: machines, limit: limit + besides, besides, outlets });
      assert.notEqual(done, null, "it never came to rest");
      assert.notEqual(within, null);
      assert.ok(end.power <= (limit + besides) * 1.005 + 10, `${end.power} W under ${limit + besides} W`);
      // Told once and perhaps trimmed; a plan that goes to and fro is none.
      assert.ok(moves.every(({ told }) => told.length <= 4), moves.map(({ told }) => told.length).join());
    }), { numRuns: 60 });
  });

  test("what is silent stays as it is, and the others make room for it", () => {
    const { end, moves } = rehearsed({ at: ["400", "400", null], limit: 4_000 });
    assert.deepEqual(moves.map(({ device: id }) => id).filter((id) => id === "c"), []);
    assert.ok(end.power <= 4_000);
  });

  test("what takes long takes long, and what restarts is counted", () => {
    const slow = { fixed: seconds(180), perMegahertz: millis(0), highest: "ends", hashing: false, confirm: "readback" } as const;
    const { done, moves } = rehearsed({ at: ["600"], limit: 2_500, capabilities: [tunable(ROWS, { down: slow, up: slow }), sleeper({ up: slow })] });
    assert.ok(done !== null && done >= 180_000, String(done));
    assert.ok(moves.reduce((sum, { stops }) => sum + stops, 0) > 0);
  });

  test("a limit below what sleeps is not reached, and that is said", () => {
    const { within, last } = rehearsed({ at: ["400", "400"], limit: 20 });
    assert.equal(within, null);
    assert.equal(last.compliance.kind, "at-floor");
  });
});
