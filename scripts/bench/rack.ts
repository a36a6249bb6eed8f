/** A whole rack under the daemon: simulators, broker, operator and `curtaild run`, each but the broker in a process of its own. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startBroker } from "../../agent/cli/sim-broker.ts";
import { Scope } from "../../agent/runtime/scope.ts";
import type { Bench } from "./bench.ts";
import { BenchDaemon, type DeviceRow } from "./daemon.ts";
import { BenchOperator, NODE, OPERATOR } from "./operator.ts";
import { BenchRig } from "./rig.ts";
import { MIXED, MIXED_ROOM } from "./firmwares.ts";
import type { Tally } from "./rig-process.ts";
import { wallMs } from "./statistics.ts";
import { until } from "./waiting.ts";

export interface RackOptions {
  readonly asics: number;
  /** What the rack and its directory are called. */
  readonly name: string;
  /** How long one step of 5 MHz takes; as the physics say unless given. */
  readonly frequencyStepMs?: number;
  /** How long a start of the mining process takes; likewise. */
  readonly restartMs?: number;
  /** Whether the farm is told too. */
  readonly farm?: boolean;
  /** How far the wall clock of daemon and operator is ahead; not at all unless given. */
  readonly aheadMs?: number;
}

/** What the daemon tells the farm goes over the same broker. */
export const FARM_PREFIX = "curtaild";

/** Nothing is written any more when for so long nothing was, and the daemon waits for nothing. */
const QUIET_MS = 1_000;

export class Rack implements AsyncDisposable {
  readonly rig: BenchRig;
  readonly broker: string;
  readonly operator: BenchOperator;
  readonly daemon: BenchDaemon;
  readonly #scope: Scope;
  readonly #mixed: boolean;

  private constructor(parts: { readonly rig: BenchRig; readonly broker: string; readonly operator: BenchOperator; readonly daemon: BenchDaemon; readonly scope: Scope; readonly mixed: boolean }) {
    this.rig = parts.rig;
    this.broker = parts.broker;
    this.operator = parts.operator;
    this.daemon = parts.daemon;
    this.#scope = parts.scope;
    this.#mixed = parts.mixed;
  }

  /** Started, allowed its nominal power, and the first decision made. */
  static async open(options: RackOptions, bench: Bench): Promise<Rack> {
    const { asics, name, frequencyStepMs, restartMs, farm = false, aheadMs = 0 } = options;
    const directory = join(bench.directory, name);
    const scope = new Scope();
    try {
      bench.say(`${name}: starting ${asics} simulated ASICs and the daemon`);
      const rig = scope.use("rig", await BenchRig.start({ asics, ...(bench.mixed && { drivers: MIXED }), ...(frequencyStepMs !== undefined && { frequencyStepMs }), ...(restartMs !== undefined && { restartMs }) }));
      const broker = await startBroker();
      scope.own("broker", () => broker.close());
      const operator = scope.use("operator", await BenchOperator.connect(broker.url, aheadMs));
      const restW = Math.round((bench.mixed ? MIXED_ROOM : 1) * rig.nominalW);
      await writeConfig(directory, rig, { broker: broker.url, restW, farm });
      operator.allocate(restW);
      const daemon = scope.use("daemon", await BenchDaemon.start(directory, { profile: bench.profile, aheadMs }));
      return new Rack({ rig, broker: broker.url, operator, daemon, scope, mixed: bench.mixed });
    } catch (error) {
      await scope.end();
      throw error;
    }
  }

