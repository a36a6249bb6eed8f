/** The simulated rack: machines with their physics and faults, and the PDU that feeds and measures them. */
import type { MinerModel } from "../../drivers/models.ts";
import { loadModel } from "../../drivers/models.ts";
import { Asic, type AsicState } from "../../drivers/sim/asic.ts";
import { SimMachine } from "../../drivers/sim/machine.ts";
import { lowestPointOf, readSimModel, type SimModel, type SimPoint } from "../../drivers/sim/model.ts";
import { Pdu } from "../../drivers/sim/pdu.ts";
import { boardPhysics } from "../../drivers/sim/physics.ts";
import { branch } from "../../drivers/sim/random.ts";
import { SimPdu } from "../../drivers/sim/sim-pdu.ts";
import { drawUnit } from "../../drivers/sim/unit.ts";
import type { VirtualClock } from "../support/virtual-clock.ts";
import { Dice } from "./dice.ts";
import type { Choice, MachineSight } from "./oracle/sight.ts";

const MODELS = ["antminer-s19k-pro", "antminer-s19j-pro", "antminer-s21"] as const;

/** Share of the machines whose firmware switches boards. */
const BOARDS = 0.4;
/** Share of the racks whose machines say what air they breathe: there the agent acts on it before any board is hot, in the others on boards alone. */
const AIR = 0.4;

/** Share of these whose owner lets machines run above their rated points in cool air only, and what is cool: a few degrees above what it is without a heat wave. */
const COOL = { share: 0.5, celsius: 28 } as const;

export interface SimAsic {
  readonly machine: SimMachine;
  readonly model: MinerModel;
  readonly physics: SimModel;
  /** What it draws at each point it may be told, W. */
  readonly pointsW: ReadonlyMap<string, number>;
  /** Its boards can be switched one by one. */
  readonly boards: boolean;
  /** It says the air at its inlet. */
  readonly air: boolean;
  /** What it draws with so many of them at the lowest point, W; the first is none. */
  readonly boardsW: readonly number[];
  readonly asleepW: number;
  /** Sleep and all points. */
  readonly choices: readonly Choice[];
}

export interface Rack {
  readonly asics: readonly SimAsic[];
  readonly pdu: SimPdu;
  /** Are the outlets mapped to machines, or is there only the inlet's figure? */
  readonly outletsMapped: boolean;
  /** When outlets may be opened, where they are mapped. */
  readonly opens: "never" | "emergency" | "shortfall";
  /** The air in which machines may run above their rated points; null: any. */
  readonly coolC: number | null;
  readonly nominalW: number;
  readonly highestW: number;
  readonly failsafeW: number;
  truePowerW(): number;
  energyWh(): number;
}

export function buildRack(dice: Dice, clock: VirtualClock, count: number): Rack {
  const now = (): number => clock.now().uptime;
  const time = { now, wall: (): number => clock.now().at };
  const seed = dice.whole(0, 2 ** 31);
  const kinds = dice.whole(1, MODELS.length);
  const switchable = new Dice(seed, "boards");
  const weather = new Dice(seed, "air");
  const air = weather.chance(AIR);
  const coolC = air && weather.chance(COOL.share) ? COOL.celsius : null;
  const asics = Array.from({ length: count }, (_, index): SimAsic => {
    const id = MODELS[index % kinds] ?? MODELS[0];
    const random = branch(seed, index);
    const [unit, model, physics] = [drawUnit(random), loadModel(id), readSimModel(id)];
    const body = new Asic({ model: physics, random, unit }, 0);
    const { power, hashrate } = boardPhysics(physics);
    const settledW = (boards: number, { frequencyMHz, voltageMV }: SimPoint): number => unit.power * (physics.physics.c + boards * power(frequencyMHz, voltageMV));
    const asleepW = model.sleepPower * unit.power;
    // What a machine really draws and hashes, not what its table says: the two are up to 1 % apart, and the agent has only the table.
    const points = physics.points.map((point) => ({ id: point.id, watts: settledW(physics.boards, point), ths: unit.hashrate * physics.boards * hashrate(point.frequencyMHz, point.voltageMV) }));
    const pointsW = new Map(points.map(({ id: point, watts }) => [point, watts]));
    const choices = [{ watts: asleepW, ths: 0 }, ...points.map(({ watts, ths }) => ({ watts, ths }))];
    const boardsW = Array.from({ length: physics.boards }, (_, on) => settledW(on, lowestPointOf(physics)));
    return { machine: new SimMachine(`asic-${String(index + 1).padStart(2, "0")}`, body, time), model, physics, pointsW, boards: switchable.chance(BOARDS), air, boardsW, asleepW, choices };
  });
  const pdu = new SimPdu("pdu-1", new Pdu({ loads: asics.map(({ machine }) => machine), now, random: branch(seed, 99) }));
  const nominalW = Math.round(asics.reduce((sum, { model }) => sum + defaultPower(model), 0));
  return {
    asics,
    pdu,
    outletsMapped: dice.chance(0.7),
    opens: new Dice(seed, "outlets").pick(["never", "never", "emergency", "shortfall"]),
    coolC,
    nominalW,
    highestW: asics.reduce((sum, { model }) => sum + model.nameplate, 0),
    failsafeW: Math.round(nominalW * dice.pick([0.1, 0.3, 0.5])),
    truePowerW: () => asics.reduce((sum, { machine }) => sum + machine.powerW, 0),
    energyWh: () => asics.reduce((sum, { machine }) => sum + machine.energyWh, 0),
  };
}

