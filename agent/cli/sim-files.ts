import { mkdir, rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { stringify } from "yaml";
import { CONTACTS } from "../../drivers/sim/metering.ts";
import type { Rig, RigAsic } from "../../drivers/sim/rig.ts";

/** What files are written from: a rig, or one recorded machine without an outlet. */
export interface Described extends Pick<Rig, "pdus" | "nominalW" | "control"> {
  readonly asics: readonly (Omit<RigAsic, "driver" | "outlet"> & { readonly driver: string; readonly outlet: string | null })[];
}

/** DIR/rig.json: how to find everything in a running rig. */
export interface RigFile {
  readonly config: string;
  readonly broker: string;
  readonly asics: readonly { readonly id: string; readonly address: string; readonly driver: string; readonly model: string }[];
  readonly pdus: readonly { readonly id: string; readonly address: string; readonly outlets: number; readonly profile: string; readonly unit: number }[];
  readonly control: string | null;
  /** Base of the VTN's paths, and who may write there; absent: the grid speaks in documents. */
  readonly vtn?: { readonly url: string; readonly ownerId: string; readonly ownerSecret: string };
}

/** Whom the grid of a rig is made of. */
export interface RigGrid {
  readonly broker: string;
  /** Absent: the grid speaks in documents. */
  readonly vtn?: string | null;
}

/** Nobody is kept out of a rig's VTN by these. */
export const RIG_VTN = { vens: { rack: "rack-secret" }, owner: { id: "owner", secret: "owner-secret" } } as const;

/** Reserve of the breaker over the nominal power, and the failsafe limit's part of it; 40 kW and 10 kW for twelve S19k Pro (33,528 W). */
const BREAKER_PART = 1.19;
const FAILSAFE_PART = 0.3;
const toHundreds = (power: number): number => Math.max(100, Math.round(power / 100) * 100);
const toThousands = (power: number): number => Math.max(1000, Math.round(power / 1000) * 1000);

/** A configuration with which the daemon runs this rig. Grid documents may be unsigned; the heartbeat is needed. */
export function rigConfig(rig: Described, dir: string, { broker, vtn = null }: RigGrid): string {
  const { nominalW } = rig;
  const breakerW = nominalW >= 20_000 ? toThousands(nominalW * BREAKER_PART) : toHundreds(nominalW * BREAKER_PART);
  const large = nominalW >= 20_000;
  return stringify({
    version: 1,
    node: { operator: "demo", site: "s1", rack: "r1", nominalW, breakerW },
    grid: {
      brokers: vtn === null ? [broker] : [],
      signatures: "optional",
      heartbeat: "required",
      failsafeLimitW: large ? toThousands(nominalW * FAILSAFE_PART) : toHundreds(nominalW * FAILSAFE_PART),
      // The rig runs on machines whose clock nobody vouches for, in containers for one.
      clock: "assumed",
    },
    ...(vtn !== null && { openadr: { url: vtn, clientId: "rack", clientSecretFile: passwordFile(dir, "vtn"), pollS: 5, lostAfterS: 60, contractW: breakerW } }),
    miners: rig.asics.map(({ id, driver, address, model, webPort, password, outlet }) => ({
      id,
      driver,
      address,
      model,
      ...(webPort !== null && { webPort }),
      ...(password !== null && { passwordFile: passwordFile(dir, driver) }),
      ...(outlet !== null && { outlet }),
    })),
    meters: rig.pdus.map(({ id, profile, transport, address, unit, role, login }) => ({
      id,
      profile,
      ...(transport !== "tcp" && { transport }),
      address,
      unit,
      role,
      ...(login !== null && { login: { username: login.username, passwordFile: passwordFile(dir, profile) } }),
    })),
    ...(rig.pdus.some(({ id }) => id === CONTACTS) && {
      contacts: { estop: [`${CONTACTS}/1`], outputs: [{ output: `${CONTACTS}/1`, as: "lamp", shows: "trouble" }, { output: `${CONTACTS}/2`, as: "contactor" }] },
    }),
    policy: { onStop: "failsafe", outlets: "never", maxChangesPerCycle: 50 },
    paths: { state: join(dir, "state"), run: join(dir, "run") },
  });
}

/** One file a firmware or profile: all machines of a kind leave the factory with the same password. */
const passwordFile = (dir: string, kind: string): string => join(dir, "secrets", kind);

/** Writes DIR/config.yaml, the files and directories it names and, last, DIR/rig.json. Returns the path of rig.json. */
export async function writeRigFiles(rig: Described, dir: string, grid: RigGrid): Promise<string> {
  const home = resolve(dir);
  await mkdir(join(home, "state"), { recursive: true });
  await mkdir(join(home, "run"), { recursive: true });
  await mkdir(join(home, "secrets"), { recursive: true });
  for (const { driver, password } of rig.asics) {
    if (password !== null) await writeFile(passwordFile(home, driver), `${password}\n`, { mode: 0o600 });
  }
  for (const { profile, login } of rig.pdus) {
    if (login !== null) await writeFile(passwordFile(home, profile), `${login.password}\n`, { mode: 0o600 });
  }
  if (grid.vtn != null) await writeFile(passwordFile(home, "vtn"), `${RIG_VTN.vens.rack}\n`, { mode: 0o600 });
  const config = join(home, "config.yaml");
  const file: RigFile = {
    config,
    broker: grid.broker,
    asics: rig.asics.map(({ id, address, driver, model }) => ({ id, address, driver, model })),
    pdus: rig.pdus.map(({ id, address, outlets, profile, unit }) => ({ id, address, outlets, profile, unit })),
    control: rig.control,
    ...(grid.vtn != null && { vtn: { url: grid.vtn, ownerId: RIG_VTN.owner.id, ownerSecret: RIG_VTN.owner.secret } }),
  };
  await whole(config, rigConfig(rig, home, grid));
  const path = join(home, "rig.json");
  await whole(path, `${JSON.stringify(file, null, 2)}\n`);
  return path;
}

/** Whoever waits for the file never sees half of it. */
async function whole(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}
