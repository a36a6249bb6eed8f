/**
 * `npm run dashboard`: a picture of the Grafana dashboard with real figures. Twelve simulated miners, the real daemon, a real Prometheus
 * (Debian's) that scrapes it for five minutes of orders and faults; then every panel's own queries, drawn as a page and photographed by Chromium.
 */
import { randomBytes } from "node:crypto";
import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import { freePort } from "../free-port.ts";
import { endProcess, owned } from "../bench/processes.ts";
import { placed } from "../docs/dashboard.ts";
import { pageOf, sizeOf, type Drawn } from "./page.ts";
import { Prometheus } from "./prometheus.ts";

const program = (name: "curtaild" | "curtailctl"): string => fileURLToPath(new URL(`../../agent/cli/${name}.js`, import.meta.url));
const docs = fileURLToPath(new URL("../../../docs/prometheus/", import.meta.url));
const STEP_S = 2;
/** What happens, and how long it is watched. */
const STORY: readonly (readonly [what: string, watchS: number, args: readonly string[]])[] = [
  ["the grid allows everything", 75, ["operator", "allocate", "--limit", "33528W", "--short"]],
  ["an allocation of 60 %", 60, ["operator", "allocate", "--limit", "20kW", "--short"]],
  ["a miner falls silent", 30, ["fault", "asic-03", "silent"]],
  ["a technician's limit of 11 kW", 50, ["limit", "11kW", "--for", "50s"]],
  ["the miner answers again", 30, ["fault", "asic-03", "clear"]],
  ["the grid allows everything again", 75, ["operator", "allocate", "--limit", "33528W", "--short"]],
];

const missing = ["prometheus", "chromium"].filter((name) => spawnSync(name, ["--version"], { stdio: "ignore" }).error !== undefined);
if (missing.length > 0) {
  process.stderr.write(`npm run dashboard needs ${missing.join(" and ")}: apt-get install ${missing.join(" ")}\n`);
  process.exit(69);
}
const directory = mkdtempSync(join(tmpdir(), "curtaild-dashboard-"));
process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => process.exit(130));
const say = (text: string): void => void process.stderr.write(`${text}\n`);

const rig = join(directory, "rig");
const simulators = owned(spawn(process.execPath, [program("curtaild"), "sim", "--asics", "12", "--models", "antminer-s19k-pro,antminer-s19j-pro,antminer-s21", "--dir", rig, "--broker"], { stdio: ["ignore", "pipe", "inherit"] }));
await once(simulators.stdout, "data");
const running: ChildProcess[] = [simulators];
const [port, scraper] = [await freePort(), await freePort()];
const tokenFile = join(directory, "web.token");
writeFileSync(tokenFile, randomBytes(24).toString("base64url"), { mode: 0o600 });
const configFile = join(rig, "config.yaml");
const config = parse(readFileSync(configFile, "utf8")) as { grid: { brokers: string[] } };
writeFileSync(configFile, stringify({ ...config, web: { listen: `127.0.0.1:${port}`, tokenFile, page: false, metrics: true } }));
const env = { ...process.env, CURTAIL_BROKER: config.grid.brokers[0], CURTAIL_OPERATOR: "demo", CURTAIL_NODE: "site/s1/rack/r1", XDG_STATE_HOME: directory, HOME: directory };
running.push(owned(spawn(process.execPath, [program("curtaild"), "run", "--config", configFile, "--log-level", "error"], { stdio: "inherit", env })));
running.push(owned(spawn(process.execPath, [program("curtailctl"), "operator", "heartbeat"], { stdio: "ignore", env })));
const prometheus = new Prometheus({ directory, port: scraper, target: `127.0.0.1:${port}`, tokenFile, rules: join(docs, "alerts.yml"), stepS: STEP_S });
running.push(owned(prometheus.child));

const begun = Date.now() / 1000;
for (const [what, watchS, args] of STORY) {
  say(what);
  const [file, ...rest] = args[0] === "fault" ? [program("curtaild"), "sim", "--at", rig, ...args] : [program("curtailctl"), ...(args[0] === "operator" ? args : ["--socket", join(rig, "run"), "--yes", ...args])];
  execFileSync(process.execPath, [file ?? "", ...rest], { env, stdio: "ignore" });
  await pause(watchS * 1000);
}
const range = { from: begun, to: Date.now() / 1000, stepS: STEP_S };
const drawn: Drawn[] = [];
for (const panel of placed()) drawn.push({ panel, series: (await Promise.all(panel.targets.map((target) => prometheus.query(target, `127.0.0.1:${port}`, range)))).flat() });
const page = join(directory, "dashboard.html");
writeFileSync(page, pageOf(drawn, range));
const pageSize = sizeOf(drawn);
execFileSync("chromium", ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1", `--window-size=${pageSize.join(",")}`, `--screenshot=${join(docs, "dashboard.png")}`, `file://${page}`], { stdio: "ignore", cwd: directory });
say(`docs/prometheus/dashboard.png: ${drawn.reduce((sum, { series }) => sum + series.length, 0)} series of ${drawn.length} panels`);
for (const child of running.reverse()) await endProcess(child);
