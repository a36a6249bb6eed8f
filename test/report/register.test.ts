import assert from "node:assert/strict";
import { test } from "node:test";
import { LicenceWatch } from "../../agent/attend/licence.ts";
import type { Decision } from "../../agent/core/decide.ts";
import { instant, millis, watts } from "../../agent/core/units.ts";
import { register, registerCsv, type Equipment } from "../../agent/report/register.ts";

const asic: Equipment = { kind: "asic", id: "asic-01", description: "Antminer S19k Pro, LuxOS", model: "antminer-s19k-pro", driver: "luxos", firmware: null, serial: null, mac: null, address: "10.0.0.1:4028", outlet: "pdu-1/1", wear: null };
const noon = Date.parse("2026-03-10T12:20:00Z");

test("what is seen for the first time is added, and seen again it changes nothing within the hour", () => {
  const first = register(new Map(), [asic], noon);
  assert.deepEqual(first.changes, [{ kind: "added", item: "asic-01", description: asic.description }]);
  assert.deepEqual([first.known.get("asic-01")?.firstSeen, first.known.get("asic-01")?.lastSeen], ["2026-03-10T12:20:00.000Z", "2026-03-10T12:20:00.000Z"]);
  const again = register(first.known, [asic], noon + 60_000);
  assert.deepEqual([again.changes, again.moved], [[], false]);
  const later = register(first.known, [asic], noon + 3_600_000);
  assert.deepEqual([later.changes, later.moved, later.known.get("asic-01")?.lastSeen], [[], true, "2026-03-10T13:00:00.000Z"]);
});

test("a serial that becomes known is learnt; another one is a change; one that is not told stays", () => {
  const { known } = register(new Map(), [asic], noon);
  const learnt = register(known, [{ ...asic, serial: "A1" }], noon);
  assert.deepEqual([learnt.changes, learnt.moved], [[], true]);
  const silent = register(learnt.known, [asic], noon);
  assert.equal(silent.known.get("asic-01")?.serial, "A1");
  const swapped = register(learnt.known, [{ ...asic, serial: "B2" }], noon);
  assert.deepEqual(swapped.changes, [{ kind: "changed", item: "asic-01", field: "serial", from: "A1", to: "B2" }]);
});

test("what is gone stays in the register", () => {
  const { known } = register(new Map(), [asic], noon);
  assert.equal(register(known, [], noon + 86_400_000).known.size, 1);
});

test("what a machine went through stands with it, newest first written with the hour, and is no change of what it is", () => {
  const wear = { restH: 812.25, powerCycles: 41, thermalCycles: 37, changes: 902 };
  const first = register(new Map(), [{ ...asic, wear: { ...wear, powerCycles: 40 } }], noon);
  const again = register(first.known, [{ ...asic, wear }], noon + 60_000);
  assert.deepEqual([again.known.get("asic-01")?.wear, again.changes, again.moved], [wear, [], false]);
  assert.deepEqual(register(again.known, [asic], noon + 120_000).known.get("asic-01")?.wear, wear, "one that is silent keeps what is known");
  const csv = registerCsv({ v: 1, type: "EQUIPMENT", operator: "o", node: "n", at: "", licence: null, items: [...again.known.values()] }).split("\r\n");
  assert.match(csv[0] ?? "", /,lastSeen,restH,powerCycles,thermalCycles,changes$/);
  assert.match(csv[1] ?? "", /,812\.25,41,37,902$/);
});

test("as CSV each row has the licence, and commas are quoted", () => {
  const { known } = register(new Map(), [asic], noon);
  const csv = registerCsv({ v: 1, type: "EQUIPMENT", operator: "o", node: "n", at: "", licence: "KZ-1", items: [...known.values()] });
  assert.match(csv.split("\r\n")[1] ?? "", /^asic,asic-01,"Antminer S19k Pro, LuxOS",antminer-s19k-pro,luxos,,,,10\.0\.0\.1:4028,pdu-1\/1,KZ-1,/);
});

test("an expired licence does what policy says, and only when it has surely expired", () => {
  const end = Date.parse("2026-04-01T00:00:00Z");
  const now = (earliest: number): Parameters<LicenceWatch["limits"]>[0] => ({ uptime: millis(0), earliest: instant(earliest), latest: null });
  const watch = (onExpiry: "warn" | "failsafe" | "stop"): LicenceWatch => new LicenceWatch({ id: "x", expires: "2026-03-31", onExpiry }, watts(5_000));
  assert.deepEqual(watch("stop").limits(now(end - 1)), []);
  assert.deepEqual(watch("stop").limits(now(end)).map(({ source, power }) => [source, power]), [["contract", 0]]);
  assert.deepEqual(watch("failsafe").limits(now(end)).map(({ power }) => power), [5_000]);
  assert.deepEqual(watch("warn").limits(now(end)), []);
  const said = (at: number): string[] => {
    const one = watch("warn");
    const tick = { uptime: millis(0), at: instant(at), error: null };
    return [...one.decided({} as Decision, { tick }), ...one.decided({} as Decision, { tick })].map(({ name }) => name);
  };
  assert.deepEqual([said(end - 40 * 86_400_000), said(end - 86_400_000), said(end)], [[], ["licence.expiring"], ["licence.expired"]]);
});
