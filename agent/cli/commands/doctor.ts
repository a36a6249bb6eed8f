import { Command } from "commander";
import colors from "picocolors";
import { loadConfig } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { ConfigError } from "../../runtime/errors.ts";
import { client, commonOptions, print, printJson } from "../asking.ts";
import { ControlClient } from "../client.ts";
import { USUAL_CONFIG } from "../config-file.ts";
import { lookAtBrokers } from "../doctor/brokers.ts";
import { writeBundle } from "../doctor/bundle.ts";
import { lookAtController } from "../doctor/controller.ts";
import { doubt, fault, ok, type Finding } from "../doctor/finding.ts";
import { lookAtDaemon, lookAtMachines } from "../doctor/rack.ts";
import { exit } from "../exit.ts";
import { vocabulary } from "../vocabulary.ts";
import { wrapped } from "../wrapping.ts";

interface DoctorOptions {
  readonly config?: string;
  readonly bundle?: string;
  readonly all?: true;
}

export const doctorCommand = (): Command =>
  new Command("doctor").description("look at clock, disk, network, brokers, every miner and meter, and say what is wrong and what to do; ends with 1 when something is")
    .option("--config <file>", `the configuration (default ${USUAL_CONFIG})`)
    .option("--all", "also what is well, machine by machine")
    .option("--bundle <file>", "pack findings, log, configuration and dumps, without secrets, for somebody who helps from afar (.tar.gz)")
    .action(doctor);

async function doctor({ config: named, bundle, all }: DoctorOptions, command: Command): Promise<void> {
  const { json, rack, socket } = commonOptions(command);
  const file = named ?? (rack === undefined ? USUAL_CONFIG : `/etc/curtaild/${rack}.yaml`);
  const progress = process.stderr.isTTY && json !== true ? (text: string): void => void process.stderr.write(`\r\u001B[K${text}`) : () => undefined;
  const { config, findings } = await configured(file, rack ?? null);
  const daemon = socket === undefined && rack === undefined && config !== null ? new ControlClient(config.paths.run) : client(command);
  progress("the daemon");
  findings.push(...(await lookAtDaemon(daemon)));
  if (config !== null) {
    progress("the controller");
    findings.push(...(await lookAtController(config)));
    progress("brokers");
    findings.push(...(await lookAtBrokers(config)));
    findings.push(...(await lookAtMachines(daemon, config, progress)));
  }
  const packed = bundle === undefined ? null : await writeBundle({ file: bundle, config: file, findings, daemon, progress });
  progress("");
  const faults = findings.filter(({ state }) => state === "fault").length;
  if (json === true) printJson({ ok: faults === 0, findings });
  else print(...lines(findings, all === true), ...(packed === null ? [] : [`${bundle}: ${Math.ceil(packed / 1024)} KiB, without secrets. Look into it before you send it: tar -tzf ${bundle}`]));
  if (faults > 0) process.exitCode = exit.found;
}

async function configured(file: string, rack: string | null): Promise<{ config: Config | null; findings: Finding[] }> {
  const warnings: string[] = [];
  try {
    const config = await loadConfig(file, { vocabulary, rack, warn: (line) => warnings.push(line) });
    return { config, findings: [ok("configuration", `${file} is valid`), ...warnings.map((text) => doubt("configuration", text, "Correct it, or keep it if it is meant."))] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const texts = error.message.split("\n");
    return { config: null, findings: texts.map((text) => fault("configuration", text, /EACCES/.test(text) ? "Use sudo." : "Correct it; curtaild check names the line.")) };
  }
}

const marks = { ok: colors.green("ok   "), doubt: colors.yellow("doubt"), fault: colors.red("FAULT") } as const;

/** Machines that are well make one line together. */
export function lines(findings: readonly Finding[], all: boolean): string[] {
  const isMachine = ({ subject }: Finding): boolean => /^(miner|meter) /.test(subject);
  const well = findings.filter((finding) => finding.state === "ok" && isMachine(finding)).length;
  const shown = findings.filter((finding) => all || finding.state !== "ok" || !isMachine(finding));
  const [faults, doubts] = (["fault", "doubt"] as const).map((state) => findings.filter((finding) => finding.state === state).length);
  return [
    ...shown.flatMap(({ subject, state, text, cure }) => [`${marks[state]}  ${subject}: ${text}`, ...(cure === null ? [] : wrapped(cure, { first: "       → ", rest: "         " }))]),
    ...(all || well === 0 ? [] : [`${marks.ok}  ${well} miners and meters answer`]),
    `${faults === 0 ? "Nothing is wrong" : `${faults} ${faults === 1 ? "thing is" : "things are"} wrong`}${doubts === 0 ? "." : `; ${doubts} to look at.`}`,
  ];
}
