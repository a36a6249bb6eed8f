import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { deviceKeyText, placeDeviceKey } from "../../config/device-key.ts";
import { loadConfig } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { SUCCESSION } from "../../attend/succession.ts";
import { headText } from "../../record/chain.ts";
import { openFolder } from "../../record/folder.ts";
import { recover } from "../../record/recover.ts";
import { openStore, StoreError } from "../../record/store.ts";
import type { Store } from "../../runtime/store.ts";
import { stopwatch } from "../../runtime/system-clock.ts";
import { takeOver } from "../../signal/handover.ts";
import { ControlClient } from "../client.ts";
import { exit, Failure } from "../exit.ts";
import { readStateFile, stateFile } from "../state-file.ts";
import { version } from "../version.ts";
import { messageOf } from "../../runtime/errors.ts";

interface StateOptions {
  readonly config: string;
  readonly out?: string;
  readonly withoutKey?: true;
  readonly json?: true;
}

/** `curtaild state export|import`: a controller that takes the place of another cannot be fed old documents. */
export function stateCommand(): Command {
  const state = new Command("state").description("hand a rack over to another controller");
  const configured = (command: Command): Command => command.option("--config <file>", "configuration file", "/etc/curtaild/config.yaml").option("--json", "answer in JSON");
  configured(state.command("export")).description("write down what the rack's next controller has to know; the daemon may run")
    .option("--out <file>", "where to; without it on standard output").option("--without-key", "leave out the rack's own key: the next controller then needs a new card")
    .action(exportState);
  configured(state.command("import")).description("take over from another controller; the daemon must not run").argument("<file>").action(importState);
  return state;
}

async function exportState({ config: path, out, withoutKey, json }: StateOptions): Promise<void> {
  const config = await ownConfig(path);
  const { records, logHead } = await recorded(config);
  const text = stateFile({
    operator: config.node.operator, node: nodeOf(config), at: new Date(stopwatch().now().at).toISOString(), software: `curtaild/${version}`, logHead, records,
    deviceKey: withoutKey === true ? null : await deviceKeyText(config.paths.state),
  });
  if (out === undefined) {
    process.stdout.write(text);
    return;
  }
  await writeFile(out, text, { mode: 0o600, flag: "wx" }).catch((error: unknown) => {
    throw new Failure(exit.badInput, `${out} cannot be written: ${messageOf(error)}.`);
  });
  const secret = withoutKey === true ? "" : " It holds the rack's private key: keep it as you would the controller.";
  process.stdout.write(json === true ? `${JSON.stringify({ out, records: Object.keys(records).length, logHead })}\n` : `${out}: ${Object.keys(records).length} records of ${nodeOf(config)}.${secret}\n`);
}

async function importState(file: string, { config: path, json }: StateOptions): Promise<void> {
  const config = await ownConfig(path);
  const brought = await readStateFile(file);
  if (brought.node !== nodeOf(config) || brought.operator !== config.node.operator) {
    throw new Failure(exit.badInput, `${file} is the state of ${brought.operator}/${brought.node}, and ${path} is for ${config.node.operator}/${nodeOf(config)}: a rack takes over itself only.`);
  }
  const store = await openStore(config.paths.state).catch((error: unknown) => {
    if (error instanceof StoreError && error.code === "locked") throw new Failure(exit.notConfirmed, `${error.message} Stop it first: systemctl stop curtaild.`);
    throw new Failure(exit.badInput, messageOf(error));
  });
  try {
    const changes = changesOf(await store.load(""), brought.records);
    changes.set(SUCCESSION, JSON.stringify({ logHead: brought.logHead, exportedAt: brought.at }));
    await store.commit(changes);
    const key = brought.deviceKey === null ? null : await placeDeviceKey(config.paths.state, brought.deviceKey);
    const said = { node: brought.node, exportedAt: brought.at, changed: changes.size - 1, fingerprint: key?.fingerprint ?? null, logHead: brought.logHead };
    process.stdout.write(json === true ? `${JSON.stringify(said)}\n` : inWords(said));
  } finally {
    await store.close();
  }
}

function changesOf(here: ReadonlyMap<string, string>, records: Readonly<Record<string, string>>): Map<string, string | null> {
  try {
    return takeOver(here, new Map(Object.entries(records)));
  } catch (error) {
    throw new Failure(exit.badInput, `a record cannot be read, and nothing was taken: ${messageOf(error)}.`);
  }
}

/** As another user, root too, we would leave files in the state directory that the daemon may not write. */
async function ownConfig(path: string): Promise<Config> {
  const config = await loadConfig(path);
  const { uid } = await stat(config.paths.state).catch(() => ({ uid: null }));
  if (uid === null || uid === process.getuid?.()) return config;
  throw new Failure(exit.notPermitted, `${config.paths.state} belongs to user ${uid}: do this as them, sudo -u '#${uid}' curtaild state ...`);
}

/** From the store where nobody has it open, else from the daemon that has. */
async function recorded({ paths }: Config): Promise<{ records: Record<string, string>; logHead: string | null }> {
  let store: Store;
  try {
    store = await openStore(paths.state);
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== "locked") throw new Failure(exit.badInput, messageOf(error));
    return (await new ControlClient(paths.run).order("POST", "/state", {})) as { records: Record<string, string>; logHead: string | null };
  }
  try {
    const records = Object.fromEntries(await store.load(""));
    const journal = await recover(await openFolder(join(paths.state, "journal")));
    return { records, logHead: journal.head.n === 0 ? null : headText(journal.head) };
  } finally {
    await store.close();
  }
}

const nodeOf = ({ node }: Config): string => `site/${node.site}/rack/${node.rack}`;

const inWords = ({ node, exportedAt, changed, fingerprint }: { readonly node: string; readonly exportedAt: string; readonly changed: number; readonly fingerprint: string | null }): string =>
  [
    `${node}: taken over as it was at ${exportedAt}, ${changed} records.`,
    fingerprint === null ? "The rack's own key did not come along: send the operator this rack's new card (curtailctl grid card)." : `The rack signs with its own key again, fingerprint ${fingerprint}.`,
    "Destroy the file, and never run the former controller beside this one.\n",
  ].join("\n");
