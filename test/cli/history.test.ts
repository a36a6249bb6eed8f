import assert from "node:assert/strict";
import { test } from "node:test";
import type { MachineHistory } from "../../agent/cli/answers.ts";
import { samplesOf } from "../../agent/cli/commands/top.ts";
import { machineHistoryLines } from "../../agent/cli/history-lines.ts";
import { sparkline } from "../../agent/cli/screen/sparkline.ts";
import { fakeDaemon, run } from "./programs.ts";

const past: MachineHistory = {
  from: "2026-01-01T08:00:00.000Z", to: "2026-01-01T08:00:25.000Z", stepS: 10, columns: ["powerW", "hashrateThs", "hottestC"],
  rows: [[3_010, 121.8, 61], [null, null, null], [25, 0, 44]],
};

test("a curve in one line: from zero, means where it is narrow, and a gap is not a low", () => {
  assert.equal(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 80), "▁▂▃▄▅▆▇█");
  assert.equal(sparkline([7, null, 0], 80), "█·▁");
  assert.equal(sparkline([0, 8, 8, 0, null, 4, null, null], 4), "███·");
  assert.equal(sparkline([100, 101], 80), "██", "small changes do not look large");
  assert.equal(sparkline([20, 55, 10], 80, 20), "▁█▁");
  assert.equal(sparkline([0, 0], 80), "▁▁");
  assert.equal(sparkline([], 80), "");
});

test("device --history: three curves with their figures; as JSON as the daemon says; a wrong time is refused", async () => {
  await using daemon = await fakeDaemon({ "GET /history": past });
  const asked = (...args: string[]) => run("curtailctl", ["--socket", daemon.directory, ...args]);
  const [text, json, wrong] = await Promise.all([asked("device", "asic-01", "--history"), asked("--json", "device", "asic-01", "--history", "2h"), asked("device", "asic-01", "--history", "25h")]);
  assert.deepEqual([text.code, json.code, wrong.code], [0, 0, 64], text.err + json.err);
  assert.match(text.out, /^asic-01 {2}08:00:00 to 08:00:25 UTC, by 10 s\npower +█·▁\n +25 W to 3\.01 kW, last 25 W\nhashrate +█·▁\n.*\nhottest +█·▅\n/);
  assert.deepEqual(JSON.parse(json.out), past);
});

test("nothing remembered, nothing known", () => {
  assert.match(machineHistoryLines("a", { ...past, to: null, rows: [] }, 80).join(), /nothing is remembered yet/);
  assert.match(machineHistoryLines("a", { ...past, rows: [[null, null, null]] }, 80).join("\n"), /power +·\n +unknown all the time/);
});

test("top begins with what was before: the last row is of now", () => {
  const samples = samplesOf({ ...past, stepS: 1, columns: ["leastW", "meanW", "mostW", "limitW", "hashrateThs", "compliance"], rows: [[1, 2, 3, 4, 5, "compliant"], [null, null, null, null, null, null]] }, 100);
  assert.deepEqual(samples, [{ atS: 99, limitW: 4, meteredW: 3 }, { atS: 100, limitW: null, meteredW: null }]);
});
