/** An operator whose documents are right in form and absurd in what they say: the real daemon decides on, and obeys the next sober one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isoTime } from "../../agent/signal/compose.ts";
import type { DocumentType } from "../../agent/signal/documents/envelope.ts";
import { onStage, running } from "./stage.ts";

const seed = Number(process.env["CURTAIL_SEED"] ?? 20_261_128);
const DOCUMENTS = 200;
type Fields = Readonly<Record<string, unknown>>;

const power = fc.constantFrom(0, -0, 1e-300, 0.4, 1, 900, 16_764, 1e12);
const length = fc.constantFrom(0, 1e-300, 0.001, 3, 25, 1e10);
const begin = fc.constantFrom("0000-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2026-01-01T00:00:00.001Z");
const name = fc.constantFrom("constructor", "__proto__", "toString", "a", "b", "Z-_9");
const manner = {
  priority: fc.constantFrom(-1e9, 0, 1e-300, 1e9, null), randomizeS: length, rampS: length, respondWithinS: length, toleranceW: power, supersedes: fc.option(name), drill: fc.boolean(),
  obligation: fc.constantFrom("MUST", "MAY"), status: fc.constantFrom("ACTIVE", "ACTIVE", "ACTIVE", "CANCELLED", "CANCELLED_RANDOM"),
};
const event = (figure: string, of: fc.Arbitrary<unknown>, how: Partial<typeof manner> = manner): fc.Arbitrary<Fields> =>
  fc.record({ ...how, intervals: fc.array(fc.record({ start: fc.option(begin), durationS: fc.constantFrom(0, 1e-300, 1, 20, null), [figure]: fc.option(of) }), { minLength: 1, maxLength: 3 }) }, { requiredKeys: ["intervals"] });
const { rampS: _ramp, ...stepping } = manner;
const allocation = (until: string): fc.Arbitrary<Fields> =>
  fc.record({
    validFrom: begin, validUntil: fc.constant(until), maxW: fc.option(power), firmW: power, levels: fc.array(fc.constantFrom(0, 1e-300, 0.5, 1_000), { minLength: 4, maxLength: 4 }), licence: fc.option(name),
    shares: fc.dictionary(fc.constantFrom("rack/r1", "constructor"), fc.constantFrom(0, 1e-300, 0.5), { noNullPrototype: true }), areas: fc.dictionary(fc.constantFrom("constructor", "a"), fc.constantFrom(0, 1e-300, 1), { noNullPrototype: true }),
    failsafe: fc.option(fc.record({ limitW: power, heartbeatTimeoutS: length, onLoss: fc.constantFrom("FAILSAFE_NOW", "SCHEDULE_THEN_FAILSAFE"), scheduleTrustS: length }, { requiredKeys: [] })),
    restart: fc.option(fc.record({ minOffS: length, randomS: length, rampPctPerMin: power }, { requiredKeys: [] })), report: fc.option(fc.record({ telemetryS: length, intervalS: length }, { requiredKeys: [] })),
  }, { requiredKeys: ["validFrom", "validUntil", "maxW", "firmW"] });
const documents = (now: number) => fc.record({ id: name, node: fc.constantFrom("site/s1/rack/r1", "site/s1/rack/r1", "site/s1", "area/constructor", "area/a"), forS: fc.constantFrom(3, 30, 3_600, 2.4e11) }).chain((place) => {
  const said: readonly (readonly [DocumentType, fc.Arbitrary<Fields>])[] = [
    ["LIMIT", event("limitW", power)], ["SETPOINT", event("setpointW", power)], ["LEVEL", event("level", fc.constantFrom(0, 1, 2, 3), stepping)], ["ALLOCATION", allocation(isoTime(now + place.forS * 1_000))],
  ];
  return fc.constantFrom(...said).chain(([type, fields]) => fc.record({ type: fc.constant(type), fields, place: fc.constant(place) }));
});

test(`${DOCUMENTS} absurd documents: no cycle is lost, and every figure is one (seed ${seed})`, () => onStage({}, async (stage) => {
  await running(stage, 12_000);
  let accepted = 0;
  for (const { type, fields, place } of fc.sample(documents(stage.clock.now().at), { seed, numRuns: DOCUMENTS })) {
    const before = stage.acks.length;
    stage.say(type, fields, place);
    await stage.run(1);
    if (stage.acks.slice(before).some((said) => said.includes("ACCEPTED"))) accepted += 1;
    const figures = Object.entries(stage.status).filter(([, value]) => typeof value === "number" && !Number.isFinite(value));
    assert.deepEqual(figures, [], JSON.stringify({ type, place, fields }));
  }
  assert.ok(accepted > DOCUMENTS / 20, `only ${accepted} were accepted`);
  // And afterwards it obeys as before.
  stage.limit([[2_000, 600]], { id: "sober" });
  await stage.run(30);
  assert.ok((stage.status.effectiveLimitW ?? Infinity) <= 2_000);
  stage.expectAtMost(2_000);
}));
