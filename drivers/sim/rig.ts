import { Asic } from "./asic.ts";
import type { SimServer } from "./cgminer-server.ts";
import { startRigControl } from "./control.ts";
import { FaultError, parseAsicFault, parsePduFault } from "./faults.ts";
import type { FirmwareName, ListenAt, Plug, SimFirmware } from "./firmwares.ts";
import { firmwares } from "./firmwares.ts";
import type { SimClock, WriteCount } from "./machine.ts";
import { SimMachine } from "./machine.ts";
import { meterKind } from "./meter-kinds.ts";
import { installMetering } from "./metering.ts";
import type { Metering, RigPdu } from "./metering.ts";
import type { SimModel } from "./model.ts";
import { defaultPointOf, readSimModel } from "./model.ts";
import type { Random } from "./random.ts";
import { branch } from "./random.ts";
import type { RigTruth } from "./truth.ts";
import { truthOf } from "./truth.ts";
import { drawUnit } from "./unit.ts";

export interface RigOptions {
  readonly asics: number;
  /** Given out in turn; LuxOS unless said. */
  readonly drivers?: readonly FirmwareName[];
  /** Given out in turn; those usual for the driver unless said. */
  readonly models?: readonly string[];
  /** What feeds them, by the name of its profile: PDUs of this kind, a GUDE unless said. */
  readonly pdu?: string;
  /** One more meter above the PDUs, whose total then is the rack's. */
  readonly meter?: string;
  /** A box of contacts besides: `io-1`. */
  readonly contacts?: boolean;
  readonly seed?: number;
  /** How long a miner thinks before it answers. */
  readonly latencyMs?: number;
  readonly restartMs?: number;
  readonly frequencyStepMs?: number;
  /** Each ASIC on an address of its own, 127.1.0.1 and on, all on one port. */
  readonly ownAddresses?: boolean;
  /** What else of the rig can be broken, by the word it is called. */
  readonly faulty?: Readonly<Record<string, (fault: string) => void>>;
  /** Where the control socket listens: a path for a unix socket, or a TCP port of 127.0.0.1 (0: a free one); none unless said. */
  readonly control?: string | number;
}

export interface RigAsic {
  readonly id: string;
  readonly address: string;
  readonly driver: FirmwareName;
  readonly model: string;
  /** Its second server, for firmware that has one. */
  readonly webPort: number | null;
  /** What orders need; null: none. */
  readonly password: string | null;
  /** `pdu-1/3`: the third outlet of pdu-1. */
  readonly outlet: string;
}

export type { RigPdu } from "./metering.ts";

export type RigCounts = readonly (WriteCount & { readonly id: string })[];

/** A running rig. Everything it offers outside its process it offers here too. */
export interface Rig extends AsyncDisposable {
  readonly asics: readonly RigAsic[];
  readonly pdus: readonly RigPdu[];
  /** Path of the unix socket or HOST:PORT; null without one. */
  readonly control: string | null;
  /** Sum of what the default points draw, W. */
  readonly nominalW: number;
  /** Sets a fault by the words of the command line. Throws FaultError for an unknown device or fault. */
  fault(id: string, fault: string): void;
  truth(): RigTruth;
  counts(): RigCounts;
  resetCounts(): void;
  close(): Promise<void>;
}

/** A GUDE Expert Power Control of the largest kind. */
const DEFAULT_PDU = "gude-epc";
const MOST_ASICS = 5000;
const DEFAULT_SEED = 1;
const DEFAULT_DRIVERS: readonly FirmwareName[] = ["luxos"];

const clock: SimClock = {
  now: () => performance.now(),
  wall: () => performance.timeOrigin + performance.now(),
};

/** The devices of one kind in a rig: by id, and as others find them. */
interface Installed<M, D> {
  readonly machines: ReadonlyMap<string, M>;
  readonly described: readonly D[];
}

/** Miners and PDUs on real sockets in this process. Nothing ticks: time is caught up whenever somebody looks. */
export async function startRig(options: RigOptions): Promise<Rig> {
  if (!Number.isInteger(options.asics) || options.asics < 1 || options.asics > MOST_ASICS) throw new RangeError(`a rig has 1 to ${MOST_ASICS} ASICs`);
  const running: SimServer[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(running.splice(0).map((server) => server.close()));
  };
  try {
    const miners = await installMiners(options, running);
    const { pdu = DEFAULT_PDU, meter = null, contacts = false, seed = DEFAULT_SEED } = options;
    const pdus = await installMetering([...miners.machines.values()], { pdu, meter, contacts, seed, now: () => clock.now() }, running);
    const rig = { ...operated(miners, pdus, options.faulty ?? {}), close, [Symbol.asyncDispose]: close };
    if (options.control === undefined) return { ...rig, control: null };
    const control = await startRigControl(rig, options.control);
    running.push(control.server);
    return { ...rig, control: control.address };
  } catch (error) {
    await close();
    throw error;
  }
}

