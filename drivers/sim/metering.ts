import type { SimServer } from "./cgminer-server.ts";
import type { MeterKind } from "./meter-kinds.ts";
import { meterKind } from "./meter-kinds.ts";
import { startModbusServer } from "./modbus-server.ts";
import type { Load } from "./pdu.ts";
import { Pdu } from "./pdu.ts";
import { branch } from "./random.ts";
import { startRtuServer } from "./rtu-server.ts";
import { SimPdu } from "./sim-pdu.ts";

/** A meter or PDU of the rig as a configuration names it. */
export interface RigPdu {
  readonly id: string;
  readonly address: string;
  readonly outlets: number;
  /** What it is: the name of the profile that reads it. */
  readonly profile: string;
  readonly unit: number;
  readonly transport: "tcp" | "rtu-over-tcp";
  readonly role: "rack" | "outlets";
  readonly login: { readonly username: string; readonly password: string } | null;
}

export interface Metering {
  readonly machines: ReadonlyMap<string, SimPdu>;
  readonly described: readonly RigPdu[];
}

export interface MeteringOptions {
  /** The kind of the rack's PDUs. */
  readonly pdu: string;
  /** The kind of one more meter that feeds the whole rack; null: the PDUs' totals are the rack's. */
  readonly meter: string | null;
  /** A box of contacts beside them: six in, six out. */
  readonly contacts: boolean;
  readonly seed: number;
  /** Monotonic, ms. */
  readonly now: () => number;
}

/** The box of contacts, where there is one. */
export const CONTACTS = "io-1";

/** As many PDUs as the machines need outlets, and where wanted a meter above them. Servers are added to `running` as they start. */
export async function installMetering(loads: readonly Load[], options: MeteringOptions, running: SimServer[]): Promise<Metering> {
  const machines = new Map<string, SimPdu>();
  const described: RigPdu[] = [];
  const install = async (id: string, profile: string, fed: readonly Load[]): Promise<void> => {
    const kind = meterKind(profile);
    // Below zero, where no miner draws from.
    const random = branch(options.seed, -1 - machines.size);
    const empty = Array.from({ length: kind.oneLength ? kind.outlets - fed.length : 0 }, () => null);
    const machine = new SimPdu(id, new Pdu({ loads: [...fed, ...empty], now: options.now, random }));
    const server = await startKind(kind, machine, random);
    running.push(server);
    machines.set(id, machine);
    const { transport, unit, login } = kind;
    const role = kind.measures && (options.meter === null || profile === options.meter) ? "rack" : "outlets";
    described.push({ id, address: `${server.host}:${server.port}`, outlets: kind.outlets === 0 ? 0 : fed.length, profile, unit: unit ?? 1, transport, role, login });
  };
  const { outlets } = meterKind(options.pdu);
  if (outlets === 0) throw new RangeError(`a ${options.pdu} has no outlets: it can only be the rack's meter`);
  for (let first = 0; first < loads.length; first += outlets) await install(`pdu-${machines.size + 1}`, options.pdu, loads.slice(first, first + outlets));
  if (options.meter !== null) await install("meter-1", options.meter, loads);
  if (options.contacts) await install(CONTACTS, "adam-6000", []);
  return { machines, described };
}

function startKind(kind: MeterKind, machine: SimPdu, random: () => number): Promise<SimServer> {
  const units = kind.units(machine.pdu, random);
  const [image] = units.values();
  if (image === undefined) throw new RangeError("a device without a single unit");
  const start = kind.transport === "tcp" ? startModbusServer : startRtuServer;
  return start({ host: "127.0.0.1", port: 0, latencyMs: 0, image, ...(kind.unit !== null && { units }), wire: () => machine.wire, random });
}
