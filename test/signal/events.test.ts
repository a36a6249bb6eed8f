/** LIMIT, SETPOINT and LEVEL with everything that may be said about them. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { describe, test } from "node:test";
import { effectiveLimit, gridStatements, setpointInForce } from "../../agent/core/limit.ts";
import { watts } from "../../agent/core/units.ts";
import { drawFor } from "../../agent/signal/draw.ts";
import { acks, at, Bench, codes, names, node, own, start } from "./bench.ts";

const failsafe = { power: watts(3_000), joins: false };
const open = { start: null, durationS: null };
const iso = (ms: number): string => new Date(ms).toISOString();

/** What the grid allows now, beside an allocation of 40 kW. */
function allowed(bench: Bench): number | undefined {
  return effectiveLimit(gridStatements(bench.signal.heard(), bench.signal.now(bench.tick()), failsafe)).binding?.power;
}
const wanted = (bench: Bench): number | undefined => setpointInForce(bench.signal.heard().setpoints, bench.signal.now(bench.tick()))?.power;

function allocated(options: ConstructorParameters<typeof Bench>[0] = {}, fields: Readonly<Record<string, unknown>> = {}): Bench {
  const bench = new Bench(options);
  bench.hear(bench.allocation(40_000, { exp: bench.now() + 86_400_000, fields }));
  return bench;
}

describe("random starts and ends", () => {
  const u = drawFor("5eed".repeat(16), "e1");

  test("u is the HMAC-SHA256 of the document id under the device seed, over 2^256", () => {
    const digest = createHmac("sha256", Buffer.from("5eed".repeat(16), "hex")).update("e1").digest("hex");
    const exact = Number((BigInt(`0x${digest}`) * 1_000_000n) / 2n ** 256n) / 1_000_000;
    assert.ok(Math.abs(u - exact) < 2e-6 && u >= 0 && u < 1);
    assert.notEqual(drawFor("5eed".repeat(16), "e2"), u);
  });

  test("a limit begins u x randomizeS later and ends when it was said to, also after restarts", () => {
    let bench = allocated();
    bench.hear(bench.limit(8_000, { fields: { randomizeS: 600, intervals: [{ start: iso(start), durationS: 1_800, limitW: 8_000 }] } }));
    bench.wait(u * 600_000 - 5_000, 500);
    assert.equal(allowed(bench), 40_000);
    bench = bench.restarted();
    bench.wait(6_000, 500);
    assert.equal(allowed(bench), 8_000);
    bench.wait(start + 1_797_000 - bench.now());
    assert.equal(allowed(bench), 8_000);
    bench.wait(8_000);
    assert.equal(allowed(bench), 40_000);
  });

  test("a start drawn behind the end of an interval leaves it out", () => {
    const bench = allocated();
    bench.hear(bench.limit(8_000, { fields: { randomizeS: 1e6, intervals: [{ start: null, durationS: 10, limitW: 8_000 }] } }));
    assert.equal(allowed(bench), 40_000);
  });

  test("CANCELLED_RANDOM acts u x randomizeS after it was issued, and says CANCELLED then", () => {
    let bench = allocated();
    bench.hear(bench.limit(8_000));
    const cancel = bench.limit(0, { fields: { status: "CANCELLED_RANDOM", randomizeS: 600, intervals: [] } });
    assert.deepEqual(codes(bench.hear(cancel)), ["RECEIVED", "ACCEPTED"]);
    bench.wait(u * 600_000 - 4_000, 500);
    assert.equal(allowed(bench), 8_000);
    bench = bench.restarted();
    const effects = bench.wait(8_000, 500);
    assert.deepEqual([codes(effects), names(effects)], [["CANCELLED"], ["signal.cancelled"]]);
    assert.equal(allowed(bench), 40_000);
  });

  test("the seed is drawn once and kept", () => {
    let draws = 0;
    const bench = new Bench({ drawSeed: () => String((draws += 1)).padStart(64, "0") });
    bench.restarted().restarted();
    assert.equal(draws, 1);
  });
});

