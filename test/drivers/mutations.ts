/**
 * A storm of damaged replies over everything between the bytes of a miner and its reading: real conversations of the all
 * families with their simulators and the corpus of malformations, cut, glued, spiced and with values swapped, by a seeded dice.
 * Of each, a sound reading is made or a typed error; nothing crashes, hangs or grows.
 */
import assert from "node:assert/strict";
import { Recorder } from "../../agent/cli/recording.ts";
import type { Telemetry } from "../../agent/core/model.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import { settingsOf } from "../../drivers/antminer/settings.ts";
import { pointsOf as stockPoints } from "../../drivers/antminer/points.ts";
import { telemetryOf as stockTelemetry } from "../../drivers/antminer/telemetry.ts";
import { modeOf as auradineMode, telemetryOf as auradineTelemetry } from "../../drivers/auradine/telemetry.ts";
import { generations } from "../../drivers/avalon/generations.ts";
import { telemetryOf as avalonTelemetry } from "../../drivers/avalon/telemetry.ts";
import { telemetryOf as axeosTelemetry } from "../../drivers/axeos/telemetry.ts";
import { boardsOf as braiinsBoards } from "../../drivers/braiins/boards.ts";
import { detailsOf } from "../../drivers/braiins/details.ts";
import { Identity as BraiinsIdentity } from "../../drivers/braiins/identity.ts";
import { envelopeOf, profilesOf, rangeOf, targetPoints } from "../../drivers/braiins/points.ts";
import { telemetryOf as braiinsTelemetry } from "../../drivers/braiins/telemetry.ts";
import { modeOf, tuningOf } from "../../drivers/braiins/tuner.ts";
import { Reports } from "../../drivers/cgminer/api.ts";
import { isObject, rowsAt, type JsonObject } from "../../drivers/cgminer/json.ts";
import { miningOf } from "../../drivers/cgminer/mining.ts";
import { parseFor } from "../../drivers/cgminer/reply.ts";
import { bfgminerDialect, cgminerDialect } from "../../drivers/classic/dialects.ts";
import { boardOf, unitsOf } from "../../drivers/classic/units.ts";
import { telemetryOf as epicTelemetry } from "../../drivers/epic/telemetry.ts";
import { boardsOf as luxosBoards } from "../../drivers/luxos/boards.ts";
import { narrow, pointsOf as luxosPoints } from "../../drivers/luxos/points.ts";
import { isAsleep, REPORTS as LUXOS_REPORTS, telemetryOf as luxosTelemetry } from "../../drivers/luxos/telemetry.ts";
import { loadModel } from "../../drivers/models.ts";
import { drivers, type DriverName } from "../../drivers/index.ts";
import { telemetryOf as sealminerTelemetry } from "../../drivers/sealminer/telemetry.ts";
import type { Random } from "../../drivers/sim/random.ts";
import { seeded } from "../../drivers/sim/random.ts";
import { startRig } from "../../drivers/sim/rig.ts";
import { Identity as VnishIdentity } from "../../drivers/vnish/identity.ts";
import { fullOf } from "../../drivers/vnish/points.ts";
import { telemetryOf as vnishTelemetry } from "../../drivers/vnish/telemetry.ts";
import { pollOf as pollV2 } from "../../drivers/whatsminer/v2-telemetry.ts";
import { pollOf as pollV3 } from "../../drivers/whatsminer/v3-telemetry.ts";
import { corpus } from "./corpus.ts";

/** One driver's way from replies to a reading. */
interface Way {
  readonly replies: readonly string[];
  /** Throws DeviceErrors. `said` are the replies as objects, one of them damaged. */
  readonly read: (said: readonly JsonObject[]) => readonly Partial<Telemetry>[];
}

const FAMILIES = ["luxos", "antminer", "whatsminer-v2", "whatsminer-v3", "braiins", "vnish", "avalon", "avalon-7", "cgminer", "bfgminer", "epic", "axeos", "auradine", "sealminer"] as const satisfies readonly DriverName[];
type Family = (typeof FAMILIES)[number];
const never = new AbortController().signal;