  /** Resolves when every ASIC has been read and does what it should; of a mixed rack some take minutes for that, and are not waited for. */
  async steady(): Promise<void> {
    await this.answering(this.rig.asics.length);
    if (!this.#mixed) await this.settled();
  }

  /** Resolves when so many ASICs answer the daemon, no more and no less. */
  async answering(asics: number): Promise<void> {
    await until(
      async () => {
        const count = (await this.daemon.devices()).filter(isAnswering).length;
        return count === asics || `${count} ASICs answer instead of ${asics}`;
      },
      { everyMs: 500, withinMs: 60_000 },
    );
  }

  /**
   * Resolves when every answering ASIC has acknowledged what its setpoint needs, with what was written since the counts
   * were reset. A plan that is trimmed later, when the meter has shown the first, is another setpoint.
   */
  async told(): Promise<Tally> {
    return until(async () => (await this.#untold()) ?? this.rig.tally(), { everyMs: 100, withinMs: 45_000 });
  }

  async #untold(): Promise<string | null> {
    const { lastWriteAtMs } = await this.rig.tally();
    if (lastWriteAtMs === null) return "nothing is written";
    if (wallMs() - lastWriteAtMs < QUIET_MS) return "there are writes still";
    const { length } = (await this.daemon.devices()).filter(isUntold);
    return length === 0 ? null : `${length} ASICs have not acknowledged`;
  }

  /** Resolves when every answering ASIC reads what it was last told and the meters are read, with what was written since the counts were reset. */
  async settled(): Promise<Tally> {
    return until(async () => (await this.#unsettled()) ?? this.rig.tally(), { everyMs: 200, withinMs: 45_000 });
  }

  /** What is not as it should be; null: nothing. */
  async #unsettled(): Promise<string | null> {
    const { lastWriteAtMs } = await this.rig.tally();
    if (lastWriteAtMs !== null && wallMs() - lastWriteAtMs < QUIET_MS) return "there are writes still";
    const { state, measuredQuality } = await this.daemon.status();
    if (state === "init" || state === "failsafe" || measuredQuality !== "measured") return `the rack is in ${state} and ${measuredQuality}`;
    const [first, ...others] = (await this.daemon.devices()).filter(isOutstanding);
    return first === undefined ? null : `${first.id} reads ${first.point ?? first.state} instead of ${first.setpoint}, and so do ${others.length} others`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scope.end();
  }
}

const isAnswering = (row: DeviceRow): boolean => row.unknownReason === null;

const readsAs = (row: DeviceRow): string | null => (row.state === "asleep" ? "sleep" : row.point === null ? null : `point ${row.point}`);

const isOutstanding = (row: DeviceRow): boolean => isAnswering(row) && (row.order !== null || row.setpoint !== readsAs(row));

/** An order that failed is sent again, and until then its ASIC reads something else. */
const isUntold = (row: DeviceRow): boolean => isAnswering(row) && (row.order === null ? row.setpoint !== readsAs(row) : row.order.state !== "acknowledged" || row.order.setpoint !== row.setpoint);

/** JSON is YAML. Nothing moves at the start or at the end but by our signals, and raises and wakes are not held back by number or by rest. */
async function writeConfig(directory: string, { asics, pdus, nominalW }: BenchRig, { broker, restW, farm }: { readonly broker: string; readonly restW: number; readonly farm: boolean }): Promise<void> {
  await mkdir(join(directory, "run"), { recursive: true });
  await mkdir(join(directory, "secrets"), { recursive: true });
  const passwords = new Map(asics.flatMap(({ driver, password }) => (password === null ? [] : [[join(directory, "secrets", driver), password] as const])));
  for (const [file, password] of passwords) await writeFile(file, password, { mode: 0o600 });
  const config = {
    version: 1,
    node: { operator: OPERATOR, ...NODE, nominalW, breakerW: Math.round(nominalW * 1.2) },
    grid: { brokers: [broker], signatures: "optional", heartbeat: "required", failsafeLimitW: restW, clock: "assumed" },
    farm: farm ? { brokers: [broker], prefix: FARM_PREFIX } : null,
    miners: asics.map(({ id, driver, address, model, outlet, webPort, password }) => ({
      id, driver, address, model, outlet, ...(webPort !== null && { webPort }), ...(password !== null && { passwordFile: join(directory, "secrets", driver) }),
    })),
    meters: pdus.map(({ id, address }) => ({ id, profile: "gude-epc", address, unit: 1, role: "rack" })),
    policy: { onStop: "hold", maxChangesPerCycle: 5000, minSleepS: 0, wakesAtOnce: 1000, wakeSpacingS: 0 },
    paths: { state: join(directory, "state"), run: join(directory, "run") },
  };
  await writeFile(join(directory, "config.yaml"), JSON.stringify(config));
}