describe("slopes", () => {
  test("the limit itself slopes, from the rack's nominal power, and of now the smallest it states binds", () => {
    const bench = allocated();
    bench.hear(bench.limit(10_000, { fields: { rampS: 300, intervals: [{ start: iso(start + 10_000), durationS: 1_800, limitW: 10_000 }] } }));
    assert.equal(allowed(bench), 40_000);
    bench.wait(10_000 + 150_000, 1_000);
    assert.equal(allowed(bench), 40_000 - 30_000 * (152 / 300), "half-way, at the late end of now");
    bench.wait(150_000);
    assert.equal(allowed(bench), 10_000);
  });

  test("from one interval to the next, up as well: then the early end of now binds", () => {
    const bench = allocated();
    const intervals = [{ start: null, durationS: 600, limitW: 10_000 }, { start: iso(start + 600_000), durationS: 600, limitW: 22_000 }];
    bench.hear(bench.limit(0, { iat: start, fields: { rampS: 120, intervals } }));
    bench.wait(400_000);
    assert.equal(allowed(bench), 10_000);
    bench.wait(260_000);
    assert.equal(allowed(bench), 10_000 + 12_000 * (58 / 120));
  });

  test("an interval shorter than its slope never reaches its limit", () => {
    const bench = allocated();
    bench.hear(bench.limit(10_000, { iat: start, fields: { rampS: 300, intervals: [{ start: null, durationS: 30, limitW: 10_000 }] } }));
    bench.wait(28_500, 500);
    assert.equal(allowed(bench), 40_000 - 30_000 * (30 / 300));
  });

  test("without an upper bound of time the whole slope counts", () => {
    const bench = new Bench({}, { wall: { off: 0, error: null } });
    bench.hear(bench.limit(10_000, { fields: { rampS: 300 } }));
    assert.equal(allowed(bench), 3_000, "no allocation: the failsafe limit");
    assert.equal(gridStatements(bench.signal.heard(), bench.signal.now(bench.tick()), failsafe).find(({ source }) => source === "event")?.power, 10_000);
  });
});

describe("supersedes", () => {
  test("the event named leaves when the one that names it is on disk and has begun, for good", () => {
    let bench = allocated();
    const first = bench.limit(8_000, { id: "e1" });
    bench.hear(first);
    const begins = bench.now() + 60_000;
    bench.hear(bench.limit(12_000, { id: "e2", fields: { supersedes: "e1", intervals: [{ start: iso(begins), durationS: 600, limitW: 12_000 }] } }));
    assert.equal(allowed(bench), 8_000, "not begun");
    const effects = bench.wait(63_000);
    assert.deepEqual(acks(effects).map(({ ref, status, reason }) => [ref.id, status, reason]), [["e1", "SUPERSEDED", "by e2"]]);
    assert.equal(allowed(bench), 12_000);
    bench.hear(first, true);
    assert.equal(allowed(bench), 12_000, "resent, not renewed");
    bench = bench.restarted();
    bench.wait(2_000);
    assert.equal(allowed(bench), 12_000);
    bench.wait(600_000);
    assert.equal(allowed(bench), 40_000);
  });

  test("what arrives behind the event that supersedes it goes at once; what was issued later stays", () => {
    const bench = allocated();
    const first = bench.limit(8_000, { id: "e1" });
    bench.wait(1_000);
    bench.hear(bench.limit(12_000, { id: "e2", fields: { supersedes: "e1" } }));
    bench.hear(first, true);
    bench.wait(5_000);
    assert.equal(allowed(bench), 12_000);
    bench.hear(bench.limit(9_000, { id: "e1" }));
    bench.wait(5_000);
    assert.equal(allowed(bench), 9_000);
  });

  test("not before the write: until then the smaller binds", () => {
    const bench = allocated();
    bench.hear(bench.limit(8_000, { id: "e1" }));
    bench.keeps = "never";
    bench.hear(bench.limit(12_000, { id: "e2", fields: { supersedes: "e1" } }));
    bench.wait(5_000);
    assert.equal(allowed(bench), 8_000);
  });
});

describe("obligation", () => {
  test("MAY is obeyed unless the farm opted out, and then the operator hears OPT_OUT", () => {
    const may = { fields: { obligation: "MAY" } };
    const willing = allocated();
    assert.deepEqual(codes(willing.hear(willing.limit(8_000, may))), ["RECEIVED", "ACCEPTED"]);
    assert.equal(allowed(willing), 8_000);
    const bench = allocated({ optOut: true });
    assert.deepEqual(codes(bench.hear(bench.limit(8_000, may))), ["RECEIVED", "OPT_OUT"]);
    assert.equal(allowed(bench), 40_000);
    assert.equal(allowed(bench.restarted()), 40_000);
    bench.hear(bench.matching());
    assert.ok(bench.confirmed());
    bench.hear(bench.limit(9_000));
    assert.equal(allowed(bench), 9_000, "a MUST is not a matter of choice");
  });
});