/** What each driver asked its simulator and was answered. */
async function conversations(): Promise<ReadonlyMap<Family, ReadonlyMap<string, string>>> {
  await using rig = await startRig({ asics: FAMILIES.length, drivers: FAMILIES });
  const said = new Map<Family, ReadonlyMap<string, string>>();
  for (const [index, name] of FAMILIES.entries()) {
    const asic = rig.asics[index];
    assert.ok(asic);
    await using api = new Recorder("api", addressOf(asic.address));
    await using web = new Recorder("web", { host: "127.0.0.1", port: asic.webPort ?? 1 });
    const [address, { port: webPort }] = [await api.listen(), await web.listen()];
    await using device = await drivers[name]({ id: asic.id, address, webPort, model: loadModel(asic.model), ...(asic.password !== null && { password: asic.password }) });
    for (let poll = 0; poll < 4; poll++) await device.read(never);
    said.set(name, new Map([...api.exchanges, ...web.exchanges].map(({ question, answer }) => [question, answer])));
  }
  return said;
}

async function ways(): Promise<readonly Way[]> {
  const said = await conversations();
  const of = (name: Family, ...questions: readonly string[]): string[] =>
    questions.map((question) => {
      const found = [...(said.get(name) ?? [])].find(([asked]) => asked.includes(question))?.[1];
      assert.ok(found !== undefined, `${name} was not asked ${question}`);
      return found;
    });
  const [s19k, s19, s21] = [loadModel("antminer-s19k-pro"), loadModel("antminer-s19-pro"), loadModel("antminer-s21-pro")];
  const [a1346, a741, gamma, at1500, a2] = [loadModel("avalon-a1346"), loadModel("avalon-a741"), loadModel("bitaxe-gamma"), loadModel("teraflux-at1500"), loadModel("sealminer-a2")];
  const stock = stockPoints(s19, true);
  const [braiinsIdentity, vnishIdentity] = [new BraiinsIdentity(s21), new VnishIdentity(s21)];
  return [
    {
      replies: of("luxos", "summary+devs", "limits+profiles"),
      read: ([joined, others]) => {
        const reports = joinedReports(joined, LUXOS_REPORTS);
        const points = luxosPoints(rowsAt(others, "profiles")[0] ?? null);
        narrow(s19k.envelope, rowsAt(others, "limits")[0] ?? null);
        return [luxosTelemetry(reports, { boards: luxosBoards(reports.required("devs"), isAsleep(reports) === true), dead: [] }, points.length > 0 ? points : s19k.points)];
      },
    },
    {
      replies: of("antminer", '"stats"', '"summary"', '"pools"', "get_miner_conf"),
      read: ([stats = {}, summary = {}, pools = {}, conf = {}]) => [stockTelemetry({ stats, summary, pools, settings: settingsOf(conf), power: null }, stock, s19)],
    },
    {
      replies: of("whatsminer-v2", '"status"', '"summary"', '"edevs"', '"pools"', "get_error_code", "get_version"),
      read: ([status = null, summary = null, edevs = null, pools = null, errors = null, version = null]) => [pollV2({ status, summary, edevs, psu: summary, pools, errors, version }).telemetry],
    },
    {
      replies: of("whatsminer-v3", "get.device.info", "get.miner.setting", "get.miner.status"),
      read: (parts) => {
        const [device = null, setting = null, status = null] = parts.map((part) => part["msg"] ?? null);
        return [pollV3({ device, setting, status }).telemetry];
      },
    },
    {
      replies: of("braiins", "summary+pools", "/miner/details", "/miner/stats", "/performance/mode", "tuner-state", "/hw/hashboards", "/constraints", "/target-profiles"),
      read: ([joined = {}, details = {}, stats = {}, mode = {}, tuner = {}, boards = {}, constraints = {}, profiles = {}]) => {
        targetPoints(rangeOf(constraints) ?? { min: 1_000, max: 3_000 }, s21, profilesOf(profiles));
        envelopeOf(constraints, s21);
        const reading = { details: detailsOf(details), stats, mode: modeOf(mode), tuning: tuningOf(tuner), boards: braiinsBoards(boards), errors: [] };
        return [braiinsTelemetry(joinedReports(joined, ["summary", "pools", "fans"]), reading, braiinsIdentity)];
      },
    },
    {
      replies: of("vnish", "/api/v1/summary", "/api/v1/perf-summary"),
      read: ([summary = {}, perf = {}]) => {
        fullOf(perf, s21);
        return [vnishTelemetry(summary, perf, vnishIdentity)];
      },
    },
    {
      replies: of("avalon", "summary+estats"),
      read: ([joined]) => [avalonTelemetry(joinedReports(joined, ["summary", "estats", "pools"]), generations.modern, a1346.points)],
    },
    {
      replies: of("avalon-7", "summary+estats"),
      read: ([joined]) => [avalonTelemetry(joinedReports(joined, ["summary", "estats", "pools"]), generations.a7, a741.points)],
    },
    ...(["cgminer", "bfgminer"] as const).map((name): Way => {
      const dialect = name === "cgminer" ? cgminerDialect : bfgminerDialect;
      return {
        replies: of(name, `summary+${dialect.list}`),
        read: ([joined]) => {
          const reports = joinedReports(joined, ["summary", dialect.list, "stats", "pools"]);
          const units = unitsOf(reports.required(dialect.list), reports.optional("stats"), dialect);
          return [{ ...miningOf(reports.required("summary"), reports.optional("pools")), boards: units.map(boardOf) }];
        },
      };
    }),
    { replies: of("epic", "/summary"), read: ([summary = {}]) => [epicTelemetry(summary, s21.points)] },
    { replies: of("axeos", "/api/system/info"), read: ([info = {}]) => [axeosTelemetry(info, gamma.points)] },
    {
      replies: of("auradine", "summary+devs", "/mode", "/psu", "/frequency"),
      read: ([joined, mode = {}, psu = {}, frequency = {}]) => [auradineTelemetry({ reports: joinedReports(joined, ["summary", "devs", "pools"]), mode: auradineMode(mode), psu, frequency }, at1500.points)],
    },
    { replies: of("sealminer", "summary+stats"), read: ([joined]) => [sealminerTelemetry(joinedReports(joined, ["summary", "stats", "pools"]), a2.points)] },
    // Whatever these say, the parser comes to an end with them.
    ...corpus().map(({ text }): Way => ({ replies: [text], read: () => [] })),
  ];
}

