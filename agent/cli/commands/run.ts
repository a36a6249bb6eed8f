import { randomUUID } from "node:crypto";
import { Command, Option } from "commander";
import { keepLastGood, loadLastGood, stateCandidates } from "../../config/last-good.ts";
import { parseConfig, readConfigText } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { ClockSync } from "../../host/clock-sync.ts";
import type { Host } from "../../host/host.ts";
import { createLog, logForm, logLevels, type LogLevel } from "../../host/log.ts";
import { systemdNotify } from "../../host/notify.ts";
import { ConfigError } from "../../runtime/errors.ts";
import type { Log } from "../../runtime/log.ts";
import { Scope } from "../../runtime/scope.ts";
import { systemClock } from "../../runtime/system-clock.ts";
import { exit } from "../exit.ts";
import { version } from "../version.ts";

interface RunOptions {
  readonly config: string;
  readonly logLevel: LogLevel;
}

/** `curtaild run`: the daemon, until SIGTERM, SIGINT or SIGHUP. */
export const runCommand = (): Command =>
  new Command("run").description("run the daemon")
    .option("--config <file>", "configuration file", "/etc/curtaild/config.yaml")
    .addOption(new Option("--log-level <level>", "what is worth a line").choices(logLevels).default("info"))
    .action(run);

async function run({ config: file, logLevel }: RunOptions): Promise<void> {
  const log = createLog({ level: logLevel, form: logForm(process.env, process.stdout.isTTY) });
  endOnBugs(log);
  const { config, configState } = await startConfig(file, log);
  const scope = new Scope();
  const sync = new ClockSync(config.grid.clock);
  const clock = systemClock((uptime, at) => sync.errorAt(uptime, at));
  const notify = systemdNotify({ env: process.env, clock, log });
  const host: Host = { clock, log, notify, random: Math.random, boot: randomUUID() };
  for (const name of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.once(name, () => {
      log.info({ signal: name }, "stopping");
      notify.status("parking the rack");
      void scope.end();
    });
  }
  notify.status(configState === "ok" ? `keeping rack ${config.node.rack}` : "the configuration has faults: the last good one runs under the failsafe limit");
  const watchingClock = sync.run(clock, log, scope.signal);
  try {
    const { runRack } = await import("../../run.ts");
    await runRack(config, { ...host, config: configState, software: `curtaild/${version}` }, scope.signal);
  } finally {
    await scope.end();
    await watchingClock;
    await notify.settled();
  }
}

/** The configuration, or the last good one of the same file. Rejects with a ConfigError when there is neither. */
async function startConfig(file: string, log: Log): Promise<{ config: Config; configState: "ok" | "last-good" }> {
  const { vocabulary } = await import("../vocabulary.ts");
  const warn = (line: string): void => log.warn({}, line);
  let text: string | null = null;
  try {
    text = await readConfigText(file);
    const config = await parseConfig(text, file, { vocabulary, warn });
    await keepLastGood(config.paths.state, file, text).catch((error: unknown) => {
      warn(`this configuration could not be kept as the last good one in ${config.paths.state}: ${String(error)}. Make the directory, writable for this user`);
    });
    return { config, configState: "ok" };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const config = await loadLastGood(file, stateCandidates(text, file, process.env), { vocabulary });
    if (config === null) throw error;
    for (const line of error.message.split("\n")) log.error({}, line);
    log.error({ file }, "the configuration has faults: running the last good one under the failsafe limit. Correct it, check it with curtaild check, and restart");
    return { config, configState: "last-good" };
  }
}

/** A bug ends the process, and systemd starts it again: no state of ours is worth running on with. */
function endOnBugs(log: Log): void {
  for (const name of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(name, (error: unknown) => {
      log.error({ stack: error instanceof Error ? error.stack : String(error) }, "this is a bug of curtaild: it ends and is started again");
      process.exit(exit.bug);
    });
  }
}