/** One machine as the judge sees it. `obeys`: nothing keeps orders from it; `fed`: its outlet is closed. */
export const sightOf = (asic: SimAsic, { obeys, fed }: Pick<MachineSight, "obeys" | "fed">): MachineSight => new SeenMachine(asic, obeys, fed);

/** A class, because every second of a life looks at every machine: an object with getters of its own has a shape of its own. */
class SeenMachine implements MachineSight {
  readonly id: string;
  readonly powerW: number;
  readonly asleepW: number;
  readonly choices: readonly Choice[];
  readonly hashrateThs: number;
  readonly highestW: number;
  readonly obeys: boolean;
  readonly fed: boolean;
  readonly boots: boolean;
  readonly saysW: number | null;
  readonly trips: number;
  readonly boardC: number | null;
  readonly #asic: SimAsic;
  readonly #body: Asic;
  readonly #state: AsicState;

  constructor(asic: SimAsic, obeys: boolean, fed: boolean) {
    const { machine, model, asleepW, choices } = asic;
    const { body } = machine;
    const { state, powerW } = body;
    this.#asic = asic;
    this.#body = body;
    this.#state = state;
    this.id = machine.id;
    this.powerW = powerW;
    this.asleepW = asleepW;
    this.choices = choices;
    this.hashrateThs = body.hashrateThs;
    this.highestW = model.nameplate;
    this.obeys = obeys;
    this.fed = fed;
    this.boots = state === "starting";
    this.saysW = obeys && state !== "off" && state !== "starting" ? body.reportedW : null;
    this.trips = body.trips;
    this.boardC = this.#mining ? Math.max(...body.boards.flatMap(({ enabled, temperatureC }) => (enabled ? [temperatureC] : []))) : null;
  }

  get toldW(): number {
    const { pointsW, asleepW, model } = this.#asic;
    if (this.#state === "off") return 0;
    if (this.#state === "asleep" || (this.#state === "starting" && this.#body.curtailed)) return asleepW;
    return this.#mining ? this.#settledW("targetMHz") : (pointsW.get(this.#body.profile) ?? model.nameplate);
  }

  get wakesToW(): number {
    return this.#state === "asleep" ? this.#settledW("targetMHz") : 0;
  }

  get warmth(): number {
    return this.#mining ? Math.min(1, this.powerW / this.#settledW("frequencyMHz")) : 1;
  }

  get #mining(): boolean {
    return this.#state === "hashing" || this.#state === "ramping";
  }

  /** At its boards' frequencies, or where these are going, when they are as warm as they get. */
  #settledW(of: "frequencyMHz" | "targetMHz"): number {
    const { physics } = this.#asic;
    const { power } = boardPhysics(physics);
    return this.#body.unit.power * this.#body.boards.reduce((sum, board) => sum + (board.enabled ? power(board[of], board.voltageMV) : 0), physics.physics.c);
  }
}

const defaultPower = (model: MinerModel): number => model.points.find(({ id }) => id === model.defaultPoint)?.power ?? 0;
