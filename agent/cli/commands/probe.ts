import { readFile } from "node:fs/promises";
import { Command, InvalidArgumentError } from "commander";
import type { Telemetry } from "../../core/model.ts";
import { drivers, isDriverName, type DriverName } from "../../../drivers/index.ts";
import type { Device } from "../../../drivers/driver.ts";
import type { Answered } from "../../../drivers/find/asking.ts";
import { identify, type Finding } from "../../../drivers/find/identify.ts";
import { loadModel } from "../../../drivers/models.ts";
import { DeviceError } from "../../runtime/errors.ts";
import { commonOptions, print, printJson } from "../asking.ts";
import { exit, Failure } from "../exit.ts";
import { hashrateText, powerText } from "../words.ts";

interface ProbeOptions {
  readonly driver?: DriverName;
  readonly model?: string;
  readonly webPort?: number;
  readonly passwordFile?: string;
  readonly raw?: true;
}

const WHOLE_MS = 30_000;
const REQUEST_MS = 3_000;

/** Asks the machine itself; needs no daemon. Changes nothing. */
export const probeCommand = (): Command =>
  new Command("probe")
    .description("ask a miner what it is and what it can be told; needs no daemon and changes nothing")
    .argument("<host>", "HOST, or HOST:PORT where its API does not listen on the usual port")
    .option("--driver <name>", `take it for what this driver speaks to: ${Object.keys(drivers).join(", ")}`, driverName)
    .option("--model <id>", "take it for this model, where it does not say")
    .option("--web-port <port>", "port of its web interface, where that is not 80", portNumber)
    .option("--password-file <file>", "its password, where that is not the one the maker ships")
    .option("--raw", "show its answers as they came")
    .action(async (where: string, options: ProbeOptions, command: Command) => {
      const signal = AbortSignal.timeout(WHOLE_MS);
      const { host, port } = addressOf(where);
      const { finding, answers } = await identify({ host, port }, { requestMs: REQUEST_MS, hostMs: WHOLE_MS }, signal);
      const found: Found | null = options.driver === undefined ? finding : { driver: options.driver, address: finding?.address ?? { host, port: port ?? 4028 }, type: finding?.type ?? null };
      const model = options.model ?? finding?.model ?? null;
      const seen = found === null || model === null ? null : await look(found, model, options, signal);
      const asJson = commonOptions(command).json === true;
      if (asJson) printJson({ driver: found?.driver ?? null, type: found?.type ?? null, model, ...seen, ...(options.raw === true && { answers }) });
      else print(...lines(where, { found, model, seen }), ...(options.raw === true ? rawLines(answers) : []));
      if (found === null) throw new Failure(exit.unreachable, asJson ? "nothing answers that there is a driver for" : `${where}: nothing answers that there is a driver for. --raw shows what was asked and answered.`);
    });

type Found = Pick<Finding, "driver" | "address" | "type">;

interface Seen {
  readonly description: string;
  readonly capabilities: Device["capabilities"];
  readonly telemetry: Telemetry | null;
  /** Why there is no telemetry. */
  readonly failure: string | null;
}

async function look({ driver, address }: Found, model: string, { webPort, passwordFile }: ProbeOptions, signal: AbortSignal): Promise<Seen> {
  const password = passwordFile === undefined ? undefined : (await readFile(passwordFile, "utf8")).replace(/\r?\n$/, "");
  await using device = await drivers[driver]({ id: address.host, address, model: loadModel(model), ...(webPort !== undefined && { webPort }), ...(password !== undefined && { password }) });
  const read = await device.read(signal).then((telemetry) => ({ telemetry, failure: null }), (error: unknown) => {
    if (error instanceof DeviceError) return { telemetry: null, failure: error.message };
    throw error;
  });
  return { description: device.description, capabilities: device.capabilities, ...read };
}

function lines(where: string, { found, model, seen }: { found: Found | null; model: string | null; seen: Seen | null }): string[] {
  if (found === null) return [];
  const head = [`${where}  ${seen?.description ?? found.type ?? "a machine that does not say its model"}`, `driver     ${found.driver}`];
  if (model === null || seen === null) return [...head, "model      not known; say which with --model ID to see what it can be told"];
  const { telemetry, failure, capabilities } = seen;
  return [
    ...head,
    `model      ${model}`,
    ...(failure === null ? [] : [`failure    ${failure}`]),
    ...(telemetry === null ? [] : [
      `state      ${telemetry.state ?? "unknown"}${telemetry.point === null ? "" : `, at ${telemetry.point}`}`,
      `power      ${powerText(telemetry.power)}${telemetry.powerSource === null ? "" : ` (${telemetry.powerSource})`}`,
      `hashrate   ${hashrateText(telemetry.hashrate)}`,
      ...telemetry.pools.map(({ url, worker }) => `pool       ${url} as ${worker ?? "unknown"}`),
      ...telemetry.errors.map((error) => `error      ${error}`),
    ]),
    ...capabilities.map((capability) => `takes      ${capability.kind === "points" ? capability.points.map(({ id }) => id).join(" ") : capability.kind}`),
  ];
}

/** A miner's bytes go to a terminal: nothing but text and line feeds. */
const rawLines = (answers: readonly Answered[]): string[] =>
  // eslint-disable-next-line no-control-regex -- that is what is taken out
  answers.flatMap(({ question, address, answer }) => ["", `${address}  ${question}`, answer.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, " ")]);

function addressOf(where: string): { host: string; port: number | null } {
  const [, host, port] = /^(\[[0-9a-f:.]+\]|[^:]+)(?::(\d{1,5}))?$/i.exec(where) ?? [];
  if (host === undefined) throw new Failure(exit.usage, `"${where}" is no address: write HOST or HOST:PORT`);
  return { host: host.replace(/^\[|\]$/g, ""), port: port === undefined ? null : portNumber(port) };
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new InvalidArgumentError(`"${text}" is no port: 1 to 65535`);
  return port;
}

function driverName(text: string): DriverName {
  if (!isDriverName(text)) throw new InvalidArgumentError(`there are ${Object.keys(drivers).join(", ")}`);
  return text;
}