function operated(miners: Installed<SimMachine, RigAsic>, pdus: Metering, faulty: NonNullable<RigOptions["faulty"]>): Omit<Rig, "control" | "close" | typeof Symbol.asyncDispose> {
  const { machines, described } = miners;
  return {
    asics: described,
    pdus: pdus.described,
    nominalW: described.reduce((sum, asic) => sum + defaultPointOf(readSimModel(asic.model)).powerW, 0),
    fault(id, fault) {
      const machine = machines.get(id);
      if (machine !== undefined) return machine.fault(parseAsicFault(fault));
      const pdu = pdus.machines.get(id);
      if (pdu !== undefined) return pdu.fault(parsePduFault(fault));
      const other = faulty[id];
      if (other !== undefined) return other(fault);
      throw new FaultError(`no device "${id}" in this rig; it has ${described[0]?.id} to ${described.at(-1)?.id} and ${[...pdus.machines.keys(), ...Object.keys(faulty)].join(", ")}`);
    },
    truth: () => truthOf(machines.values(), clock.wall()),
    counts: () => [...machines.values()].map((machine) => ({ id: machine.id, ...machine.counts })),
    resetCounts() {
      for (const machine of machines.values()) machine.resetCounts();
    },
  };
}

async function installMiners(options: RigOptions, running: SimServer[]): Promise<Installed<SimMachine, RigAsic>> {
  const { seed = DEFAULT_SEED, latencyMs = 0, ownAddresses = false } = options;
  const digits = Math.max(2, String(options.asics).length);
  const machines = new Map<string, SimMachine>();
  const described: RigAsic[] = [];
  /** On addresses of their own all machines listen on the ports the first one got. */
  let ports = { api: 0, web: 0 };
  const { outlets } = meterKind(options.pdu ?? DEFAULT_PDU);
  for (let index = 0; index < options.asics; index += 1) {
    const { driver, model } = kindOf(index, options);
    const firmware: SimFirmware = firmwares[driver];
    const id = `asic-${String(index + 1).padStart(digits, "0")}`;
    const machine = new SimMachine(id, bodyOf({ ...firmware, model }, branch(seed, 2 * index), options), clock);
    const plugs = firmware.plugs({ machine, clock, latencyMs, random: branch(seed, 2 * index + 1) });
    const host = ownAddresses ? ownAddress(index) : "127.0.0.1";
    const api = await plugs.api({ host, port: ports.api });
    running.push(api);
    const web = plugs.web === undefined ? null : await plugs.web({ host, port: ports.web });
    if (web !== null) running.push(web);
    if (ownAddresses && plugs.fixed !== undefined) running.push(...(await whereFree(plugs.fixed.plug, { host, port: plugs.fixed.port })));
    if (ownAddresses) ports = { api: api.port, web: web?.port ?? ports.web };
    machines.set(id, machine);
    const outlet = `pdu-${Math.floor(index / outlets) + 1}/${(index % outlets) + 1}`;
    const address = `${api.host}:${api.port}`;
    described.push({ id, address, driver, model: model.id, webPort: web?.port ?? null, password: firmware.password, outlet });
  }
  return { machines, described };
}

/** Another rig on this machine may have the port already; machines without it are sold too. */
async function whereFree(plug: Plug, at: ListenAt): Promise<SimServer[]> {
  try {
    return [await plug(at)];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    return [];
  }
}

/** Drivers and models go round independently; a driver without models of the caller's goes round its own. */
function kindOf(index: number, { drivers = DEFAULT_DRIVERS, models }: RigOptions): { driver: FirmwareName; model: SimModel } {
  const driver = drivers[index % drivers.length];
  if (driver === undefined) throw new RangeError("a rig needs at least one driver");
  const firmware: SimFirmware = firmwares[driver];
  const turn = models === undefined ? Math.floor(index / drivers.length) : index;
  const choice = models ?? firmware.models;
  const id = choice[turn % choice.length];
  if (id === undefined) throw new RangeError("a rig needs at least one model");
  const model = readSimModel(id);
  if (!firmware.makes.includes(model.make)) throw new RangeError(`${driver} does not run on ${id}; give models of ${firmware.makes.join(" or ")}, or none`);
  return { driver, model };
}

/** What shortens restarts for a test shortens both parts of a start of the mining process. */
const bodyOf = ({ model, start, ...usual }: Pick<SimFirmware, "start" | "frequencyStepMs"> & { model: SimModel }, random: Random, options: RigOptions): Asic => {
  const { restartMs, frequencyStepMs = usual.frequencyStepMs } = options;
  return new Asic(
    {
      model,
      random,
      start: start === undefined || restartMs === undefined ? (start ?? null) : { downMs: restartMs, climbMs: restartMs },
      unit: drawUnit(random),
      // One day to thirty: long enough that a restart shows as an uptime that went back.
      minedMs: Math.floor((1 + 29 * random()) * 86_400_000),
      ...(restartMs === undefined ? {} : { restartMs }),
      ...(frequencyStepMs === undefined ? {} : { frequencyStepMs }),
    },
    clock.now(),
  );
};

/** 250 addresses a third octet, never .0 or .255. */
const ownAddress = (index: number): string => `127.1.${Math.floor(index / 250)}.${(index % 250) + 1}`;
