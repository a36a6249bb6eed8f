/** What may happen in a life. Each draws nothing itself: its numbers come with the plan, so that leaving one out changes no other. */
import { parseAsicFault, type AsicFault } from "../../drivers/sim/faults.ts";
import { SEAMS, type Seam } from "./mortality.ts";
import type { World } from "./world.ts";

export interface Happening {
  readonly kind: HappeningKind;
  readonly atS: number;
  readonly lastsS: number;
  /** Which machine, where it befalls one. */
  readonly asic: number;
  /** Drawn in [0, 1): whatever else it needs. */
  readonly u: readonly [number, number, number];
}

export type HappeningKind = string;

interface Entry {
  /** How often, against the others. */
  readonly weight?: number;
  readonly lastsS?: readonly [least: number, most: number];
  /** The agent has to refuse it: a life without it gives the same orders. */
  readonly refused?: true;
  /** It happens after so many calls: refused documents make more of them. */
  readonly countsCalls?: true;
  /** Returns what ends it. */
  begin(world: World, happening: Happening): (() => void) | undefined | void;
}

const choose = <T>(u: number, choices: readonly [T, ...T[]]): T => choices[Math.floor(u * choices.length)] ?? choices[0];
const between = (u: number, low: number, high: number): number => low + u * (high - low);

const WIRE = ["silent", "slow", "refuse", "garbage", "truncate", "half-close", "drip", "endless"] as const;

/** One fault of a machine, by the row of the table it falls under. */
const asicFault = (cause: string, fault: (u: number) => AsicFault): Entry => ({
  lastsS: [20, 120],
  begin: (world, { asic, u }) => world.befallMachine(cause, asic, (machine) => {
    machine.fault(fault(u[0]));
    return () => machine.fault({ kind: "none" });
  }),
});

const kill = (seam: Seam): Entry => ({
  countsCalls: true,
  begin: (world, { u }) => world.lightFuse({ seam, calls: 1 + Math.floor(u[0] ** 2 * (seam === "disk" ? 4 : 200)), when: u[1] < 0.5 ? "before" : "after" }, between(u[2], 1, 20)),
});

const network = (cause: string, set: (world: World, on: boolean) => void): Entry => ({
  lastsS: [20, 90],
  begin: (world) => world.befall(cause, "network", () => {
    set(world, true);
    return () => set(world, false);
  }),
});

const meter = (begin: Entry["begin"], lastsS: readonly [number, number] = [10, 90]): Entry => ({ lastsS, begin });

