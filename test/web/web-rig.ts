/** A rig, the real daemon with its listener, an operator's heartbeat, and a browser before them. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser } from "playwright-core";
import { parse, stringify } from "yaml";
import { setFault } from "../../agent/cli/sim-at.ts";
import type { RigFile } from "../../agent/cli/sim-files.ts";
import type { ConfigInput } from "../../agent/config/schema.ts";
import type { Scope } from "../../agent/runtime/scope.ts";
import { Child } from "../../scripts/demo/child.ts";
import { program, run, type Outcome } from "../cli/programs.ts";

export const TOKEN = "a-token-for-the-test-0123";
const EXECUTABLE = "/usr/bin/chromium";

/** null: there is one. */
export const missingChromium = existsSync(EXECUTABLE) ? false : "there is no /usr/bin/chromium: apt-get install --no-install-recommends chromium fonts-noto-core";

export interface WebRig {
  readonly url: string;
  readonly asics: RigFile["asics"];
  operator(...args: string[]): Promise<Outcome>;
  fault(id: string, fault: string): Promise<void>;
  stopDaemon(): Promise<void>;
  startDaemon(): Promise<void>;
}

export async function openWebRig(asics: number, scope: Scope, policy: ConfigInput["policy"] = {}): Promise<WebRig> {
  const dir = await mkdtemp(join(tmpdir(), "curtaild-web-"));
  scope.own("folder", () => rm(dir, { recursive: true, force: true }));
  const rig = new Child("rig", ["sim", "--asics", String(asics), "--broker", "--dir", dir], join(dir, "rig.log"));
  scope.own("rig", () => rig.stop());
  await rig.says((line) => line.startsWith('{"ready":true'), 20_000);
  const file = JSON.parse(await readFile(join(dir, "rig.json"), "utf8")) as RigFile;
  const port = await freePort();
  await writeFile(join(dir, "token"), `${TOKEN}\n`, { mode: 0o600 });
  const config = parse(await readFile(file.config, "utf8")) as ConfigInput;
  await writeFile(file.config, stringify({ ...config, web: { listen: `127.0.0.1:${port}`, tokenFile: "token" }, policy: { ...config.policy, minSleepS: 2, minRunS: 5, ...policy } }));
  const env = { CURTAIL_BROKER: file.broker, CURTAIL_OPERATOR: "demo", CURTAIL_NODE: "site/s1/rack/r1", XDG_STATE_HOME: dir };
  const heartbeat = spawn(process.execPath, [program("curtailctl"), "operator", "heartbeat"], { env: { ...process.env, ...env }, stdio: "ignore" });
  scope.own("heartbeat", async () => void heartbeat.kill());

  let daemon: Child | null = null;
  const url = `http://127.0.0.1:${port}`;
  const startDaemon = async (): Promise<void> => {
    daemon = new Child("daemon", ["run", "--config", file.config], join(dir, "daemon.log"));
    await daemon.says((line) => line.includes("readers are welcome"), 20_000);
  };
  const stopDaemon = async (): Promise<void> => {
    await daemon?.stop();
    daemon = null;
  };
  scope.own("daemon", stopDaemon);
  await startDaemon();
  return { url, asics: file.asics, operator: (...args) => run("curtailctl", ["operator", ...args], env), fault: (id, fault) => setFault(dir, id, fault), startDaemon, stopDaemon };
}

export async function openBrowser(scope: Scope): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: EXECUTABLE,
    chromiumSandbox: false,
    args: ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  scope.own("browser", () => browser.close());
  return browser;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
