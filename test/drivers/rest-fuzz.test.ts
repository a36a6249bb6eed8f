/** Whatever stands in a REST reply, a reading is made of it or a DeviceError: no number that is none, no crash. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Telemetry } from "../../agent/core/model.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import { boardsOf } from "../../drivers/braiins/boards.ts";
import { detailsOf } from "../../drivers/braiins/details.ts";
import { Identity as BraiinsIdentity } from "../../drivers/braiins/identity.ts";
import { envelopeOf, profilesOf, rangeOf, targetPoints } from "../../drivers/braiins/points.ts";
import { errorsOf, telemetryOf as braiinsTelemetry } from "../../drivers/braiins/telemetry.ts";
import { modeOf, tuningOf } from "../../drivers/braiins/tuner.ts";
import { Reports } from "../../drivers/cgminer/api.ts";
import { isObject, type Json, type JsonObject } from "../../drivers/cgminer/json.ts";
import { loadModel } from "../../drivers/models.ts";
import { Identity as VnishIdentity } from "../../drivers/vnish/identity.ts";
import { fullOf, presetPoints, throttlePoints } from "../../drivers/vnish/points.ts";
import { telemetryOf as vnishTelemetry } from "../../drivers/vnish/telemetry.ts";
import { Asic } from "../../drivers/sim/asic.ts";
import * as braiinsReports from "../../drivers/sim/braiins-reports.ts";
import { readSimModel } from "../../drivers/sim/model.ts";
import { seeded } from "../../drivers/sim/random.ts";
import * as vnishReports from "../../drivers/sim/vnish-reports.ts";

const RUNS = 2_000;
const MODEL = "antminer-s21-pro";
const model = loadModel(MODEL);
const asic = new Asic({ model: readSimModel(MODEL), random: seeded(1), minedMs: 5_000_000 });

const nasty = fc.oneof(
  fc.constantFrom<Json>(null, true, false, "", "nan", "inf", "-1", "1e400", 1e308, -1e308, 1e300, -0, 0, 5e-324, -3, [], {}, [[]], "\u0000", "x".repeat(500)),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
);

/** The document with some of its values replaced; which ones is drawn. */
function damaged(document: unknown): fc.Arbitrary<JsonObject> {
  const text = JSON.stringify(document);
  return fc.array(fc.tuple(fc.nat(200), nasty), { minLength: 1, maxLength: 6 }).map((damage) => {
    const copy = JSON.parse(text) as JsonObject;
    for (const [index, value] of damage) replace(copy, index, value);
    return copy;
  });
}

/** The `index`-th value in the tree, counted round. */
function replace(root: Json, index: number, value: Json): void {
  const places: [holder: Record<string, Json>, key: string][] = [];
  const walk = (node: Json): void => {
    if (!isObject(node) && !Array.isArray(node)) return;
    for (const key of Object.keys(node)) {
      places.push([node as unknown as Record<string, Json>, key]);
      walk((node as unknown as Record<string, Json>)[key] ?? null);
    }
  };
  walk(root);
  const place = places[index % Math.max(1, places.length)];
  if (place !== undefined) place[0][place[1]] = structuredClone(value);
}

function sound(make: () => unknown): void {
  try {
    check(make());
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
  }
}

function check(value: unknown): void {
  if (typeof value === "number") assert.ok(Number.isFinite(value));
  else if (typeof value === "object" && value !== null) Object.values(value).forEach(check);
}

const plausible = ({ power, hashrate, voltage, frequency }: Telemetry): void => {
  assert.ok(power === null || (power >= 0 && power <= 50_000));
  assert.ok(hashrate === null || hashrate >= 0);
  assert.ok(voltage === null || (voltage > 0 && voltage <= 50_000));
  assert.ok(frequency === null || (frequency > 0 && frequency <= 5_000));
};

describe("a damaged REST reply", () => {
  const vnishState = { version: "1.3.4", preset: "590", manual: null, percent: 80, throttles: true, finding: false, stateMs: 5_000_000 };
  const braiinsState = { version: "25.07.1", target: 3258, byHand: null };

  test("of VNish", () => {
    const identity = new VnishIdentity(model);
    const documents = fc.tuple(damaged(vnishReports.summaryOf(asic, "a", vnishState)), damaged(vnishReports.perfOf(asic, vnishState)), damaged({ presets: vnishReports.presetsOf(asic.model) }));
    fc.assert(
      fc.property(documents, ([summary, perf, { presets = [] }]) => {
        sound(() => {
          const telemetry = vnishTelemetry(summary, perf, identity);
          plausible(telemetry);
          return telemetry;
        });
        sound(() => throttlePoints(fullOf(perf, model)));
        sound(() => presetPoints(Array.isArray(presets) ? (presets as Json[]) : [], model));
      }),
      { numRuns: RUNS },
    );
  });

  test("of Braiins OS", () => {
    const identity = new BraiinsIdentity(model);
    const reports = new Reports(new Map([["summary", { STATUS: [{ STATUS: "S" }], SUMMARY: [{ Elapsed: 5, "MHS 5s": 2e8 }] }]]));
    const documents = fc.tuple(
      damaged(braiinsReports.detailsOf(asic, "a", braiinsState)),
      damaged(braiinsReports.statsOf(asic)),
      damaged(braiinsReports.tunerStateOf(asic, braiinsState)),
      damaged(braiinsReports.modeOf(braiinsState)),
      damaged({ hashboards: braiinsReports.boardsOf(asic) }),
      damaged({ ...braiinsReports.constraintsOf(asic.model), ...braiinsReports.profilesOf(asic), errors: [{ message: "m" }] }),
    );
    fc.assert(
      fc.property(documents, ([details, stats, tuner, mode, boards, rest]) => {
        sound(() => {
          const telemetry = braiinsTelemetry(reports, { details: detailsOf(details), stats, mode: modeOf(mode), tuning: tuningOf(tuner), boards: boardsOf(boards), errors: errorsOf(rest) }, identity);
          plausible(telemetry);
          return telemetry;
        });
        sound(() => {
          const points = targetPoints(rangeOf(rest) ?? { min: 1000, max: 3000 }, model, profilesOf(rest));
          assert.ok(points.length >= 1 && points.length <= 40 && points.every(({ power, hashrate }) => power > 0 && power <= 1.34 * model.nameplate && hashrate > 0));
          return points;
        });
        sound(() => envelopeOf(rest, model));
      }),
      { numRuns: RUNS },
    );
  });
});