describe("setpoints", () => {
  const setpoint = (bench: Bench, setpointW: number, said: Parameters<Bench["document"]>[2] = {}, fields: Readonly<Record<string, unknown>> = {}) =>
    bench.hear(bench.document("SETPOINT", { intervals: [{ ...open, setpointW }], ...fields }, { id: "s1", ...said }));

  test("a setpoint is wanted and limits nothing", () => {
    const bench = allocated();
    assert.deepEqual(codes(setpoint(bench, 9_000)), ["RECEIVED", "ACCEPTED"]);
    assert.deepEqual([wanted(bench), allowed(bench)], [9_000, 40_000]);
    assert.equal(wanted(bench.restarted()), 9_000);
  });

  test("the smaller priority goes first, one without goes last, and of equals the smaller holds", () => {
    const bench = allocated();
    setpoint(bench, 5_000, { id: "s0" });
    setpoint(bench, 20_000, { id: "s1" }, { priority: 2 });
    setpoint(bench, 30_000, { id: "s2" }, { priority: 1 });
    assert.equal(wanted(bench), 30_000);
    setpoint(bench, 25_000, { id: "s3" }, { priority: 1 });
    assert.equal(wanted(bench), 25_000);
    setpoint(bench, 0, { id: "s3" }, { status: "CANCELLED", intervals: [] });
    assert.equal(wanted(bench), 30_000);
  });
});

describe("levels", () => {
  const ladder = { firmW: 30_000, levels: [1, 0.75, 0.5, 0] };
  const level = (bench: Bench, step: number, said: Parameters<Bench["document"]>[2] = {}) => bench.hear(bench.document("LEVEL", { intervals: [{ ...open, level: step }] }, { id: "l1", ...said }));

  for (const [step, limit] of [[0, 30_000], [1, 22_500], [2, 15_000], [3, 0]] as const) {
    test(`LEVEL ${step} is its fraction of firmW`, () => {
      const bench = allocated({}, ladder);
      level(bench, step);
      assert.equal(allowed(bench), limit);
    });
  }

  test("where no allocation in force says what it means, the failsafe limit stands in", () => {
    const bench = allocated();
    level(bench, 1);
    assert.equal(allowed(bench), 3_000);
    bench.hear(bench.allocation(40_000, { fields: ladder }));
    assert.equal(allowed(bench), 22_500);
  });

  test("a site's LEVEL needs no share: percentages are never multiplied", () => {
    const bench = allocated({}, ladder);
    assert.deepEqual(codes(level(bench, 2, { node: "site/s1" })), ["RECEIVED", "ACCEPTED"]);
    assert.equal(allowed(bench), 15_000);
  });
});

