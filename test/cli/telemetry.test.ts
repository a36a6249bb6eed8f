/** The daemon as a process with a farm's broker and a collector: topics, Home Assistant, the last will, and /metrics only where it was asked for. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { startBroker } from "../../agent/cli/sim-broker.ts";
import { mqttLink } from "../../agent/link/mqtt-link.ts";
import { silentLog } from "../../agent/runtime/log.ts";
import { stopwatch } from "../../agent/runtime/system-clock.ts";
import { freePort } from "../../scripts/free-port.ts";
import { configText, testDirectory } from "../config/config-files.ts";
import { until } from "../link/link-rig.ts";
import { program } from "./programs.ts";

const alone = { "grid.brokers": ["mqtt://127.0.0.1:1"], "grid.clock": "assumed", "miners.0.address": "127.0.0.1:2", "miners.1.address": "127.0.0.1:3", "meters.0.address": "127.0.0.1:4", "paths.state": "state", "paths.run": "run", "policy.onStop": "hold" };

test("a farm hears its rack, Home Assistant is shown it, Prometheus is answered, and who stops says so", async (t) => {
  await using directory = await testDirectory();
  const broker = await startBroker();
  t.after(() => broker.close());
  const port = await freePort();
  const file = await directory.write("config.yaml", configText({ ...alone, farm: { brokers: [broker.url], homeAssistant: {} }, web: { listen: `127.0.0.1:${port}`, metrics: true, page: false } }));
  const heard = new Map<string, string>();
  const ear = new AbortController();
  const listening = mqttLink({ urls: [broker.url], clientId: "farm", subscriptions: [{ topic: "#", qos: 1 }], clock: stopwatch(), log: silentLog, random: Math.random })
    .run({ message: ({ topic, payload }) => void heard.set(topic, Buffer.from(payload).toString("utf8")), connected: () => undefined, disconnected: () => undefined }, ear.signal);
  const child = spawn(process.execPath, [program("curtaild"), "run", "--config", file, "--log-level", "error"], { stdio: ["ignore", "ignore", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const ended = new Promise((resolve) => child.on("exit", resolve));

  const config = JSON.parse(await said(heard, /^homeassistant\/device\/[\w-]+\/config$/)) as { readonly state_topic: string; readonly availability: readonly { readonly topic: string }[] };
  const rack = JSON.parse(await said(heard, new RegExp(`^${config.state_topic}$`))) as { readonly state: string; readonly powerW: number | null };
  assert.deepEqual([rack.state, rack.powerW], ["init", null], "machines that never answered draw an unknown power, not none");
  assert.equal((JSON.parse(await said(heard, new RegExp(`^${config.availability[0]?.topic ?? "-"}$`))) as { online: boolean }).online, true);

  const scraped = await fetch(`http://127.0.0.1:${port}/metrics`);
  assert.equal(scraped.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  assert.match(await scraped.text(), /^curtaild_state\{state="init"\} 1$[^]*^curtaild_link_connected\{link="farm"\} 1$/m);
  assert.equal((await fetch(`http://127.0.0.1:${port}/status`)).status, 404, "a collector is shown figures and nothing else");

  child.kill("SIGTERM");
  assert.equal(await ended, 0);
  assert.equal((JSON.parse(heard.get(config.availability[0]?.topic ?? "") ?? "{}") as { online: boolean }).online, false);
  ear.abort();
  await listening;
});

async function said(heard: ReadonlyMap<string, string>, form: RegExp): Promise<string> {
  const found = (): string | undefined => [...heard.keys()].find((topic) => form.test(topic));
  await until(() => found() !== undefined, () => [...heard.keys()].join("\n"), 15_000);
  return heard.get(found() ?? "") ?? "";
}
