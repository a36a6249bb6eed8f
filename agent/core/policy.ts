import type { Circuit } from "./circuits.ts";
import type { Restart } from "./grid.ts";
import type { HeatLimits } from "./heat.ts";
import type { Setpoint } from "./model.ts";
import type { SupplyBand } from "./supply.ts";
import type { Celsius, Millis, Watts } from "./units.ts";
import { seconds } from "./units.ts";

/** What the farm decided, in core's units. */
export interface Policy {
  readonly nominal: Watts;
  readonly failsafe: Watts;
  /** How the rack comes back where no allocation says it. */
  readonly restart: Restart;
  /** Kept free under the limit so that noise and warming boards do not carry the rack over it: a fraction of the limit. */
  readonly margin: number;
  /** Kept free besides when the rack goes far, down or up: hot boards draw more than at rest, and models are less sure far from where they were learnt. */
  readonly dropMargin: number;
  /** Of what a drop takes away, so much may stay: models know a machine's draw at one setting better than what another saves. The larger of the two is kept. */
  readonly moveDoubt: number;
  /** Time the contract grants from a drop until the meter shows it. */
  readonly responseTime: Millis;
  /** Of `responseTime`, what a tune may use; a machine that cannot tune down in it is put to sleep and trimmed later. */
  readonly tuneTime: Millis;
  /** Time between two plans that only earn more. */
  readonly dwell: Millis;
  /** Raises a cycle; lowering is never bounded. */
  readonly raisesPerCycle: number;
  /** A machine put to sleep sleeps, and one that was woken runs, at least this long, unless the limit needs it otherwise. */
  readonly turns: { readonly minOff: Millis; readonly minOn: Millis };
  /** Machines woken together at the most, and the time until the next: inrush and cold supplies add up. */
  readonly wakes: { readonly atOnce: number; readonly spacing: Millis };
  /** Breakers and phases, besides the rack's limit; empty: none are known. */
  readonly circuits: readonly Circuit[];
  /** How far the rack's meter is assumed to follow behind; a longer delay is learnt. Two polls of a second. */
  readonly meterLag: Millis;
  /** A meter reading older than this no longer guides raises, and than `meterLost` no longer counts. */
  readonly meterStale: Millis;
  readonly meterLost: Millis;
  readonly outlets: OutletPolicy;
  /** TH/s that a watt has to earn at the least; 0: hashrate is all that counts. */
  readonly least: number;
  /** Machines that are not like the others, by id. */
  readonly rules: ReadonlyMap<string, MachineRule>;
  readonly wear: WearPolicy;
  /** Where machines' temperatures have to stay, by id; one that is not there is not guarded. */
  readonly heat: ReadonlyMap<string, HeatLimits>;
  /** In air as cold as this machines are not put to sleep, as far as the limit lets them run; null: never mind. */
  readonly keepWarm: Celsius | null;
  /** Awaited after a BLACK_START_HOLD; null: there is no meter for it, and it ends like a STOP. */
  readonly supply: SupplyBand | null;
}

/** What binds every plan for one machine. */
export interface MachineRule {
  /** The lowest number is served first; a machine gets nothing while one before it could use more. */
  readonly priority: number;
  /** Where it runs as long as the limit leaves room for it, before all others; null: where the plan has it. */
  readonly pin: Setpoint | null;
}

export interface WearPolicy {
  /** While nothing asks for it a machine is changed once in this time. */
  readonly between: Millis;
  /** One that has slept so long changes places with its equal; Infinity: never. */
  readonly rotation: number;
}

/** A watt takes 0.024 kWh a day: TH/s that pay for it. */
export const breakEven = ({ pricePerThDay, pricePerKWh }: { readonly pricePerThDay: number; readonly pricePerKWh: number }): number => (0.024 * pricePerKWh) / pricePerThDay;

/** As people write it: a point's name, or sleep. */
export const pinned = (word: string): Setpoint => (word === "sleep" ? { kind: "sleep" } : { kind: "points", point: word });

/** How outlets are switched; whether one may be opened at all is a matter of its own rule. */
export interface OutletPolicy {
  /** How long a shutdown in order may take before outlets open. */
  readonly grace: Millis;
  /** Opened in one step at most. */
  readonly perStep: number;
  /** Between two that are closed again: inrush. */
  readonly spacing: Millis;
}

export const DEFAULT_POLICY = {
  restart: { minOff: seconds(0), random: seconds(300), rampPercentPerMinute: 20 },
  margin: 0.0075,
  dropMargin: 0.0125,
  moveDoubt: 0.05,
  responseTime: seconds(15),
  tuneTime: seconds(7),
  dwell: seconds(20),
  raisesPerCycle: 50,
  turns: { minOff: seconds(20), minOn: seconds(60) },
  wakes: { atOnce: 50, spacing: seconds(1) },
  circuits: [],
  meterLag: seconds(2),
  meterStale: seconds(10),
  meterLost: seconds(60),
  outlets: { grace: seconds(10), perStep: 4, spacing: seconds(2) },
  heat: new Map<string, HeatLimits>(),
  keepWarm: null,
  supply: null,
  least: 0,
  rules: new Map(),
  wear: { between: seconds(300), rotation: seconds(4 * 3600) },
} as const satisfies Partial<Policy>;