describe("shares and areas", () => {
  const site = { node: "site/s1" };
  const area = { node: "area/north", id: "n1" };

  test("a site's allocation grants shares: its watts and its events' are multiplied and rounded down", () => {
    const bench = allocated();
    const early = bench.limit(100_001, site);
    assert.deepEqual(codes(bench.hear(early)), ["REJECTED/NOT_APPLICABLE"]);
    const effects = bench.hear(bench.allocation(400_000, { ...site, fields: { shares: { "rack/r1": 0.08, "rack/r2": 0.92 } } }));
    assert.ok(effects.some(({ kind }) => kind === "resubscribe"), "what was refused is asked for again");
    assert.equal(allowed(bench), 32_000);
    bench.hear(early, true);
    assert.equal(allowed(bench), 8_000);
    assert.equal(allowed(bench.restarted()), 8_000);
    const { share, shareFrom } = bench.signal.summary(bench.tick());
    assert.deepEqual([share, shareFrom], [{ "site/s1": 0.08 }, "operator"]);
  });

  test("a site's allocation without a share takes the place of one that had it, and is none in force", () => {
    const bench = new Bench();
    bench.hear(bench.allocation(400_000, { ...site, fields: { shares: { "rack/r1": 0.08 } } }));
    assert.equal(allowed(bench), 32_000);
    bench.hear(bench.allocation(400_000, site));
    assert.equal(allowed(bench), 3_000);
  });

  test("an area's events concern its members, by the rack's own allocation", () => {
    const bench = allocated();
    const event = bench.limit(1_000_000, area);
    assert.deepEqual(bench.hear(event), [], "not ours, not answered");
    bench.hear(bench.allocation(40_000, { fields: { areas: { north: 0.01 } } }));
    assert.deepEqual(codes(bench.hear(event, true)), ["RECEIVED", "ACCEPTED"]);
    assert.equal(allowed(bench), 10_000);
    const topic = at("area/north/event/n1");
    bench.hear(bench.heartbeat({ [own("allocation")]: bench.signal.summary(bench.tick()).held[own("allocation")] ?? [0, 0] }));
    assert.ok(!bench.confirmed(), `${topic} is not named`);
    bench.hear(bench.matching());
    assert.ok(bench.confirmed());
  });

  for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf"]) {
    test(`"${name}" is a name like any other: of an area that is not ours, of an event, and of an area that is`, () => {
      const bench = allocated();
      assert.deepEqual(bench.hear(bench.limit(1_000_000, { node: `area/${name}` })), [], "no share comes from the name");
      assert.deepEqual(codes(bench.hear(bench.limit(7_000, { id: name }))), ["RECEIVED", "ACCEPTED"]);
      assert.equal(allowed(bench), 7_000);
      if (name === "__proto__") return; // As a key it is refused as a whole.
      bench.hear(bench.allocation(40_000, { fields: { areas: { [name]: 0.005 } } }));
      assert.deepEqual(codes(bench.hear(bench.limit(1_000_000, { node: `area/${name}` }))), ["RECEIVED", "ACCEPTED"]);
      assert.equal(allowed(bench.restarted()), 5_000);
    });
  }

  test("config grants only where signatures are optional, and it is said; otherwise it only narrows", () => {
    const alone = allocated({ shares: { "site/s1": 0.1 } });
    alone.hear(alone.limit(100_000, site));
    assert.equal(allowed(alone), 10_000);
    assert.equal(alone.signal.summary(alone.tick()).shareFrom, "config");

    const signed = new Bench({ shares: { "site/s1": 0.05 }, signatures: "required" });
    signed.hear(signed.keySet());
    const key = signed.grid;
    signed.hear(signed.allocation(40_000, { key }));
    assert.deepEqual(codes(signed.hear(signed.limit(100_000, { ...site, key }))), ["REJECTED/NOT_APPLICABLE"]);
    signed.hear(signed.allocation(400_000, { ...site, key, fields: { shares: { "rack/r1": 0.08 } } }));
    signed.hear(signed.limit(100_000, { ...site, key }));
    assert.equal(allowed(signed), 5_000);
    assert.equal(signed.signal.summary(signed.tick()).shareFrom, "operator");
  });
});

describe("what is marked", () => {
  test("a drill is acted on and marked in acks, records and what binds", () => {
    let bench = allocated();
    const effects = bench.hear(bench.limit(8_000, { fields: { drill: true } }));
    assert.ok(acks(effects).every(({ ref }) => ref.drill === true));
    bench.hear(bench.document("EMERGENCY", { action: "STOP", drill: true }));
    bench = bench.restarted();
    const { limits, latches } = bench.signal.heard();
    assert.deepEqual([limits[0]?.ref.drill, latches[0]?.ref.drill], [true, true]);
    assert.equal(allowed(bench), 8_000);
  });

  test("an acceptance says by what the answer is measured", () => {
    const bench = allocated();
    const fields = { respondWithinS: 30, toleranceW: 250, priority: 7, intervals: [{ start: iso(start + 60_000), durationS: 600, limitW: 8_000 }] };
    const [, accepted] = acks(bench.hear(bench.limit(0, { fields })));
    assert.deepEqual(accepted?.terms, { begins: start + 60_000, ends: start + 660_000, respondWithin: 30_000, tolerance: 250, priority: 7 });
  });

  test("the licence an allocation names is told", () => {
    const bench = allocated({}, { licence: "permit 12/2026" });
    assert.equal(bench.signal.summary(bench.tick()).licence, "permit 12/2026");
  });

  test(`the area's topics are subscribed to beside ${node}`, () => {
    assert.ok(new Bench().signal.subscriptions().some(({ topic }) => topic === at("area/+/event/+")));
  });
});
