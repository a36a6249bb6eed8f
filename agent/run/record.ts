/** What is kept on disk: the store, the journal and the outboxes, the keys this rack signs with; and what becomes of a rack that has them not. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { openEvidence, type Evidence, type EvidenceOptions, type Party } from "../attend/evidence.ts";
import type { Watch } from "../attend/watch.ts";
import { openEnergyKey, type DeviceKey } from "../config/device-key.ts";
import type { Config } from "../config/schema.ts";
import { openDrawer } from "../record/drawer.ts";
import { openFolder } from "../record/folder.ts";
import { StoreError } from "../record/store.ts";
import { ConfigError, messageOf } from "../runtime/errors.ts";
import type { Link } from "../runtime/link.ts";
import type { Log } from "../runtime/log.ts";
import type { Store } from "../runtime/store.ts";
import type { Surroundings } from "./surroundings.ts";

export const journalDirectory = ({ paths }: Config): string => join(paths.state, "journal");

interface Recording extends Surroundings {
  readonly key: DeviceKey | null;
  readonly seal: (payload: string) => string;
  readonly grid: { readonly link: Link; readonly root: string };
  readonly farm: { readonly records: Pick<Party, "link" | "room">; readonly root: string } | null;
  readonly sightings: () => Watch["known"];
  readonly hashrate: EvidenceOptions["hashrate"];
}

/** The rack is kept with or without a record of it: a journal that cannot be opened is said and no more. */
export async function recording(config: Config, { clock, log, boot, software, key, seal, grid, farm, sightings, hashrate, ...surroundings }: Recording): Promise<Evidence | null> {
  const { state } = config.paths;
  try {
    const [disk, gridDrawer] = [await openFolder(journalDirectory(config)), await openDrawer(join(state, "outbox-grid"))];
    return await openEvidence({
      clock, boot, software, key, seal, disk, settings: config.evidence,
      energyKey: await openEnergyKey(state).catch(() => null),
      identity: { operator: config.node.operator, node: `site/${config.node.site}/rack/${config.node.rack}` },
      miners: config.miners,
      failsafeW: config.grid.failsafeLimitW,
      sightings, log, hashrate,
      whoIs: async (...asked) => (await import("../../drivers/find/look.ts")).whoIs(...asked),
      grid: { ...grid, room: () => Promise.resolve(), drawer: gridDrawer },
      farm: farm === null ? null : { ...farm.records, root: farm.root, drawer: await openDrawer(join(state, "outbox-farm")) },
      config: { state: surroundings.config, content: config },
      draw: () => randomBytes(4).toString("hex"),
    });
  } catch (error) {
    log.error({ reason: messageOf(error) }, `nothing is recorded: ${state} cannot be read or written. Make it a directory this user owns`);
    return null;
  }
}

/** A rack that cannot sign goes on under its limits and says so; an operator who knows its key sees that nobody signs. */
export function unsigned(error: unknown, { grid }: Config, log: Log): null {
  if (grid.signatures === "required") log.error({ reason: messageOf(error) }, "no device key: what this rack says is not signed");
  return null;
}

/** What cannot be stored cannot raise: every commit fails, and the signal room keeps to the smaller of old and new. */
export function brokenStore(error: unknown, { paths }: Config, log: Log): Store {
  // Two keepers of one rack would undo each other's orders, and only one of them knows the technician's limit.
  if (error instanceof StoreError && error.code === "locked") throw new ConfigError(`another curtaild has ${paths.state} open and keeps this rack: stop it first (systemctl stop curtaild), or give this one paths of its own.`);
  const reason = messageOf(error);
  log.error({ reason }, "nothing can be stored: the rack stays under its failsafe limit");
  const fail = (): Promise<never> => Promise.reject(new Error(`the store could not be opened: ${reason}`));
  return { load: fail, commit: fail, close: () => Promise.resolve() };
}
