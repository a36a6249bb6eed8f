/** From a signal to the meter's reading under the limit, with the physics at their real pace. The meter is read here, over Modbus. */
import { setTimeout as pause } from "node:timers/promises";
import { Scope } from "../../agent/runtime/scope.ts";
import type { Meter } from "../../drivers/driver.ts";
import { Buses } from "../../drivers/modbus/buses.ts";
import { loadProfile } from "../../drivers/modbus/load.ts";
import { modbusMeter } from "../../drivers/modbus/meter.ts";
import type { Profile } from "../../drivers/modbus/profile.ts";
import type { Bench } from "./bench.ts";
import { rounded, type Measured } from "./figures.ts";
import { targetOf } from "./floor.ts";
import { Rack } from "./rack.ts";
import { p95, wallMs } from "./statistics.ts";

/** Two drops and the way back, as in the demo. */
const DROPS = [0.6, 0.3] as const;
const READ_EVERY_MS = 150;
/** One reading under the limit may be noise: it counts when all that follow for so long are under it too. */
const STAYS_MS = 2_000;
const LONGEST_MS = 30_000;

export async function measureMetered(bench: Bench): Promise<Measured> {
  const [few, many] = await Promise.all([drops(12, bench), drops(100, bench)]);
  return { metered12P95S: rounded(p95(few)), metered100P95S: rounded(p95(many)) };
}

async function drops(asics: number, bench: Bench): Promise<number[]> {
  const name = `metered${asics}`;
  await using rack = await Rack.open({ asics, name }, bench);
  await rack.steady();
  await using meters = new Meters(rack);
  const seconds: number[] = [];
  const rounds = bench.quick ? 1 : bench.mixed ? 2 : 4;
  for (let round = 0; round < rounds; round++) {
    for (const level of DROPS) {
      const limit = Math.round(level * rack.rig.nominalW);
      const took = await meters.under(limit, rack.operator.allocate(limit));
      seconds.push(took / 1000);
      bench.say(`${name}: drop ${seconds.length} of ${rounds * DROPS.length}, to ${level * 100} %: ${(took / 1000).toFixed(1)} s`);
    }
    if (round + 1 === rounds) break;
    rack.operator.allocate(rack.rig.nominalW);
    await meters.above(0.93 * rack.rig.nominalW);
  }
  return seconds;
}

/** All PDUs of a rack as one meter. */
class Meters implements AsyncDisposable {
  readonly #meters: readonly Meter[];
  readonly #scope = new Scope();

  constructor(rack: Rack) {
    const buses = new Buses({ random: Math.random, now: () => performance.now() });
    const { points, ...rest } = loadProfile("gude-epc");
    const { power } = points;
    if (power === undefined) throw new Error("the profile has no total power");
    // The total only: what the outlets say is not asked for.
    const profile: Profile = { ...rest, points: { power } };
    this.#meters = rack.rig.pdus.map((pdu) => this.#scope.use(pdu.id, modbusMeter({ id: pdu.id, profile, address: targetOf(pdu), unit: 1, buses })));
  }

  /** Milliseconds from `since` to the first reading of those that are under the limit and stay there. */
  async under(limitW: number, since: number): Promise<number> {
    let first: number | null = null;
    for (let now = wallMs(); now - since < LONGEST_MS; now = wallMs()) {
      const power = await this.#read();
      if (power > limitW) first = null;
      else first ??= wallMs();
      if (first !== null && wallMs() - first >= STAYS_MS) return first - since;
      await pause(READ_EVERY_MS);
    }
    throw new Error(`the meter did not come under ${limitW} W within ${LONGEST_MS / 1000} s`);
  }

  /** Resolves when the rack is back at work; a rack that takes longer is as far as it comes. */
  async above(power: number): Promise<void> {
    const end = wallMs() + LONGEST_MS;
    while (wallMs() < end && (await this.#read()) < power) await pause(READ_EVERY_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scope.end();
  }

  async #read(): Promise<number> {
    const signal = AbortSignal.timeout(5_000);
    const readings = await Promise.all(this.#meters.map((meter) => meter.read(signal)));
    return readings.reduce((sum, { power }) => {
      if (power === null) throw new Error("the meter does not say its power");
      return sum + power;
    }, 0);
  }
}
