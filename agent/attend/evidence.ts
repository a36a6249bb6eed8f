/** Assembles what is recorded for others to rely on: journal, energy records, and what waits until it has been heard. */
import type { DeviceKey } from "../config/device-key.ts";
import type { Config } from "../config/schema.ts";
import type { Known } from "../core/inventory.ts";
import { watts } from "../core/units.ts";
import { openJournal, type Journal } from "../record/journal.ts";
import { openOutbox, SUMMARIES, type Outbox } from "../record/outbox.ts";
import { Reserve } from "../record/reserve.ts";
import { isSigned } from "../report/reporter.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Disk } from "../runtime/disk.ts";
import type { Drawer } from "../runtime/drawer.ts";
import type { Link } from "../runtime/link.ts";
import type { Log } from "../runtime/log.ts";
import type { Attendant } from "./attendant.ts";
import { EquipmentRegister } from "./equipment.ts";
import { Energy, type Forward } from "./energy.ts";
import { Forwarding } from "./forwarding.ts";
import { LicenceWatch } from "./licence.ts";
import { Recorder, type RecordOptions } from "./journal.ts";
import { Reports, type ReportsOptions } from "./reports.ts";
import type { WhoIs } from "./roll-call.ts";
import { sealedBy } from "./seal.ts";
import { costBy } from "./tariff.ts";

/** One of the two parties that are told: by which link, under which topics, from which drawer. */
export interface Party {
  readonly link: Link;
  /** Resolves when a record that may wait may go. */
  readonly room: (signal: AbortSignal) => Promise<void>;
  readonly root: string;
  readonly drawer: Drawer;
}

export interface EvidenceOptions extends Omit<RecordOptions, "journal" | "publish"> {
  readonly clock: Clock;
  /** Where the journal lies. */
  readonly disk: Disk;
  readonly key: DeviceKey | null;
  /** Signs energy records in OCMF. */
  readonly energyKey: DeviceKey | null;
  readonly identity: { readonly operator: string; readonly node: string };
  /** Signs what the contract asks to be signed. */
  readonly seal: (payload: string) => string;
  readonly settings: Config["evidence"];
  readonly grid: Party;
  readonly farm: Party | null;
  /** Names an outbox for ever. */
  readonly draw: () => string;
  readonly miners: Config["miners"];
  /** The configured failsafe limit: what an expired licence may come down to. */
  readonly failsafeW: number;
  readonly sightings: () => readonly Known[];
  readonly hashrate: ReportsOptions["hashrate"];
  /** Asks a miner who it is; null: nobody is asked. */
  readonly whoIs: WhoIs | null;
  readonly log: Log;
}

export interface Evidence {
  readonly attendants: readonly Attendant[];
  readonly journal: Journal;
  readonly reports: Reports;
  readonly equipment: EquipmentRegister;
  readonly logHead: () => string | null;
  /** Takes what the operator has to get, now or later. */
  readonly toGrid: Forward;
  /** After the daemon's last word. */
  close(): Promise<void>;
}

/** A month with all its days. */
const MONTH_DAYS = 31;
const DAY_MS = 86_400_000;
const MB = 1_000_000;

/** Rejects when journal or outbox cannot be read: the rack is kept without them then, and says so. */
export async function openEvidence(options: EvidenceOptions): Promise<Evidence> {
  const { clock, disk, key, energyKey, seal, settings, grid, farm, draw, software } = options;
  const keepDays = settings.keepMonths * MONTH_DAYS;
  const sealed = sealedBy(key);
  const journal: Journal = await openJournal({
    disk, clock, seal: sealed, keepDays, packAfterDays: settings.packAfterDays, trouble: (reason) => recorder.trouble(reason),
  });
  const box = ({ link, room, root, drawer }: Party, sealFor: (topic: string, payload: string) => string): Promise<Outbox> =>
    openOutbox({ link, room, topicRoot: root, drawer, clock, draw, summaries: SUMMARIES, seal: sealFor, event: (name, fields) => forwarding.event(name, fields) });
  const gridBox = await box(grid, (topic, payload) => (isSigned(topic) ? seal(payload) : payload));
  const farmBox = farm === null ? null : await box(farm, (_topic, payload) => payload);
  const outboxes = farmBox === null ? [gridBox] : [gridBox, farmBox];
  const toGrid: Forward = (topic, document) => gridBox.put(topic, document);
  const recorder = new Recorder({ ...options, journal, publish: (head) => grid.link.publish({ topic: `${grid.root}/log/head`, payload: head, qos: 1, retain: true }) });
  const energy = new Energy({ journal, toGrid, toFarm: farmBox === null ? null : (topic, document) => farmBox.put(topic, document, "summary"), costOf: costBy(settings.tariff), drawer: grid.drawer, keepMs: keepDays * DAY_MS });
  const reports = new Reports({
    clock, disk, journal, seal: sealed, publicKey: key?.publicKey ?? null, energyKey: energyKey?.key ?? null,
    identity: { ...options.identity, software }, intervals: (from, to) => energy.intervals(from, to), flush: () => energy.flush(), toGrid, hashrate: options.hashrate,
  });
  const equipment = new EquipmentRegister({
    journal, config: options, identity: options.identity, licence: settings.licence?.id ?? null, seal: sealed,
    publicKey: key?.publicKey.export({ format: "jwk" }) ?? null, sightings: options.sightings, whoIs: options.whoIs, clock, log: options.log,
  });
  const licence = settings.licence === null ? [] : [new LicenceWatch(settings.licence, watts(options.failsafeW))];
  const forwarding = new Forwarding({ clock, outboxes, reserve: new Reserve(disk, settings.reserveMB * MB) });
  return {
    attendants: [...licence, energy, forwarding, reports, equipment, recorder],
    journal,
    reports,
    equipment,
    logHead: () => recorder.logHead,
    toGrid,
    async close() {
      await journal.close();
      for (const outbox of outboxes) await outbox.close();
    },
  };
}
