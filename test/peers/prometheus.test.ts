/** Prometheus's own tools on what we give it: promtool, and a Prometheus that scrapes the listener and is asked what the dashboard asks. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Metrics } from "../../agent/attend/metrics.ts";
import { openWeb } from "../../agent/link/web.ts";
import { metricsRoutes } from "../../agent/routes/metrics.ts";
import { webRoutes } from "../../agent/routes/web-routes.ts";
import { silentLog } from "../../agent/runtime/log.ts";
import { stopwatch } from "../../agent/runtime/system-clock.ts";
import { familiesOf } from "../../agent/report/prometheus/metrics.ts";
import { expositionText } from "../../agent/report/prometheus/text.ts";
import { endProcess, owned } from "../../scripts/bench/processes.ts";
import { Prometheus } from "../../scripts/dashboard/prometheus.ts";
import { panels } from "../../scripts/docs/dashboard.ts";
import { freePort } from "../../scripts/free-port.ts";
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

/** Nothing was counted or used between two scrapes of the same look. */
const STANDS_STILL = new Set(["Events a minute"]);

test("a Prometheus with the token scrapes the listener, and answers every query of the dashboard", { skip: spawnSync("prometheus", ["--version"]).error === undefined ? false : "needs Debian's prometheus", timeout: 60_000 }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "curtaild-scrape-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const tokenFile = join(directory, "token");
  writeFileSync(tokenFile, "correct-horse-battery", { mode: 0o600 });
  const metrics = { look: () => look } as unknown as Metrics;
  await using opened = await openWeb({ listen: { host: "127.0.0.1", port: 0 }, token: "correct-horse-battery", names: [], page: null, routes: webRoutes(metricsRoutes(() => metrics), { page: false, metrics: true }), clock: stopwatch(), log: silentLog });
  const target = new URL(opened.url).host;
  const prometheus = new Prometheus({ directory, port: await freePort(), target, tokenFile, rules: join(docs, "alerts.yml"), stepS: 1 });
  owned(prometheus.child);
  t.after(() => endProcess(prometheus.child));
  const from = Date.now() / 1000;
  const ask = (expr: string) => prometheus.query({ expr, legend: "" }, target, { from, to: Date.now() / 1000, stepS: 1 });
  for (let points = 0; points < 4; await pause(300)) points = (await ask('curtaild_power_watts{instance="$rack"}').catch(() => []))[0]?.points.length ?? 0;
  const empty: string[] = [];
  for (const { title, targets } of panels) for (const { expr } of targets) if ((await ask(expr)).length === 0) empty.push(title);
  assert.deepEqual(empty.filter((title) => !STANDS_STILL.has(title)), [], "a panel without a curve");
  await assert.rejects(ask("curtaild_power_watts{"), "a query that cannot be read is an error");
});
