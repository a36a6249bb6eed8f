import { Command, InvalidArgumentError } from "commander";
import type { Bus } from "../../../drivers/modbus/bus.ts";
import { loadProfile, profileNames } from "../../../drivers/modbus/load.ts";
import type { Profile } from "../../../drivers/modbus/profile.ts";
import { ExceptionReply } from "../../../drivers/modbus/request.ts";
import { Unit } from "../../../drivers/modbus/unit.ts";
import { DeviceError } from "../../runtime/errors.ts";
import { commonOptions, print, printJson } from "../asking.ts";
import { exit } from "../exit.ts";
import { lineAddress, onLine, withLineOptions, type LineOptions } from "../modbus-line.ts";
import { integer } from "../numbers.ts";

interface ScanOptions extends LineOptions {
  readonly units: readonly number[];
  readonly timeout: number;
  readonly profiles: string;
}

interface Found {
  readonly unit: number;
  /** How it answered the first question. */
  readonly answer: "value" | "exception";
  /** Profiles whose probes it passed; null: not asked. */
  readonly profiles: readonly string[] | null;
}

/** A PDU that ignores the unit answers to all of them: what the first say, the others would repeat. */
const mostProbed = 8;
/** Nobody backs off for an order: a scan asks on, however many units are silent. */
const urgency = { priority: "switching", deadlineMs: 60_000 } as const;

/** `modbus scan HOST`: reads only. 0 when something answers, 1 when nothing does, 69 when nobody is there. */
export const modbusScanCommand = (): Command =>
  withLineOptions(new Command("scan").description("find which units answer and which profiles fit them; reads only"))
    .option("--units <list>", "which units to ask, as 1-20,100", unitList, range(1, 247))
    .option("--timeout <ms>", "how long to wait for each", integer(10, 10_000), 300)
    .option("--profiles <dir>", "where your own profiles are", "/etc/curtaild/profiles")
    .action(async (where: string, options: ScanOptions, command: Command) => {
      const profiles = probed(options);
      await onLine(lineAddress(where, options), async ({ bus }, signal) => {
        const found: Found[] = [];
        for (const [index, unit] of options.units.entries()) {
          progress(`unit ${unit}, ${index + 1} of ${options.units.length}; ${found.length} answer`);
          const answer = await answers(bus, { unit, timeoutMs: options.timeout }, signal);
          if (answer === null) continue;
          const fitting = found.length < mostProbed ? await fits(bus, { unit, profiles, answered: found.length }, signal) : null;
          found.push({ unit, answer, profiles: fitting });
        }
        progress("");
        if (commonOptions(command).json === true) printJson({ asked: options.units.length, units: found, profiles: profiles.map(({ profile }) => profile) });
        else print(...lines(found, options.units.length));
        if (found.length === 0) process.exitCode = exit.found;
      });
    });

/** Profiles that can tell their device; a fault in one of a site's own does not end the scan. */
function probed({ profiles: directory, timeout }: ScanOptions): Profile[] {
  return profileNames([directory]).flatMap((name) => {
    try {
      const profile = loadProfile(name, [directory]);
      const telling = profile.identify.length + Object.keys(profile.counts).length > 0 || profile.sunspec !== undefined;
      return telling ? [{ ...profile, limits: { ...profile.limits, timeoutMs: Math.max(timeout, 50), quietAfterTimeoutMs: 0 } }] : [];
    } catch (error) {
      process.stderr.write(`left out: ${(error as Error).message}\n`);
      return [];
    }
  });
}

/** Whether there is somebody: any answer is one, an exception too. A gateway that speaks for a silent unit is not. */
async function answers(bus: Bus, { unit, timeoutMs }: { unit: number; timeoutMs: number }, signal: AbortSignal): Promise<Found["answer"] | null> {
  const timing = { timeoutMs, minGapMs: 0, connectDelayMs: 0, quietAfterTimeoutMs: 0 };
  try {
    await bus.send({ kind: "read", unit, table: "holding", address: 0, count: 1 }, { ...urgency, timing }, signal);
    return "value";
  } catch (error) {
    if (signal.aborted || !(error instanceof DeviceError)) throw error;
    if (error instanceof ExceptionReply) return error.fromGateway ? null : "exception";
    if (error.code === "unreachable" && /cannot (connect|open)/.test(error.message)) throw error;
    return null;
  }
}

async function fits(bus: Bus, { unit, profiles, answered }: { unit: number; profiles: readonly Profile[]; answered: number }, signal: AbortSignal): Promise<string[]> {
  const fitting: string[] = [];
  for (const profile of profiles) {
    progress(`unit ${unit} answers (${answered + 1}); is it a ${profile.profile}?`);
    try {
      await new Unit({ id: `unit ${unit}`, profile, bus, unit, credentials: null, now: () => performance.now() }).survey(urgency, signal);
      fitting.push(profile.profile);
    } catch (error) {
      if (signal.aborted || !(error instanceof DeviceError)) throw error;
    }
  }
  return fitting;
}

function lines(found: readonly Found[], asked: number): string[] {
  const rest = found.filter(({ profiles }) => profiles === null);
  return [
    ...found.flatMap(({ unit, profiles }) => (profiles === null ? [] : [`unit ${String(unit).padStart(3)}  ${profiles.length === 0 ? "answers, no profile fits: look with curtailctl modbus read" : profiles.join(" or ")}`])),
    ...(rest.length === 0 ? [] : [`${rest.length} more answer and were not looked at: a device that ignores the unit answers to all of them; name one with --units`]),
    `${found.length} of ${asked} units answer`,
  ];
}

/** On a terminal only, on one line that is overwritten. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${text.padEnd(70)}${text === "" ? "\r" : ""}`);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function unitList(text: string): number[] {
  const units = text.split(",").flatMap((part) => {
    const match = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(part.trim());
    const [from, to] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
    if (match === null || from > to || to > 255) throw new InvalidArgumentError("It has to be units from 0 to 255, as 1-20,100.");
    return range(from, to);
  });
  return [...new Set(units)];
}
