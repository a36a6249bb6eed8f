/** `operator allocate`: what a rack may draw, as a ceiling, a schedule, or the short form. */
import { createHash } from "node:crypto";
import { Command, InvalidArgumentError, Option } from "commander";
import { millis, type Millis, type Watts } from "../../core/units.ts";
import { isoTime } from "../../signal/compose.ts";
import { exit, Failure } from "../exit.ts";
import { parseDuration, parsePower } from "../human.ts";
import { address } from "./address.ts";
import { powerOf, powerOrNone } from "./power.ts";
import { announce, deliver, publish, publishing, type PublishOptions } from "./publishing.ts";
import { messageOf } from "../../runtime/errors.ts";

interface AllocateOptions extends PublishOptions {
  readonly limit?: string;
  readonly nominal?: Watts;
  readonly for?: Millis;
  readonly schedule?: string;
  readonly short?: true;
  readonly failsafe?: string;
  readonly heartbeatTimeout?: Millis;
  readonly onLoss?: "now" | "schedule";
  readonly trust?: Millis;
  readonly minOff?: Millis;
  readonly random?: Millis;
  readonly ramp?: number;
  readonly in?: Millis;
  readonly telemetry?: Millis;
  readonly interval?: Millis;
  readonly drill?: true;
  readonly firm?: string;
  readonly levels?: readonly number[];
  readonly share: Readonly<Record<string, number>>;
  readonly area: Readonly<Record<string, number>>;
  readonly licence?: string;
}

/** Valid from a little before it is sent, so that it has begun by whatever clock reads it. */
const begunBefore = 10_000;
const usualLength = parseDuration("24h");

export function allocateCommand(): Command {
  return publishing(new Command("allocate"))
    .description("allocate power to a rack: --limit 8kW, or a --schedule")
    .option("--limit <power>", "most it may draw: 8kW, 60% (with --nominal), or none for no ceiling")
    .option("--nominal <power>", "the rack's nominal power, for percentages", (text) => parsePower(text))
    .option("--for <time>", "how long it is valid (default 24h)", parseDuration)
    .option("--in <time>", "valid from so much later: it waits as the next one, and the one in force goes on until then", parseDuration)
    .option("--schedule <items>", "one after the other, as 8kW:2h,4kW:30m,none:21h")
    .option("--short", "the unsigned short form: the agent fills in the rest, valid for 24 h")
    .option("--failsafe <power>", "failsafe limit; the smaller of this and the rack's own holds")
    .option("--heartbeat-timeout <time>", "heartbeat lost after this long", parseDuration)
    .addOption(new Option("--on-loss <what>", "on a lost heartbeat fall to the failsafe limit at once, or trust the schedule for a while").choices(["now", "schedule"]))
    .option("--trust <time>", "how long the schedule is trusted then", parseDuration)
    .option("--min-off <time>", "after an emergency, no wake-up before this", parseDuration)
    .option("--random <time>", "after an emergency, spread over this long", parseDuration)
    .option("--ramp <percent>", "percent of nominal power a minute on the way up", percent)
    .option("--firm <power>", "the power that is sure, and that levels are fractions of")
    .option("--levels <percents>", "what LEVEL 0,1,2,3 mean, in percent of --firm: 100,75,50,0", levels)
    .option("--share <rack=part>", "in a site's allocation: the part of its watts that a rack has, as rack/r1=0.08; again for more", part, {})
    .option("--area <name=part>", "the rack belongs to an area and has this part of its watts; again for more", part, {})
    .option("--licence <text>", "under which permit or contract")
    .option("--telemetry <time>", "telemetry this often", parseDuration)
    .option("--interval <time>", "energy records over this long (15m)", parseDuration)
    .option("--drill", "a rehearsal: acted on, and marked in every answer")
    .action(async (options: AllocateOptions, command: Command) => (options.short === true ? allocateShort(options, command) : allocate(options, command)));
}

