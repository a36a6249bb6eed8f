/** A miner of the simulated rack as a Device: the physics and its faults, without sockets. */
import type { BoardTelemetry, OperatingPoint, Setpoint, Telemetry } from "../../agent/core/model.ts";
import { celsius, megahertz, millis, millivolts, seconds, terahash, watts } from "../../agent/core/units.ts";
import type { Clock } from "../../agent/runtime/clock.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import type { Device } from "../../drivers/driver.ts";
import { capabilitiesOf } from "../../drivers/luxos/points.ts";
import type { Asic } from "../../drivers/sim/asic.ts";
import { FANS } from "../../drivers/sim/physics.ts";
import type { SimAsic } from "./rack.ts";
import { forever, type Mortality } from "./mortality.ts";

const REPLY = millis(25);
const DEADLINE = seconds(3);

/** `boards`: they can be switched one by one; `air`: it says what it breathes. */
export function simDevice({ machine, model, boards, air }: Pick<SimAsic, "machine" | "model" | "boards" | "air">, seams: { readonly clock: Clock; readonly mortality: Mortality }): Device {
  const { clock, mortality } = seams;
  const capabilities = capabilitiesOf(model.points, { boards: boards ? model.boards : null, sleepPower: model.sleepPower });
  const pause = async (length: number): Promise<void> => {
    if (!mortality.enter("device")) return forever();
    await new Promise<void>((done) => clock.after(millis(length), done));
  };
  /** What the wire does to one exchange, in the typed errors a driver would make of it. */
  const exchange = async <T>(work: (asic: Asic) => T, signal: AbortSignal): Promise<T> => {
    const { wire } = machine;
    switch (wire.kind) {
      case "none":
      case "slow": {
        const length = REPLY + (wire.kind === "slow" ? wire.extraMs : 0);
        await pause(Math.min(length, DEADLINE));
        if (length > DEADLINE) throw new DeviceError("timeout", "no answer within 3 s");
        signal.throwIfAborted();
        return done(work(machine.firmware));
      }
      case "refuse":
      case "half-close":
        await pause(REPLY);
        throw new DeviceError("unreachable", "refused");
      case "garbage":
      case "truncate":
        await pause(REPLY);
        signal.throwIfAborted();
        await done(work(machine.firmware));
        throw new DeviceError("malformed", "not a whole answer");
      case "silent":
      case "drip":
      case "endless":
        await pause(DEADLINE);
        throw new DeviceError("timeout", "no answer within 3 s");
    }
  };
  const done = <T>(value: T): T | Promise<never> => (mortality.leave("device") ? value : forever());
  const write = (work: (asic: Asic) => string | null, signal: AbortSignal): Promise<void> =>
    exchange((asic) => {
      const refusal = work(asic);
      if (refusal !== null) throw new DeviceError("refused", refusal);
      machine.wrote();
    }, signal);

  const point = async ({ point: id }: Extract<Setpoint, { kind: "points" }>, signal: AbortSignal): Promise<void> => {
    const wanted = model.points.find((candidate) => candidate.id === id);
    if (wanted?.frequency == null || wanted.voltage == null) throw new DeviceError("out-of-range", id);
    const { frequency, voltage } = wanted;
    if (machine.firmware.state === "asleep") await write((asic) => asic.wake(), signal);
    const up = frequency > machine.firmware.frequencyMHz;
    const tune = (): Promise<void> => perBoard((board, asic) => asic.setFrequency(board, frequency), signal);
    const feed = (): Promise<void> => perBoard((board, asic) => asic.setVoltage(board, voltage), signal);
    await (up ? feed().then(tune) : tune().then(feed));
    if (boards) await switchTo(model.boards, signal);
  };
  const switchTo = (count: number, signal: AbortSignal): Promise<void> =>
    perBoard((board, asic) => (asic.boards[board]?.enabled === board < count ? null : asic.setBoardEnabled(board, board < count, "initialised")), signal);
  const fewer = async ({ count }: Extract<Setpoint, { kind: "boards" }>, signal: AbortSignal): Promise<void> => {
    const { frequency, voltage } = model.points[0] ?? { frequency: null, voltage: null };
    if (frequency === null || voltage === null) throw new DeviceError("out-of-range", String(count));
    if (machine.firmware.state === "asleep") await write((asic) => asic.wake(), signal);
    await perBoard((board, asic) => asic.setFrequency(board, frequency) ?? asic.setVoltage(board, voltage), signal);
    await switchTo(count, signal);
  };
  const perBoard = async (work: (board: number, asic: Asic) => string | null, signal: AbortSignal): Promise<void> => {
    for (let board = 0; board < model.boards; board++) await write((asic) => work(board, asic), signal);
  };
  const sleep = async (_: Setpoint, signal: AbortSignal): Promise<void> => {
    const { frequency, voltage } = model.points[0] ?? { frequency: null, voltage: null };
    if (frequency !== null && voltage !== null && machine.firmware.state !== "asleep") {
      await perBoard((board, asic) => asic.setFrequency(board, frequency) ?? asic.setVoltage(board, voltage), signal).catch(ignoreRefusal);
    }
    await write((asic) => asic.sleep(), signal);
  };
  return {
    id: machine.id,
    description: `${model.name} (simulated)`,
    nameplate: { highest: model.nameplate, asleep: model.sleepPower },
    capabilities,
    actuators: { points: point, sleep, ...(boards && { boards: fewer }) },
    read: (signal) => exchange((asic) => telemetryOf(asic, { points: model.points, air }), signal),
    async [Symbol.asyncDispose]() {},
  };
}