export const CATALOGUE: Readonly<Record<HappeningKind, Entry>> = {
  allocation: { weight: 8, begin: (world, { u }) => world.allocate(choose(u[0], [0, 0.05, 0.2, 0.3, 0.5, 0.6, 0.8, 1, 1.2]), u) },
  limit: {
    weight: 8,
    begin(world, { u }) {
      const limit = world.operator.limit({ limitW: Math.round(u[0] * world.rack.nominalW), forS: Math.round(between(u[1], 20, 300)) });
      if (u[2] < 0.3) world.after(between(u[2] / 0.3, 10, 60), () => world.operator.cancel(limit));
    },
  },
  emergency: {
    weight: 3,
    begin(world, { u }) {
      const emergency = world.operator.emergency();
      world.after(between(u[0], 20, 60), () => world.operator.release(emergency));
    },
  },

  ...Object.fromEntries(WIRE.map((kind) => [`asic ${kind}`, asicFault(kind, (u) => parseAsicFault(kind === "slow" ? `slow:${choose(u, [900, 4000])}` : kind))])),
  "asic reboot": { weight: 2, begin: (world, { asic }) => void world.befallMachine("reboot", asic, (machine) => machine.fault({ kind: "reboot" })) },
  "asic stuck": { ...asicFault("stuck", () => ({ kind: "stuck" })), weight: 2 },
  "fans stand": {
    lastsS: [60, 400],
    begin: (world, { asic, u }) => world.befallMachine("fans stand", asic, (machine) => {
      machine.fault({ kind: "fan", standing: choose(u[0], [1, 1, 2, 3, 4]) });
      return () => machine.fault({ kind: "none" });
    }),
  },
  "asic leaves and joins": {
    lastsS: [20, 300],
    begin: (world, { asic }) => world.befallMachine("asic leaves", asic, (machine) => world.unplug(machine)),
  },
  "dead outlet": {
    lastsS: [20, 120],
    begin: (world, { asic }) => world.befallMachine("dead outlet", asic, (machine) => world.deaden(asic % world.rack.asics.length, machine)),
  },

  "meter silent": meter((world) => world.befallMeter("meter silent", { kind: "silent" })),
  "meter slow": meter((world) => world.befallMeter("meter slow", { kind: "slow", extraMs: 3_000 })),
  "meter frozen": meter((world) => world.befallMeter("meter frozen", { kind: "frozen" }), [30, 180]),
  "meter offset": meter((world, { u }) => {
    const offsetW = Math.round(between(u[0], -0.04, 0.04) * world.rack.nominalW * 0.3);
    return world.befallMeter("meter offset", { kind: "offset", offsetW }, { shown: 1, offsetW });
  }, [60, 300]),
  "meter error": meter((world, { u }) => world.bendMeter("meter error", between(u[0], 0.95, 1.05)), [60, 400]),
  "meter lies": meter((world, { u }) => world.bendMeter("meter lies", between(u[0], 0.78, 0.86)), [200, 400]),

  "heat wave": {
    lastsS: [120, 600],
    begin: (world, { u }) => world.befall("heat wave", "air", () => {
      const warmer = between(u[0], 5, 30);
      world.warm(warmer);
      return () => world.warm(-warmer);
    }),
  },
  "mains outage": { lastsS: [10, 120], begin: (world) => world.blackout() },

  "broker down": {
    lastsS: [5, 200],
    begin: (world) => world.befall("broker down", "broker", () => {
      world.broker.goDown();
      return () => world.broker.comeUp();
    }),
  },
  "duplicate documents": network("duplicate documents", (world, on) => void (world.network.duplicates = on)),
  "reordered documents": network("reordered documents", (world, on) => void (world.network.reorders = on)),
  "late documents": network("late documents", (world, on) => void (world.network.late = on)),
  "heartbeat lost": {
    weight: 2,
    lastsS: [40, 240],
    begin: (world) => world.befall("heartbeat lost", "operator", () => {
      world.beating = false;
      return () => void (world.beating = true);
    }),
  },
  "heartbeat late": network("heartbeat late", (world, on) => void (world.network.lateBeats = on)),

  "clock step": {
    lastsS: [5, 200],
    begin: (world, { u }) => world.befall("clock step", "clock", () => {
      world.wall.offsetMs = (u[0] < 0.5 ? -1 : 1) * between(u[1], 2_000, 3_600_000);
      world.wall.synchronised = false;
      return () => {
        world.wall.offsetMs = 0;
        world.wall.synchronised = true;
      };
    }),
  },
  "no clock": {
    lastsS: [60, 300],
    begin: (world) => world.befall("no clock", "clock", () => {
      world.wall.synchronised = false;
      return () => void (world.wall.synchronised = true);
    }),
  },

  kill: { weight: 2, begin: (world, { u }) => world.kill(between(u[0], 1, 20)) },
  ...Object.fromEntries(SEAMS.map((seam) => [`kill at a call of ${seam}`, kill(seam)])),
  "clean restart": { lastsS: [1, 20], begin: (world, { lastsS }) => world.restart(lastsS) },
  "disk full": disk("disk full", "full"),
  "disk slow": disk("disk slow", "slow"),
  "torn write": disk("torn write", "torn"),

  ...Object.fromEntries((["stranger", "tampered", "unsigned", "wrong-audience", "garbage"] as const).map((kind): [string, Entry] => [
    `forged ${kind}`, { refused: true, begin: (world) => world.operator.forge(kind, world.rack.nominalW * 2) },
  ])),
  replay: { refused: true, weight: 2, begin: (world, { u }) => world.replay(u[0]) },
};

function disk(cause: string, fault: "full" | "slow" | "torn"): Entry {
  return {
    lastsS: [10, 60],
    begin: (world) => world.befall(cause, "disk", () => {
      world.disk.fault = fault;
      return () => void (world.disk.fault = "none");
    }),
  };
}
