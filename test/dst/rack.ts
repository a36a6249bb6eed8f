/** The simulated rack: machines with their physics and faults, and the PDU that feeds and measures them. */
import type { MinerModel } from "../../drivers/models.ts";
import { loadModel } from "../../drivers/models.ts";
import { Asic } from "../../drivers/sim/asic.ts";
import { SimMachine } from "../../drivers/sim/machine.ts";
import { readSimModel } from "../../drivers/sim/model.ts";
import { Pdu } from "../../drivers/sim/pdu.ts";
import { branch } from "../../drivers/sim/random.ts";
import { SimPdu } from "../../drivers/sim/sim-pdu.ts";
import { drawUnit } from "../../drivers/sim/unit.ts";
import type { VirtualClock } from "../support/virtual-clock.ts";
import type { Dice } from "./dice.ts";

const MODELS = ["antminer-s19k-pro", "antminer-s19j-pro", "antminer-s21"] as const;

export interface SimAsic {
  readonly machine: SimMachine;
  readonly model: MinerModel;
}

/** Asleep, and waking would pass through a setting that draws more than the limit: nobody may wake it under this limit. */
export function sleepsTooDeep({ machine, model }: SimAsic, limitW: number): boolean {
  if (machine.body.state !== "asleep") return false;
  const held = Math.max(...machine.body.boards.map(({ frequencyMHz }) => frequencyMHz));
  const above = model.points.find(({ frequency }) => (frequency ?? 0) >= held);
  return (above?.power ?? model.nameplate) > 0.8 * limitW;
}

export interface Rack {
  readonly asics: readonly SimAsic[];
  readonly pdu: SimPdu;
  /** Are the outlets mapped to machines, or is there only the inlet's figure? */
  readonly outletsMapped: boolean;
  readonly nominalW: number;
  readonly failsafeW: number;
  truePowerW(): number;
  /** The most the machines can draw together without passing a limit, given their points and what each really draws at them. */
  reach(limitW: number): number;
}

export function buildRack(dice: Dice, clock: VirtualClock): Rack {
  const now = (): number => clock.now().uptime;
  const time = { now, wall: (): number => clock.now().at };
  const seed = dice.whole(0, 2 ** 31);
  const kinds = dice.whole(1, MODELS.length);
  const asics = Array.from({ length: dice.whole(4, 16) }, (_, index): SimAsic => {
    const id = MODELS[index % kinds] ?? MODELS[0];
    const random = branch(seed, index);
    const body = new Asic({ model: readSimModel(id), random, unit: drawUnit(random) }, 0);
    return { machine: new SimMachine(`asic-${String(index + 1).padStart(2, "0")}`, body, time), model: loadModel(id) };
  });
  const pdu = new SimPdu("pdu-1", new Pdu({ loads: asics.map(({ machine }) => machine), now, random: branch(seed, 99) }));
  const nominalW = Math.round(asics.reduce((sum, { model }) => sum + defaultPower(model), 0));
  return {
    asics,
    pdu,
    outletsMapped: dice.chance(0.7),
    nominalW,
    failsafeW: Math.round(nominalW * dice.pick([0.1, 0.3, 0.5])),
    reach: (limitW) => reachOf(asics, limitW),
    truePowerW: () => asics.reduce((sum, { machine }) => sum + machine.powerW, 0),
  };
}

/** Watts a step of the exact search. */
const GRAIN = 10;

/** Exact, by dynamic programming over every machine's points and sleep. */
function reachOf(asics: readonly SimAsic[], limitW: number): number {
  const steps = Math.floor(limitW / GRAIN);
  let reachable = new Uint8Array(steps + 1);
  reachable[0] = 1;
  for (const { machine, model } of asics) {
    // A machine that draws less than its model is only known to once it has run.
    const unit = Math.max(1, machine.body.unit.power);
    const choices = [model.sleepPower, ...model.points.map(({ power }) => power)].map((power) => Math.round((power * unit) / GRAIN));
    const next = new Uint8Array(steps + 1);
    for (const choice of choices) for (let at = choice; at <= steps; at++) if (reachable[at - choice] === 1) next[at] = 1;
    reachable = next;
  }
  return Math.max(0, reachable.lastIndexOf(1)) * GRAIN;
}

const defaultPower = (model: MinerModel): number => model.points.find(({ id }) => id === model.defaultPoint)?.power ?? 0;
