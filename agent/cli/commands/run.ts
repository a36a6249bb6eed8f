import { randomUUID } from "node:crypto";
import { Command, InvalidArgumentError, Option } from "commander";
import { keepLastGood, loadLastGood, stateCandidates } from "../../config/last-good.ts";
import { parseConfig, readConfigText } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { askedOf } from "../../host/calendar.ts";
import { ClockSync } from "../../host/clock-sync.ts";
import type { Host } from "../../host/host.ts";
import { createLogbook, logForm } from "../../host/log.ts";
import { systemdNotify } from "../../host/notify.ts";
import { ConfigError, messageOf, stackOf } from "../../runtime/errors.ts";
import { logLevels, type Log, type LogLevel } from "../../runtime/log.ts";
import { Scope } from "../../runtime/scope.ts";
import { Secrets } from "../../runtime/secrets.ts";
import { systemClock } from "../../runtime/system-clock.ts";
import { exit } from "../exit.ts";
import { selfCommand } from "../self.ts";
import { version } from "../version.ts";

interface RunOptions {
  readonly config?: string;
  readonly rack?: string;
  readonly logLevel?: LogLevel;
}

/** `curtaild run`: the daemon, until SIGTERM or SIGINT. SIGHUP reads the configuration again. */
export const runCommand = (): Command =>
  new Command("run").description("run the daemon")
    .option("--config <file>", "configuration file (default /etc/curtaild/config.yaml)")
    .option("--rack <name>", "one of several racks on this machine: /etc/curtaild/NAME.yaml, with state and sockets in directories of that name", rackName)
    .addOption(new Option("--log-level <level>", "what is worth a line (default: CURTAILD_LOG_LEVEL, or info)").choices(logLevels))
    .action(run);

async function run({ rack, logLevel, ...options }: RunOptions): Promise<void> {
  const level = logLevel ?? usualLevel(process.env);
  const secrets = new Secrets();
  const logbook = createLogbook({ level, form: logForm(process.env, process.stdout.isTTY), secrets });
  const log = logbook.room("daemon");
  endOnBugs(log);
  const source: Source = { file: options.config ?? `/etc/curtaild/${rack ?? "config"}.yaml`, rack: rack ?? null, log };
  const { config, configState } = await startConfig(source);
  const scope = new Scope();
  const sync = new ClockSync(config.grid.clock);
  const clock = systemClock((uptime, at) => sync.errorAt(uptime, at));
  const notify = systemdNotify({ env: process.env, clock, log });
  const host: Host = { clock, log, notify, random: Math.random, boot: randomUUID() };
  let reload = (): void => undefined;
  // A terminal that closes means the end of what runs in it; the service manager means: read the configuration again.
  if (!process.stdout.isTTY) process.on("SIGHUP", () => reload());
  for (const name of process.stdout.isTTY ? (["SIGTERM", "SIGINT", "SIGHUP"] as const) : (["SIGTERM", "SIGINT"] as const)) {
    process.once(name, () => {
      log.info({ signal: name }, "stopping");
      notify.status("parking the rack");
      void scope.end();
    });
  }
  notify.status(configState === "ok" ? `keeping rack ${config.node.rack}` : "the configuration has faults: the last good one runs under the failsafe limit");
  const watchingClock = sync.run(clock, logbook.room("clock"), scope.signal);
  try {
    const { runRack } = await import("../../run.ts");
    const surroundings = { ...host, logbook, secrets, config: configState, software: `curtaild/${version}`, nextTimes: askedOf(selfCommand("curtaild", "calendar")), reread: () => readSource(source), onReload: (call: () => void) => void (reload = call) };
    await runRack(config, surroundings, scope.signal);
  } finally {
    await scope.end();
    await watchingClock;
    await notify.settled();
  }
}

/** Where the configuration comes from, and who hears of its faults. */
interface Source {
  readonly file: string;
  readonly rack: string | null;
  readonly log: Log;
}

/** Reads the file and, if it is valid, keeps it as the last good one. Rejects with a ConfigError. */
async function readSource({ file, rack, log }: Source, read = readConfigText(file)): Promise<Config> {
  const { vocabulary } = await import("../vocabulary.ts");
  const warn = (line: string): void => log.warn({}, line);
  const text = await read;
  const config = await parseConfig(text, file, { vocabulary, warn, rack });
  await keepLastGood(config.paths.state, file, text).catch((error: unknown) => {
    warn(`this configuration could not be kept as the last good one in ${config.paths.state}: ${messageOf(error)}. Make the directory, writable for this user`);
  });
  return config;
}

/** The configuration, or the last good one of the same file. Rejects with a ConfigError when there is neither. */
async function startConfig(source: Source): Promise<{ config: Config; configState: "ok" | "last-good" }> {
  const { file, rack, log } = source;
  const read = readConfigText(file);
  try {
    return { config: await readSource(source, read), configState: "ok" };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { vocabulary } = await import("../vocabulary.ts");
    const config = await loadLastGood(file, stateCandidates(await read.catch(() => null), file, process.env), { vocabulary, rack });
    if (config === null) throw error;
    for (const line of error.message.split("\n")) log.error({}, line);
    log.error({ file }, "the configuration has faults: running the last good one under the failsafe limit. Correct it, check it with curtaild check, and restart");
    return { config, configState: "last-good" };
  }
}

/** A slip in /etc/default/curtaild must not keep the rack without its keeper. */
const usualLevel = (env: NodeJS.ProcessEnv): LogLevel => logLevels.find((level) => level === env["CURTAILD_LOG_LEVEL"]) ?? "info";

function rackName(text: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(text)) throw new InvalidArgumentError("letters, digits, dashes and underscores, beginning with a letter or digit");
  return text;
}

/** A bug ends the process, and systemd starts it again: no state of ours is worth running on with. */
function endOnBugs(log: Log): void {
  for (const name of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(name, (error: unknown) => {
      log.error({ stack: stackOf(error) }, "this is a bug of curtaild: it ends and is started again");
      process.exit(exit.bug);
    });
  }
}