const ignoreRefusal = (error: unknown): void => {
  if (!(error instanceof DeviceError) || error.code !== "refused") throw error;
};

function telemetryOf(asic: Asic, { points, air }: { readonly points: readonly OperatingPoint[]; readonly air: boolean }): Telemetry {
  const { state } = asic;
  // As the driver has it: boards that start are not running, and what they last ran at is not where they will come up.
  const runs = (board: Asic["boards"][number]): boolean => state !== "starting" && board.enabled && board.frequencyMHz > 0;
  const boards = asic.boards.map((board, index): BoardTelemetry => ({
    index,
    enabled: runs(board),
    frequency: megahertz(board.frequencyMHz),
    voltage: millivolts(board.voltageMV),
    hashrate: null,
    boardTemperature: celsius(board.temperatureC),
    chipTemperature: celsius(board.chipC),
  }));
  const on = asic.boards.filter(runs);
  const mean = (pick: (board: (typeof asic.boards)[number]) => number): number | null => (on.length === 0 ? null : on.reduce((sum, board) => sum + pick(board), 0) / on.length);
  const frequency = mean((board) => board.frequencyMHz);
  const voltage = mean((board) => board.voltageMV);
  const at = points.find((point) => Math.abs((point.frequency ?? 0) - (frequency ?? 0)) < 1 && Math.abs((point.voltage ?? 0) - (voltage ?? 0)) < 20);
  return {
    power: watts(asic.reportedW),
    powerSource: "estimated",
    hashrate: terahash(asic.reportedThs.fast),
    hashrate15Min: null,
    hashrateAverage: terahash(asic.reportedThs.average),
    frequency: frequency === null ? null : megahertz(frequency),
    voltage: voltage === null ? null : millivolts(voltage),
    state: state === "off" ? null : state,
    point: state === "hashing" ? (at?.id ?? null) : null,
    boards,
    inlet: air ? celsius(asic.inletC) : null,
    outlet: null,
    fansRpm: Array.from({ length: FANS }, (_, fan) => asic.tachometer(fan, state === "hashing" || state === "ramping" ? 4_400 : 0)),
    pools: [],
    accepted: null,
    rejected: null,
    hardwareErrors: null,
    uptime: millis(asic.uptimeMs),
    errors: [],
  };
}
