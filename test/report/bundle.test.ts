import assert from "node:assert/strict";
import { createVerify, generateKeyPairSync, sign } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import { sealedBy } from "../../agent/attend/seal.ts";
import { checkReport } from "../../agent/cli/commands/report.ts";
import { fingerprintOf } from "../../agent/config/device-key.ts";
import { ReportBuilder, type Line, type ReportQuery } from "../../agent/report/bundle/build.ts";
import { forTheOperator, type ReportFacts } from "../../agent/report/bundle/facts.ts";
import { reportHtml } from "../../agent/report/bundle/html.ts";
import { renderReport } from "../../agent/report/bundle/render.ts";
import { Seconds } from "../../agent/report/bundle/seconds.ts";
import type { ReportFormat } from "../../agent/report/bundle/signed.ts";
import { curveSvg } from "../../agent/report/bundle/svg.ts";
import { beginInterval, fill, recordOf } from "../../agent/report/energy/interval.ts";
import type { IntervalRecord } from "../../agent/report/energy/record.ts";

const noon = Date.parse("2026-03-10T12:00:00Z");
const device = generateKeyPairSync("ed25519");
const energyKey = generateKeyPairSync("ec", { namedCurve: "P-256" });
const signing = {
  seal: sealedBy({ kid: "rack-1", key: device.privateKey }),
  publicKey: device.publicKey.export({ format: "jwk" }),
  ocmf: (payload: string) => sign("sha256", Buffer.from(payload), energyKey.privateKey).toString("hex"),
};
const iso = (at: number): string => new Date(at).toISOString();

function interval(from: number, powerW: number, limits = [9_000]): IntervalRecord {
  const quarter = beginInterval(from);
  for (const [index, limitW] of limits.entries()) {
    fill(quarter, { uptime: 0, at: from, powerW, quality: "measured", limitW, violating: false, hashrateThs: 100, clock: "synced", registers: {} }, { seconds: 900 / limits.length, offset: (900 / limits.length) * index });
  }
  return recordOf(quarter, from + 900_000, (_from, kWh) => ({ currency: "USD", energy: kWh * 0.1, tax: kWh * 0.01 }));
}

/** A rack at 8 kW is told 4 kW at 12:00 for ten minutes; the meter shows it 6 s later. */
function drill(): { readonly query: ReportQuery; readonly lines: readonly Line[] } {
  let n = 100;
  const line = (at: number, kind: string, fields: object): Line => ({ n: (n += 1), at: iso(at), kind, ...fields });
  const order = line(noon, "document", { id: "drop-1", type: "LIMIT", topic: "gla/1/o/n/event/drop-1", signer: "op-1", sha256: "ab", bytes: 20, message: '{"id":"drop-1","limitW":4000}' });
  const lines: Line[] = [order, line(noon + 50, "event", { name: "limit.changed", fromW: 9_000, toW: 4_000, source: "event", doc: "drop-1" })];
  lines.push(line(noon + 100, "orders", { orders: { "drop-1": [[1, "asic-01", "sleep"], [2, "asic-02", "sleep"]] } }));
  lines.push(line(noon + 1_000, "results", { acknowledgedMs: [[1, 50], [2, 60]] }));
  lines.push(line(noon + 600_000, "event", { name: "limit.changed", fromW: 4_000, toW: 9_000, source: "allocation", doc: "a-1" }));
  for (let minute = -15; minute < 25; minute += 1) {
    const from = noon + minute * 60_000;
    const powerW = Array.from({ length: 60 }, (_, second) => (minute * 60 + second < 6 || minute >= 10 ? 8_000 : minute === 5 && second === 30 ? 4_400 : 3_900));
    lines.push(line(from + 60_000, "curve", { from: iso(from), powerW, limits: [[0, minute >= 0 && minute < 10 ? 4_000 : 9_000]], quality: [[0, "measured"]] }));
  }
  return {
    lines,
    query: {
      order, from: noon - 900_000, to: noon + 1_500_000, at: noon + 1_500_000, identity: { operator: "o", node: "site/s/rack/r", software: "curtaild/test" }, head: `200:${"0".repeat(64)}`,
      toleranceOf: () => 50, intervals: [interval(noon - 900_000, 8_000), interval(noon, 5_000, [4_000, 9_000])], history: [], hashrate: null,
    },
  };
}

function factsOf({ query, lines }: ReturnType<typeof drill>): ReportFacts {
  const builder = new ReportBuilder(query);
  lines.forEach((line) => builder.add(line));
  return builder.facts();
}