async function allocate(options: AllocateOptions, command: Command): Promise<void> {
  const schedule = options.schedule === undefined ? [] : options.schedule.split(",").map((item) => readItem(item, options.nominal));
  if (options.limit === undefined && schedule.length === 0) throw new Failure(exit.usage, "how much? Say --limit POWER or --schedule POWER:TIME,...");
  const scheduled = schedule.reduce((sum, { length }) => sum + length, 0);
  if (scheduled > 0 && options.for !== undefined && options.for !== scheduled) throw new Failure(exit.usage, "the schedule and --for end at different times: leave out --for.");
  const later = options.in ?? 0;
  const begun = options.in === undefined ? begunBefore : 0;
  const length = later + (scheduled > 0 ? scheduled : (options.for ?? usualLength));
  const [first, ...rest] = schedule;
  const items = first === undefined ? [] : [{ ...first, length: millis(first.length + begun) }, ...rest];
  await publish(
    {
      type: "ALLOCATION",
      fields: (iat) => ({
        validFrom: isoTime(iat + later - begun),
        validUntil: isoTime(iat + length),
        maxW: options.limit === undefined ? null : powerOrNone(options.limit, options.nominal),
        ...(items.length > 0 && { schedule: items.map((item) => ({ durationS: item.length / 1_000, limitW: item.power })) }),
        ...conditions(options),
        ...(options.drill === true && { drill: true }),
      }),
      exp: (iat) => iat + length,
    },
    options,
    { command },
  );
}

/** Only what was asked for: the rest stays what GLA/1 gives. */
function conditions(options: AllocateOptions): Readonly<Record<string, unknown>> {
  const { failsafe, nominal, heartbeatTimeout, onLoss, trust, minOff, random, ramp, telemetry, interval } = options;
  const some = (fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | undefined => {
    const given = Object.entries(fields).filter(([, value]) => value !== undefined);
    return given.length === 0 ? undefined : Object.fromEntries(given);
  };
  return {
    failsafe: some({
      limitW: failsafe === undefined ? undefined : powerOf(failsafe, nominal),
      heartbeatTimeoutS: inSeconds(heartbeatTimeout),
      onLoss: onLoss && { now: "FAILSAFE_NOW", schedule: "SCHEDULE_THEN_FAILSAFE" }[onLoss],
      scheduleTrustS: inSeconds(trust),
    }),
    restart: some({ minOffS: inSeconds(minOff), randomS: inSeconds(random), rampPctPerMin: ramp }),
    ...(options.firm !== undefined && { firmW: powerOf(options.firm, nominal) }),
    ...(options.levels !== undefined && { levels: options.levels }),
    ...(Object.keys(options.share).length > 0 && { shares: options.share }),
    ...(Object.keys(options.area).length > 0 && { areas: options.area }),
    ...(options.licence !== undefined && { licence: options.licence }),
    report: some({ telemetryS: inSeconds(telemetry), intervalS: inSeconds(interval) }),
  };
}

async function allocateShort(options: AllocateOptions, command: Command): Promise<void> {
  if (options.limit === undefined) throw new Failure(exit.usage, "how much? Say --limit POWER.");
  const to = await address(options);
  const fields = { limitW: powerOrNone(options.limit, options.nominal) };
  await announce(to, { type: "ALLOCATION", fields }, command);
  const payload = JSON.stringify(fields);
  // The agent names a short form by its bytes.
  const id = `short-${createHash("sha256").update(payload).digest("hex").slice(0, 16)}`;
  await deliver(to, { id, topic: `${to.root}/${to.node}/allocation`, payload, qos: 1, retain: true, contentType: "application/json" }, { timeout: options.timeout, command });
}

const inSeconds = (length: Millis | undefined): number | undefined => (length === undefined ? undefined : length / 1_000);

function readItem(item: string, nominal: Watts | undefined): { readonly power: Watts | null; readonly length: Millis } {
  const [power = "", length = ""] = item.split(":");
  try {
    return { power: powerOrNone(power, nominal), length: parseDuration(length) };
  } catch (error) {
    throw new Failure(exit.usage, `--schedule: ${messageOf(error)} An item is written 8kW:2h.`);
  }
}

function part(text: string, all: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const [, name, value] = /^([^=]+)=(0|1|0?\.\d+|1\.0+)$/.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError("It is written NAME=0.08.");
  return { ...all, [name]: Number(value) };
}

function levels(text: string): readonly number[] {
  const steps = text.split(",").map((step) => percent(step) / 100);
  if (steps.length !== 4) throw new InvalidArgumentError("It has to be four percentages, for LEVEL 0 to 3.");
  return steps;
}

function percent(text: string): number {
  const value = Number(text.replace(/%$/, ""));
  if (!(value >= 0 && value <= 10_000)) throw new InvalidArgumentError("It has to be a percentage.");
  return value;
}
