/** Prometheus's own tools on what we give it: promtool, and a Prometheus that scrapes a running daemon. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { familiesOf } from "../../agent/report/prometheus/metrics.ts";
import { expositionText } from "../../agent/report/prometheus/text.ts";
import { look } from "../report/metrics-look.ts";

const docs = fileURLToPath(new URL("../../../docs/prometheus/", import.meta.url));
const skip = spawnSync("promtool", ["--version"]).error === undefined ? false : "needs Debian's promtool: apt-get install prometheus";

function promtool(args: readonly string[], input?: string): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync("promtool", [...args], { cwd: docs, encoding: "utf8", ...(input !== undefined && { input }) });
  return { status, said: stdout + stderr };
}

test("promtool finds nothing to say about the metrics", { skip }, () => {
  assert.deepEqual(promtool(["check", "metrics"], expositionText(familiesOf(look))), { status: 0, said: "" });
  assert.notEqual(promtool(["check", "metrics"], "# TYPE a_total gauge\na_total 1\n").said, "", "promtool does find faults");
});

test("promtool reads the alert rules, and every one fires when it should and not before", { skip }, () => {
  const [checked, tested] = [promtool(["check", "rules", "alerts.yml"]), promtool(["test", "rules", "alerts.test.yml"])];
  assert.equal(checked.status, 0, checked.said);
  assert.match(checked.said, /SUCCESS: \d+ rules found/);
  assert.equal(tested.status, 0, tested.said);
});