export interface Storm {
  readonly read: number;
  readonly refused: number;
  /** The longest any single reply took. */
  readonly slowestMs: number;
}

/** `beat` is called between mutations, now and then, so that memory can be looked at. */
export async function storm(mutations: number, seed: number, beat: (done: number) => void = () => undefined): Promise<Storm> {
  const random = seeded(seed);
  const all = await ways();
  const sound = all.map(({ replies }) => replies.map((text) => parsed(text)));
  const families = FAMILIES.length;
  let [read, refused, slowestMs] = [0, 0, 0];
  for (let done = 0; done < mutations; done++) {
    // Half of the storm goes over the drivers, half over the corpus.
    const which = pick(random, random() < 0.5 ? families : all.length);
    const way = all[which];
    assert.ok(way);
    const victim = pick(random, way.replies.length);
    const text = damaged(way.replies[victim] ?? "", way.replies[pick(random, way.replies.length)] ?? "", random);
    const began = performance.now();
    try {
      const reply = parseFor("a reply", text);
      for (const telemetry of way.read((sound[which] ?? []).map((whole, index) => (index === victim ? reply : (whole ?? {}))))) plausible(telemetry);
      read++;
    } catch (error) {
      if (!(error instanceof DeviceError)) throw new Error(`mutation ${done} of seed ${seed}: ${JSON.stringify(text)}`, { cause: error });
      refused++;
    }
    slowestMs = Math.max(slowestMs, performance.now() - began);
    if (done % 10_000 === 0) beat(done);
  }
  return { read, refused, slowestMs };
}

