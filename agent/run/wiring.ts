/** Devices, meters and outlets as the configuration names them. Only the drivers it names are loaded. */
import { drivers, isDriverName } from "../../drivers/index.ts";
import { guarded, narrowed, type Bounds } from "../../drivers/guarded.ts";
import { loadModel } from "../../drivers/models.ts";
import { Buses, type LineAddress } from "../../drivers/modbus/buses.ts";
import { loadProfile } from "../../drivers/modbus/load.ts";
import { modbusMeter } from "../../drivers/modbus/meter.ts";
import type { Config } from "../config/schema.ts";
import { megahertz, millivolts, seconds, watts } from "../core/units.ts";
import type { Switching, WiredDevice, WiredMeter } from "../plant/plant.ts";
import { ConfigError } from "../runtime/errors.ts";
import type { Scope } from "../runtime/scope.ts";
import type { Surroundings } from "./surroundings.ts";

/** Names that do not exist were refused when it was checked; a race is refused here. */
export async function wire(config: Config, passwords: ReadonlyMap<string, string>, { clock, random }: Pick<Surroundings, "clock" | "random">, scope: Scope): Promise<{ devices: WiredDevice[]; meters: WiredMeter[] }> {
  const buses = new Buses({ random, now: () => clock.now().uptime });
  const meters = config.meters.map((meter): WiredMeter => {
    const { id, profile, unit, login, role } = meter;
    // The frequency is read with every poll only where something hangs on it.
    const urgent = config.policy.underFrequency !== null && role === "rack" ? ["frequency"] : [];
    return { meter: scope.use(`meter ${id}`, modbusMeter({ id, profile: loadProfile(profile, [config.paths.profiles]), address: lineAddress(meter), unit, credentials: login, buses, urgent })), role };
  });
  const devices = await Promise.all(config.miners.map(async (miner): Promise<WiredDevice> => {
    const { id, driver, address, passwordFile, webPort, outlet } = miner;
    if (!isDriverName(driver)) throw new ConfigError(`miner ${id}: there is no driver ${driver}; use one of ${Object.keys(drivers).join(", ")}`);
    const password = passwordFile === null ? undefined : passwords.get(passwordFile);
    const model = loadModel(miner.model);
    const bounds = boundsOf(miner.limits);
    const options = { id, address, model: narrowed(model, bounds), ...(password !== undefined && { password }), ...(webPort !== null && { webPort }) };
    return {
      device: guarded(scope.use(`miner ${id}`, await drivers[driver](options)), bounds),
      outlet: outlet === null ? null : { meter: outlet.meter, index: outlet.outlet },
    };
  }));
  return { devices, meters };
}

function boundsOf(limits: Config["miners"][number]["limits"]): Bounds {
  const quantity = <T>(value: number | null | undefined, unit: (value: number) => T): T | null => (value == null ? null : unit(value));
  return {
    frequencyMin: quantity(limits?.frequencyMinMHz, megahertz),
    frequencyMax: quantity(limits?.frequencyMaxMHz, megahertz),
    voltageMin: quantity(limits?.voltageMinMV, millivolts),
    voltageMax: quantity(limits?.voltageMaxMV, millivolts),
    powerMax: quantity(limits?.powerMaxW, watts),
  };
}

/** What each transport needs was asked for when the file was checked. */
function lineAddress({ id, transport, address, serial, tls }: Config["meters"][number]): LineAddress {
  if (transport === "rtu" && serial !== null) return { transport, serial };
  if (address === null || transport === "rtu") throw new ConfigError(`meter ${id}: transport ${transport} needs ${transport === "rtu" ? "serial" : "address"}`);
  if (transport !== "tls") return { ...address, transport };
  return { ...address, transport, tls: tls ?? { caFile: null, certFile: null, keyFile: null, serverName: null } };
}

/** How outlets are switched, and when each may be: as its meter's entry says, else as the policy does. */
export function switchingOf({ meters, contacts, policy }: Config): Switching {
  const own = new Map([
    ...meters.flatMap(({ id, outlets }) => outlets.flatMap(({ outlet, use }) => (use === null ? [] : [[`${id}/${outlet}`, use] as const]))),
    // Lamps and contactors are switched by what they are for.
    ...contacts.outputs.map(({ output }) => [`${output.meter}/${output.outlet}`, "never"] as const),
  ]);
  return {
    opens: ({ meter, index }) => own.get(`${meter}/${index}`) ?? policy.outlets,
    rules: { minOff: seconds(policy.outletMinOffS), spacing: seconds(policy.outletSpacingS), perStep: policy.outletsAtOnce },
  };
}
