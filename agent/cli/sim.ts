import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { FaultError } from "../../drivers/sim/faults.ts";
import type { FirmwareName } from "../../drivers/sim/firmwares.ts";
import { firmwareNames } from "../../drivers/sim/firmwares.ts";
import { simModelIds } from "../../drivers/sim/model.ts";
import { meterKinds, pduKinds } from "../../drivers/sim/meter-kinds.ts";
import { startRig } from "../../drivers/sim/rig.ts";
import { startVtn, type VtnFault } from "../../drivers/sim/vtn.ts";
import { exit, Failure } from "./exit.ts";
import { durationOption } from "./human.ts";
import { readTruth, setFault, truthTable } from "./sim-at.ts";
import { startBroker } from "./sim-broker.ts";
import { RIG_VTN, writeRigFiles } from "./sim-files.ts";
import { runReplay } from "./sim-replay.ts";
import { messageOf } from "../runtime/errors.ts";

interface SimOptions {
  readonly at?: string;
  readonly asics: number;
  readonly dir?: string;
  readonly from?: string;
  readonly drivers?: readonly FirmwareName[];
  readonly models?: readonly string[];
  readonly pdu: string;
  readonly meter?: string;
  readonly contacts?: true;
  readonly broker?: true;
  readonly vtn?: true;
  readonly seed: number;
  readonly latency: number;
  readonly ownAddresses?: true;
}

/** Where a broker is expected when the rig brings none. */
const USUAL_BROKER = "mqtt://127.0.0.1:1883";
/** A unix socket's path has room for 107 bytes; a longer one becomes a TCP port. */
const SOCKET_PATH_BYTES = 107;

/** `curtaild sim`: a rack of simulated miners and PDUs on real sockets. */
export function simCommand(): Command {
  const sim = new Command("sim")
    .description("simulate a rack on real sockets: miners, metered PDUs, faults on request")
    .option("--asics <n>", "how many miners", integer(1, 5000), 12)
    .option("--dir <dir>", "where rig.json, config.yaml and the control socket are made")
    .option("--drivers <names>", `firmwares given out in turn, from ${firmwareNames.join(", ")}`, drivers)
    .option("--models <ids>", `models given out in turn, from ${simModelIds().join(", ")}`, models)
    .addOption(new Option("--pdu <profile>", "what feeds the miners").choices(pduKinds).default("gude-epc"))
    .option("--contacts", "a box of contacts besides: an emergency stop on io-1/1, a lamp on output io-1/1, a contactor on io-1/2")
    .addOption(new Option("--meter <profile>", "one more meter above the PDUs, for the whole rack").choices(meterKinds))
    .option("--broker", "bring an MQTT broker along")
    .option("--vtn", "bring an OpenADR VTN along, as the only grid of the configuration that is written")
    .option("--seed <n>", "the same seed makes the same machines", integer(0, 2 ** 31 - 1), 1)
    .addOption(durationOption("--latency <time>", "how long a miner thinks before it answers", "0s"))
    .option("--own-addresses", "give each miner an address of its own (127.1.x.y), all on one port")
    .option("--from <dump>", "one miner that answers as in this file of curtailctl dump; obeys nothing; with --dir its rig.json and config.yaml are written")
    .option("--at <dir>", "talk to the rig that runs in DIR (with fault or truth)")
    .action(async (options: SimOptions) => {
      if (options.at !== undefined) throw new Failure(exit.usage, "--at DIR needs a command: fault ID FAULT or truth");
      if (options.from !== undefined) return runReplay(options.from, options.dir === undefined ? null : { dir: resolve(options.dir), broker: USUAL_BROKER }, stopped());
      if (options.dir === undefined) throw new Failure(exit.usage, "say where the rig's files go: --dir DIR");
      await runRig(options, resolve(options.dir));
    });
  sim
    .command("fault <id> <fault>")
    .description("break or mend a device of the rig at --at DIR")
    .action(async (id: string, fault: string, _: unknown, command: Command) => {
      await asking(command, (dir) => setFault(dir, id, fault));
    });
  sim
    .command("truth")
    .description("what the rig at --at DIR really draws, whatever anybody says")
    .option("--json", "as JSON")
    .action(async ({ json }: { json?: true }, command: Command) => {
      await asking(command, async (dir) => {
        const truth = await readTruth(dir);
        process.stdout.write(`${json === true ? JSON.stringify(truth) : truthTable(truth)}\n`);
      });
    });
  return sim;
}

async function asking(command: Command, act: (dir: string) => Promise<void>): Promise<void> {
  const { at } = command.optsWithGlobals<Partial<SimOptions>>();
  if (at === undefined) throw new Failure(exit.usage, "say which rig: --at DIR");
  try {
    await act(at);
  } catch (error) {
    throw new Failure(error instanceof FaultError ? exit.usage : exit.unreachable, messageOf(error), { cause: error });
  }
}

/** Runs until SIGINT or SIGTERM, then leaves nothing behind but what was measured. */
async function runRig(options: SimOptions, dir: string): Promise<void> {
  const stop = stopped();
  const socket = join(dir, "rig.sock");
  await prepare(dir, socket);
  const broker = options.broker === true ? await startBroker() : null;
  const vtn = options.vtn === true ? await startVtn({ ...RIG_VTN, ...(broker !== null && { notices: { url: broker.url, publish: (topic, payload) => broker.publish(topic, payload) } }) }) : null;
  try {
    await using rig = await startRig({
      asics: options.asics,
      seed: options.seed,
      latencyMs: options.latency,
      ownAddresses: options.ownAddresses ?? false,
      pdu: options.pdu,
      contacts: options.contacts ?? false,
      ...(options.meter !== undefined && { meter: options.meter }),
      ...(vtn !== null && { faulty: { vtn: (fault) => vtn.fail(fault as VtnFault) } }),
      control: Buffer.byteLength(socket) > SOCKET_PATH_BYTES ? 0 : socket,
      ...(options.drivers === undefined ? {} : { drivers: options.drivers }),
      ...(options.models === undefined ? {} : { models: options.models }),
    });
    const path = await writeRigFiles(rig, dir, { broker: broker?.url ?? USUAL_BROKER, vtn: vtn?.url ?? null });
    process.stdout.write(`${JSON.stringify({ ready: true, rig: path })}\n`);
    await stop;
    await rm(path, { force: true });
  } finally {
    await vtn?.close();
    await broker?.close();
  }
}

async function prepare(dir: string, socket: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true });
    await rm(socket, { force: true });
  } catch (error) {
    throw new Failure(exit.notPermitted, `no rig in ${dir}: ${messageOf(error)}; name a directory you may write to with --dir`, { cause: error });
  }
}

const stopped = (): Promise<void> =>
  new Promise((resolve) => {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => resolve());
  });

const integer =
  (least: number, most: number) =>
  (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (!(value >= least && value <= most)) throw new InvalidArgumentError(`It has to be a whole number from ${least} to ${most}.`);
    return value;
  };

function drivers(text: string): readonly FirmwareName[] {
  return listed(text, firmwareNames, "firmware");
}

function models(text: string): readonly string[] {
  return listed(text, simModelIds(), "model");
}

function listed<T extends string>(text: string, known: readonly T[], what: string): readonly T[] {
  return text.split(",").map((part) => {
    const wanted = known.find((one) => one === part.trim());
    if (wanted === undefined) throw new InvalidArgumentError(`No ${what} "${part.trim()}"; there are ${known.join(", ")}.`);
    return wanted;
  });
}
