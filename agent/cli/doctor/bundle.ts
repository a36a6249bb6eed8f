/** Everything somebody far away needs to help, in one file without secrets: findings, answers of the daemon, configuration, log, dumps of what does not answer. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { loadConfig } from "../../config/load.ts";
import { learnSecrets } from "../../config/secrets.ts";
import { NOT_SHOWN, Secrets } from "../../runtime/secrets.ts";
import type { ControlClient } from "../client.ts";
import { selfCommand } from "../self.ts";
import { tarOf } from "./tar.ts";
import type { Finding } from "./finding.ts";

export interface BundleOptions {
  readonly file: string;
  readonly config: string;
  readonly findings: readonly Finding[];
  readonly daemon: ControlClient;
  readonly progress: (text: string) => void;
}

const questions = ["status", "devices", "meters", "grid", "events?last=2000", "host", "config", "loglevel", "schedule"];
const mostDumps = 3;
/** YAML as people write it: `password: x` with nothing around the x. */
const written = /^(\s*(?:- *)?(?:#\s*)?\w*(?:pass(?:word|phrase|wd)?|secret|token|authorization|cookie)\s*:\s*)\S.*$/gim;

/** Secrets live in files that are not packed; this takes out what somebody wrote where it does not belong. */
export const packed = (text: string, secrets: Secrets): string => secrets.text(text.replaceAll(written, `$1${NOT_SHOWN}`));

export async function writeBundle({ file, config, findings, daemon, progress }: BundleOptions): Promise<number> {
  const secrets = new Secrets();
  // With a broken configuration only what looks like a secret is known as one; no value of it has been used then.
  await loadConfig(config).then((read) => learnSecrets(read, secrets), () => undefined);
  const parts = new Map<string, string>([["doctor.json", JSON.stringify(findings, null, 1)]]);
  for (const question of questions) {
    progress(question);
    parts.set(`${question.split("?")[0]}.json`, await daemon.ask("GET", `/${question}`).then((answer) => JSON.stringify(answer, null, 1), (error: unknown) => JSON.stringify({ error: String(error) })));
  }
  const commands: readonly (readonly [string, readonly string[]])[] = [
    ["config.yaml", ["cat", config]],
    ["journal.txt", ["journalctl", "--unit", "curtaild*", "--no-pager", "--lines", "5000", "--output", "short-iso"]],
    ["unit.txt", ["systemctl", "show", "curtaild.service", "--no-pager"]],
    ["inventory.json", selfCommand("curtaild", "inventory")],
    ...silent(findings).map((id) => [`dump-${id}.json`, selfCommand("curtailctl", "dump", id, "--config", config)] as const),
  ];
  for (const [name, command] of commands) {
    progress(name);
    parts.set(name, await output(command));
  }
  const archive = gzipSync(tarOf([...parts].map(([name, text]) => ({ name: `curtaild/${name}`, content: Buffer.from(packed(text, secrets)) }))), { level: 9 });
  await writeFile(file, archive, { mode: 0o600 });
  return archive.length;
}

const silent = (findings: readonly Finding[]): string[] =>
  findings.filter(({ subject, state }) => state === "fault" && subject.startsWith("miner ")).slice(0, mostDumps).map(({ subject }) => subject.slice("miner ".length));

function output([program = "", ...args]: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: 70_000, maxBuffer: 33_554_432, killSignal: "SIGKILL" }, (error, text, errors) => resolve(error === null ? text : `${text}\n${errors}\n${error.message}\n`));
  });
}
