/** Where the commands of `curtailctl modbus` find a device, in the words of the configuration. */
import { Option, type Command } from "commander";
import { Buses, type BusLease, type LineAddress } from "../../drivers/modbus/buses.ts";
import { parseAddress } from "../config/address.ts";
import { DeviceError } from "../runtime/errors.ts";
import { exit, Failure, type ExitCode } from "./exit.ts";
import { integer } from "./numbers.ts";

export interface LineOptions {
  readonly transport: "tcp" | "rtu-over-tcp" | "tls" | "rtu";
  readonly baud: number;
  readonly parity: "none" | "even" | "odd";
  readonly stopBits: "1" | "2";
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
}

/** Of Modbus/TCP, and of Modbus/TCP Security. */
const usualPort = { plain: 502, tls: 802 } as const;

export const withLineOptions = (command: Command): Command =>
  command
    .argument("<where>", "HOST[:PORT], or with --transport rtu a serial port as /dev/ttyUSB0")
    .addOption(new Option("--transport <kind>", "how frames travel").choices(["tcp", "rtu-over-tcp", "tls", "rtu"]).default("tcp"))
    .option("--baud <n>", "speed of a serial port", integer(300, 1_000_000), 9_600)
    .addOption(new Option("--parity <kind>", "parity of a serial port").choices(["none", "even", "odd"]).default("none"))
    .addOption(new Option("--stop-bits <n>", "stop bits of a serial port").choices(["1", "2"]).default("1"))
    .option("--ca <file>", "with tls: certificates that may vouch for the device, PEM")
    .option("--cert <file>", "with tls: our certificate, PEM")
    .option("--key <file>", "with tls: its private key, PEM")
    .option("--server-name <name>", "with tls: the name in the device's certificate, where it is not the host");

export function lineAddress(where: string, options: LineOptions): LineAddress {
  const { transport, baud, parity, stopBits } = options;
  if (transport === "rtu") return { transport, serial: { path: where, baud, parity, stopBits: stopBits === "2" ? 2 : 1 } };
  const port = transport === "tls" ? usualPort.tls : usualPort.plain;
  const address = parseAddress(where) ?? parseAddress(`${where}:${port}`) ?? parseAddress(`[${where}]:${port}`);
  if (address === null) throw new Failure(exit.usage, `"${where}" is no HOST[:PORT]; for a serial port say --transport rtu`);
  if (transport !== "tls") return { ...address, transport };
  return { ...address, transport, tls: { caFile: options.ca ?? null, certFile: options.cert ?? null, keyFile: options.key ?? null, serverName: options.serverName ?? null } };
}

/** Calls `use` with a bus that is closed again afterwards; Ctrl-C aborts its signal. Device errors become failures with an exit code. */
export async function onLine(address: LineAddress, use: (lease: BusLease, signal: AbortSignal) => Promise<void>): Promise<void> {
  const lease = new Buses({ random: Math.random, now: () => performance.now() }).lease(address);
  const stop = new AbortController();
  const interrupted = (): void => stop.abort(new Error("interrupted"));
  process.once("SIGINT", interrupted);
  try {
    await use(lease, stop.signal);
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    throw new Failure(codeOf(error), error.message, { cause: error });
  } finally {
    process.off("SIGINT", interrupted);
    lease.release();
  }
}

/** A device that answers with an exception is there: what was asked is the trouble. */
const codeOf = ({ code }: DeviceError): ExitCode => (code === "refused" ? exit.found : code === "out-of-range" ? exit.usage : exit.unreachable);