const SPICE = ["{", "}", "[", "]", ",", ":", '"', '""', "\\", "\\u", "\0", "\n", "nan", "-nan", "inf", "-inf", "1e999", "-1e308", "5e-324", "-", "0", "-0", "null", "true", "é", "\ud800", " ", "}{", ",}", "[,", '"__proto__":', "9".repeat(400)] as const;
const VALUES = ["null", "true", '""', '"nan"', "nan", "-1", "1e308", "-1e308", "99999999999999999999", "0", "[]", "{}", "[[]]", '"x"', '"4500.12"', '"-"', '"\\u0000"'] as const;

/** Half of the replies keep their form and lie; the other half are broken. */
function damaged(text: string, other: string, random: Random): string {
  const lies = random() < 0.5;
  let now = text;
  for (let edits = 1 + pick(random, 5); edits > 0; edits--) now = lies ? lie(now, random) : broken(now, other, random);
  return now;
}

/** The next value after a place becomes another. */
function lie(text: string, random: Random): string {
  const colon = text.indexOf(":", pick(random, text.length + 1));
  const end = colon < 0 ? -1 : text.slice(colon + 1).search(/[,}\]]/);
  return end < 0 ? text : text.slice(0, colon + 1) + (VALUES[pick(random, VALUES.length)] ?? "") + text.slice(colon + 1 + end);
}

function broken(text: string, other: string, random: Random): string {
  const at = pick(random, text.length + 1);
  switch (pick(random, 5)) {
    case 0: return text.slice(0, at);
    case 1: return text.slice(0, at) + text.slice(at + 1 + pick(random, 12));
    case 2: return text.slice(0, at) + (SPICE[pick(random, SPICE.length)] ?? "") + text.slice(at);
    case 3: return text + other.slice(pick(random, other.length + 1));
    case 4: return text.slice(0, at) + other.slice(pick(random, other.length + 1)).slice(0, 60) + text.slice(at);
    default: return text;
  }
}

/** What no machine can be is null; every number is one. */
function plausible(telemetry: Partial<Telemetry>): void {
  const { power, hashrate, hashrate15Min, hashrateAverage, frequency, voltage, uptime, boards = [], fansRpm = [], accepted, rejected, hardwareErrors } = telemetry;
  within(power, 0, 50_000, "power");
  for (const rate of [hashrate, hashrate15Min, hashrateAverage]) within(rate, 0, 10_000, "hashrate");
  within(frequency, 0, 5_000, "frequency");
  within(voltage, 0, 50_000, "voltage");
  within(uptime, 0, 1e13, "uptime");
  for (const rpm of fansRpm) within(rpm, 0, 60_000, "fan");
  for (const count of [accepted, rejected, hardwareErrors]) within(count, 0, Number.MAX_SAFE_INTEGER, "count");
  for (const board of boards) {
    within(board.boardTemperature, -60, 200, "temperature");
    within(board.chipTemperature, -60, 200, "temperature");
    within(board.frequency, 0, 5_000, "frequency");
    within(board.hashrate, 0, 10_000, "hashrate");
  }
  finite(telemetry);
}

function within(value: number | null | undefined, min: number, max: number, what: string): void {
  assert.ok(value == null || (value >= min && value <= max), `${what} ${value}`);
}

function finite(value: unknown): void {
  if (typeof value === "number") assert.ok(Number.isFinite(value), "a number that is none");
  else if (typeof value === "object" && value !== null) for (const inner of Object.values(value)) finite(inner);
}

function joinedReports(joined: JsonObject | undefined, commands: readonly string[]): Reports {
  return new Reports(new Map(commands.flatMap((command) => rowsAt(joined, command).slice(0, 1).map((reply) => [command, reply] as const))));
}

function parsed(text: string): JsonObject | null {
  try {
    const value = parseFor("a reply", text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

const pick = (random: Random, count: number): number => Math.floor(random() * count);

function addressOf(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(":");
  return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
}
