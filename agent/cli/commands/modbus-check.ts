import { Command, InvalidArgumentError } from "commander";
import { readProfile } from "../../../drivers/modbus/load.ts";
import { placesOf, planReads, type Block } from "../../../drivers/modbus/plan.ts";
import type { Profile } from "../../../drivers/modbus/profile.ts";
import { ConfigError } from "../../runtime/errors.ts";
import { commonOptions, print, printJson } from "../asking.ts";
import { exit, Failure } from "../exit.ts";

interface CheckOptions {
  readonly with: ReadonlyMap<string, number>;
}

/** On a serial line: eight bytes to ask, five and two a register to answer, eleven bits a byte, and the silence between. */
const serialMs = (blocks: readonly Block[], baud: number): number => blocks.reduce((sum, { count }) => sum + ((13 + 2 * count) * 11_000) / baud + 10, 0);

/** `modbus check FILE`: 0 when the profile can be used, 65 with every fault when not. */
export const modbusCheckCommand = (): Command =>
  new Command("check").description("check a profile and show what would be read when").argument("<file>", "a profile, as /etc/curtaild/profiles/my-pdu.yaml")
    .option("--with <name=n>", "how many of something the device tells, for the plan (default: the most it may be); repeatable", counted, new Map<string, number>())
    .action((file: string, options: CheckOptions, command: Command) => {
      const json = commonOptions(command).json === true;
      try {
        const profile = readProfile(file);
        const plan = planOf(profile, options.with);
        if (json) printJson({ ok: true, faults: [], ...plan });
        else print(...planLines(file, profile, plan));
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        if (!json) throw new Failure(exit.badInput, error.message, { cause: error });
        printJson({ ok: false, faults: error.faults });
        process.exitCode = exit.badInput;
      }
    });

interface Plan {
  readonly profile: string;
  readonly title: string;
  readonly status: Profile["status"];
  readonly sources: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
  readonly switched: boolean;
  readonly groups: readonly { readonly group: string; readonly intervalMs: number; readonly staleAfterMs: number; readonly reads: readonly ReadPlan[]; readonly serialMsAt9600: number }[];
}

interface ReadPlan {
  readonly table: string;
  readonly address: number;
  readonly count: number;
  readonly values: readonly string[];
}

function planOf(profile: Profile, given: ReadonlyMap<string, number>): Plan {
  const unknown = [...given.keys()].find((name) => profile.counts[name] === undefined);
  if (unknown !== undefined) throw new Failure(exit.usage, `the profile has no count ${unknown}; it has ${Object.keys(profile.counts).join(", ") || "none"}`);
  const counts = Object.fromEntries(Object.entries(profile.counts).map(([name, { most }]) => [name, given.get(name) ?? most]));
  const blocks = planReads(placesOf(profile, new Map(Object.entries(counts))), profile.limits);
  return {
    profile: profile.profile, title: profile.title, status: profile.status, sources: profile.sources, counts, switched: profile.switch !== undefined,
    groups: Object.entries(profile.groups).map(([group, { intervalMs, staleAfterMs }]) => {
      const own = blocks.filter((block) => block.group === group);
      return { group, intervalMs, staleAfterMs, reads: own.map(readPlan), serialMsAt9600: Math.ceil(serialMs(own, 9_600)) };
    }),
  };
}

const readPlan = ({ table, address, count, places }: Block): ReadPlan => ({ table, address, count, values: places.map(({ key, index, point }) => (point.repeat === undefined ? key : `${key} ${index}`)) });

function planLines(file: string, profile: Profile, plan: Plan): string[] {
  const counts = Object.entries(plan.counts).map(([name, count]) => `${count} ${name}`).join(", ");
  return [
    `${file} is valid: ${plan.title}`,
    `status   ${plan.status}`,
    ...plan.sources.map((source) => `source   ${source}`),
    `known by ${knownBy(profile)}`,
    `outlets  ${plan.switched ? "are switched" : "are not switched"}`,
    ...(counts === "" ? [] : [`plan for ${counts}`]),
    ...plan.groups.flatMap(({ group, intervalMs, staleAfterMs, reads, serialMsAt9600 }) => [
      `${group}: ${reads.length} reads ${intervalMs === 0 ? "with every poll" : `every ${intervalMs / 1_000} s`}, values count for ${staleAfterMs / 1_000} s; ${serialMsAt9600} ms on a serial line of 9600 baud`,
      ...reads.map(({ table, address, count, values }) => `  ${table.padEnd(8)} 0x${address.toString(16).padStart(4, "0")} +${String(count).padEnd(4)} ${shortened(values)}`),
    ]),
  ];
}

function knownBy({ identify, counts, sunspec }: Profile): string {
  const ways = [...(sunspec === undefined ? [] : [`SunSpec models ${sunspec.models.join(", ")}; addresses count from the model's id`]), ...Object.keys(counts).map((name) => `number of ${name}`), ...identify.map(({ means }) => means)];
  return ways.join("; ") || "nothing: any device at this address is believed";
}

const shortened = (values: readonly string[]): string => (values.length <= 6 ? values.join(", ") : `${values.slice(0, 3).join(", ")} ... ${values.at(-1) ?? ""}`);

function counted(text: string, known: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const match = /^([a-z][a-z0-9-]*)=(\d{1,3})$/.exec(text);
  if (match?.[1] === undefined) throw new InvalidArgumentError("It has to be NAME=N, as outlets=24.");
  return new Map([...known, [match[1], Number(match[2])]]);
}
