/**
 * From a signal to the last acknowledged write. A sample begins when the message is handed to the MQTT client, a little
 * before it arrives, and ends when the simulators sent the last acknowledgement, by their own clock of the same machine.
 */
import type { Bench } from "./bench.ts";
import { rounded, type Measured } from "./figures.ts";
import { orderAll, targetOf, type Writes } from "./floor.ts";
import { measureMixedTold } from "./mixed.ts";
import { Rack } from "./rack.ts";
import type { BenchRig } from "./rig.ts";
import { median, p95, wallMs } from "./statistics.ts";

/** Parts of the nominal power, in turn: so far apart that nearly every ASIC is written to. */
const LEVELS = [0.6, 1] as const;
const SILENT_PART = 0.02;
/** A twentieth of the real pace of a frequency ramp: a told sample is over before it, and the next need not wait for it. */
const FREQUENCY_STEP_MS = 2;
const THOUSAND = 1000;

interface Sample {
  readonly ms: number;
  readonly lowers: boolean;
  readonly written: number;
  readonly writes: number;
}

export async function measureTold(bench: Bench): Promise<Measured> {
  if (bench.mixed) return measureMixedTold(bench);
  return { ...(await measureFew(12, bench)), ...(await measureFew(100, bench)), ...(await measureThousand(bench)) };
}

async function measureFew(asics: 12 | 100, bench: Bench): Promise<Measured> {
  await using rack = await Rack.open({ asics, name: `told${asics}`, frequencyStepMs: FREQUENCY_STEP_MS }, bench);
  await rack.steady();
  const samples = await signals(rack, `told${asics}`, bench);
  return { [`told${asics}P95Ms`]: p95Of(samples) };
}

async function measureThousand(bench: Bench): Promise<Measured> {
  await using rack = await Rack.open({ asics: THOUSAND, name: "told1000", frequencyStepMs: FREQUENCY_STEP_MS }, bench);
  await rack.steady();
  const samples = await signals(rack, "told1000", bench);
  const silenced = await measureSilent(rack, bench);
  await rack.daemon[Symbol.asyncDispose]();
  const floor = await measureFloor(rack.rig, samples, bench);
  const told = p95Of(samples);
  return {
    told1000P95Ms: told,
    told1000LowerP95Ms: p95Of(samples.filter(({ lowers }) => lowers)),
    told1000RaiseP95Ms: p95Of(samples.filter(({ lowers }) => !lowers)),
    told1000Written: median(samples.map(({ written }) => written)),
    told1000Writes: median(samples.map(({ writes }) => writes)),
    told1000MedianMs: rounded(median(samples.map(({ ms }) => ms))),
    floor1000Ms: rounded(median(floor)),
    floor1000P95Ms: rounded(p95(floor)),
    told1000OverFloor: rounded(told / p95(floor)),
    told1000MedianOverFloor: rounded(median(samples.map(({ ms }) => ms)) / median(floor)),
    told1000Silent2P95Ms: p95Of(silenced),
    told1000Silent2OverTold: rounded(p95Of(silenced) / told),
    brokerHopMs: rounded(median(rack.operator.hops)),
  };
}

/** Silent ones acknowledge nothing, so the last acknowledgement is always one of the others. */
async function measureSilent(rack: Rack, bench: Bench): Promise<Sample[]> {
  const { asics } = rack.rig;
  const apart = Math.round(1 / SILENT_PART);
  const silent = asics.filter((_, index) => index % apart === 0).map(({ id }) => id);
  bench.say(`told1000Silent2: ${silent.length} fall silent`);
  await rack.rig.fault(silent, "silent");
  await rack.answering(asics.length - silent.length);
  await rack.settled();
  const samples = await signals(rack, "told1000Silent2", bench);
  await rack.rig.fault(silent, "clear");
  return samples;
}

async function signals(rack: Rack, name: string, { quick, say }: Bench): Promise<Sample[]> {
  const samples: Sample[] = [];
  const wanted = quick ? 4 : 20;
  while (samples.length < wanted) {
    const level = LEVELS[samples.length % LEVELS.length] ?? 1;
    await rack.rig.reset();
    const published = rack.operator.allocate(level * rack.rig.nominalW);
    const { lastWriteAtMs, written, writes } = await rack.told();
    const ms = (lastWriteAtMs ?? NaN) - published;
    samples.push({ ms, lowers: level < 1, written, writes });
    say(`${name}: signal ${samples.length} of ${wanted}, to ${level * 100} %: ${ms.toFixed(0)} ms, ${written} ASICs, ${writes} writes`);
    await rack.settled();
  }
  return samples;
}

const p95Of = (samples: readonly Sample[]): number => rounded(p95(samples.map(({ ms }) => ms)));

/** As many rounds as signals, as many writes an ASIC as the daemon needed, frequencies first, between two points that alternate as the levels did. */
async function measureFloor(rig: BenchRig, samples: readonly Sample[], { say }: Bench): Promise<readonly number[]> {
  const targets = rig.asics.map(targetOf);
  const each = Math.round(median(samples.map(({ writes, written }) => writes / written)));
  const took: number[] = [];
  const rounds = samples.length;
  // The first round pays for the compiler.
  for (let round = 0; round <= rounds; round++) {
    const writes = orderOf(round % 2 === 0 ? [390, 12.3] : [590, 13.5], each);
    await rig.reset();
    const begun = wallMs();
    await orderAll(targets, writes);
    const ms = ((await rig.tally()).lastWriteAtMs ?? NaN) - begun;
    say(`floor1000: round ${round} of ${rounds}, ${writes.length} writes an ASIC: ${ms.toFixed(0)} ms`);
    if (round > 0) took.push(ms);
  }
  return took;
}

function orderOf([megahertz, volts]: readonly [megahertz: number, volts: number], count: number): Writes {
  const boards = [0, 1, 2];
  const all: Writes = [...boards.map((board) => ["frequencyset", `${board},${megahertz}`] as const), ...boards.map((board) => ["voltageset", `${board},${volts}`] as const)];
  return all.slice(0, count);
}