describe("a report", () => {
  const facts = factsOf(drill());

  test("says how soon the meter showed it and how well it held", () => {
    const { result } = facts;
    assert.equal(result?.underLimitS, 6);
    assert.equal(result.firstOrderS, 0.1);
    assert.equal(result.lastAcknowledgedS, 1);
    assert.equal(result.ordersSent, 2);
    assert.deepEqual([result.measuredS, result.withinS, result.worstOverW], [594, 593, 400]);
  });

  test("weighs what was not used by the meter before and after", () => {
    const { energy } = facts;
    assert.equal(energy.meterBefore?.powerW, 8_000);
    assert.equal(energy.meterAfterW, 8_000);
    assert.ok(Math.abs((energy.meterBefore?.notUsedWh ?? 0) - 676) < 5, `${energy.meterBefore?.notUsedWh}`);
    assert.match(energy.missing.join(), /10 of 10/);
    assert.deepEqual([energy.totalWh, energy.cost?.currency], [3_250, "USD"]);
  });

  test("weighs by the ten days before where they are recorded, and passes over days with an order", () => {
    const { query, lines } = drill();
    const history = Array.from({ length: 12 }, (_, index) => interval(noon - (index + 1) * 86_400_000, 6_000, index === 3 ? [9_000, 4_000] : [9_000]));
    const { energy } = factsOf({ query: { ...query, history }, lines });
    assert.equal(energy.tenOfTen?.days.length, 10);
    assert.ok(!energy.tenOfTen.days.includes(iso(noon - 4 * 86_400_000).slice(0, 10)));
    assert.equal(energy.tenOfTen.powerW, 6_000);
  });

  test("has the order whole, and the lines it rests on", () => {
    assert.equal(facts.order?.message, '{"id":"drop-1","limitW":4000}');
    assert.equal(facts.order.content?.["limitW"], 4_000);
    assert.equal(facts.journal.firstLine, 101);
  });

  test("of an order that never bound has no result", () => {
    const { query, lines } = drill();
    assert.equal(factsOf({ query, lines: lines.filter(({ kind }) => kind !== "event") }).result, null);
  });

  test("escapes what strangers wrote", () => {
    const { query, lines } = drill();
    const order: Line = { n: 1, at: iso(noon), kind: "document", id: "drop-1", type: "LIMIT", topic: "t", signer: null, sha256: "x", message: '{"limitW":"<script>alert(1)</script>"}' };
    const html = renderReport(factsOf({ query: { ...query, order }, lines }), "html", signing);
    assert.ok(!html.includes("<script>"));
  });

  for (const format of ["html", "json", "csv", "ocmf"] as const satisfies readonly ReportFormat[]) {
    const text = Buffer.from(renderReport(facts, format, signing));

    test(`${format} verifies without a daemon`, () => {
      const checked = checkReport(text, fingerprintOf(device.publicKey));
      assert.equal(checked.ok, true, checked.lines.join());
      assert.equal(checkReport(text, "00").ok, false);
    });

    test(`${format}: one changed byte, wherever it is, is found`, () => {
      fc.assert(
        fc.property(fc.nat(text.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
          const changed = Buffer.from(text);
          changed[at] = (changed[at] ?? 0) ^ flip;
          return !checkReport(changed, null).ok;
        }),
        { numRuns: 500 },
      );
    });
  }

  test("json is JSON", () => assert.equal((JSON.parse(renderReport(facts, "json", signing)) as { report: ReportFacts }).report.about, "drop-1"));

  test("ocmf is signed by the second key over its payload, and says that the gateway signs", () => {
    const [, payload = "", signature = "{}"] = renderReport(facts, "ocmf", signing).split("\n")[0]?.split("|") ?? [];
    const { SA, SD } = JSON.parse(signature) as { SA: string; SD: string };
    assert.equal(SA, "ECDSA-secp256r1-SHA256");
    assert.equal(createVerify("sha256").update(payload).verify(energyKey.publicKey, SD, "hex"), true);
    const { GI, RD } = JSON.parse(payload) as { GI: string; RD: { TM: string; RV: number }[] };
    assert.match(GI, /not by the meter/);
    assert.equal(RD[0]?.TM, "2026-03-10T11:45:00,000+0000 S");
    assert.equal(RD[1]?.RV, 2);
  });
});

test("no peak is hidden, however narrow the picture", () => {
  fc.assert(
    fc.property(fc.nat(20_000), fc.integer({ min: 1, max: 50 }), (at, columns) => {
      const seconds = new Seconds(noon, noon + 20_001_000);
      for (let minute = 0; minute < 334; minute += 1) {
        seconds.add({ from: iso(noon + minute * 60_000), powerW: Array.from({ length: 60 }, (_, second) => (minute * 60 + second === at ? 9_999 : 100)), limits: [[0, 5_000]] });
      }
      const { rows } = seconds.columns(columns);
      assert.equal(Math.max(...rows.map(([, , most]) => most ?? 0)), 9_999);
      assert.match(curveSvg(seconds.columns(columns), { marks: [], bound: null, what: "", axis: String }), /class="envelope" d="M/);
    }),
    { numRuns: 30 },
  );
});

test("the hashrate is drawn where it is remembered, and said to be no evidence; the operator is not told it", () => {
  const { query, lines } = drill();
  const facts = factsOf({ lines, query: { ...query, hashrate: { from: iso(noon), stepS: 60, rowsThs: [900, null, 450] } } });
  const page = reportHtml(facts);
  assert.match(page, /<h2>Hashrate<\/h2>[^]*aria-label="hashrate"[^]*1000 TH\/s[^]*not in the journal/);
  assert.match(page, /Every figure but the hashrate comes from lines/);
  assert.doesNotMatch(reportHtml(factsOf(drill())), /Hashrate/);
  assert.doesNotMatch(JSON.stringify(forTheOperator(facts)), /hashrate|450/);
});
