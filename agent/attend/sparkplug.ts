/** Keeps the rack's edge node on a connection of its own: its will is the node's death, and a connection has one will. */
import type { Decision } from "../core/decide.ts";
import { millis, seconds, type Millis } from "../core/units.ts";
import type { Tick } from "../core/time.ts";
import type { Change } from "../report/changes.ts";
import { deviceRow, type DeviceNotes } from "../report/devices.ts";
import { asicValues, rackValues } from "../report/farm/documents.ts";
import { loadCodec } from "../report/sparkplug/codec.ts";
import { ASIC_TABLE, NODE_TABLE, pduTable, pduValues } from "../report/sparkplug/metrics.ts";
import { EdgeNode, type DeviceReading, type Heard, type Reading } from "../report/sparkplug/node.ts";
import type { StatusDocument } from "../report/status.ts";
import type { Clock } from "../runtime/clock.ts";
import { messageOf } from "../runtime/errors.ts";
import type { IncomingMessage, Link, OutgoingMessage, Subscription } from "../runtime/link.ts";
import type { Table } from "../report/farm/tables.ts";
import type { Attendant, Desk } from "./attendant.ts";
import { outletLooks } from "./outlet-looks.ts";

export interface SparkplugOptions {
  readonly group: string;
  readonly node: string;
  readonly primaryHost: string | null;
  readonly brokers: number;
  readonly machines: readonly string[];
  readonly pdus: readonly string[];
  readonly about: (device: string) => DeviceNotes;
  readonly clock: Clock;
  /** Opens the node's own connection. */
  readonly door: (terms: { readonly subscriptions: readonly Subscription[]; readonly will: () => OutgoingMessage }) => Link;
}

/** A broker where the primary host does not show itself is left after this long, if there is another. */
const HOST_WITHIN = seconds(5);
/** Cycles may come more often than a host has use for: what changed in between is said with the next look. */
const LOOK_EVERY = seconds(1);
/** Commands without end are said so often. */
const SAY_AGAIN = seconds(60);
const LARGEST_BDSEQ = 255;

export class Sparkplug implements Attendant {
  readonly name = "sparkplug";
  readonly #options: SparkplugOptions;
  #desk: Desk | null = null;
  #node: EdgeNode | null = null;
  #link: Link | null = null;
  /** Of the next connection. */
  #bdSeq = 0;
  /** By the number of outlets. */
  readonly #tables = new Map<number, Table<string>>();
  #silentSince: Millis | null = null;
  #saidAt: Millis | null = null;
  #lookedAt: Millis | null = null;

  constructor(options: SparkplugOptions) {
    this.#options = options;
  }

  attach(kept: unknown, desk: Desk): void {
    this.#desk = desk;
    if (typeof kept === "number" && kept >= 0 && kept <= LARGEST_BDSEQ) this.#bdSeq = kept;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { group, node: id, primaryHost, door, machines, pdus, clock } = this.#options;
    const node = new EdgeNode({ group, node: id, primaryHost, codec: await loadCodec(), table: NODE_TABLE, devices: [...machines, ...pdus] });
    const link = door({ subscriptions: node.subscriptions, will: () => node.will(this.#bdSeq, clock.now().at) });
    this.#node = node;
    this.#link = link;
    // Before the link hears of it, and goes.
    signal.addEventListener("abort", () => this.#publish(node.end(clock.now().at)), { once: true });
    await link.run({
      message: (message) => this.#hear(node, message),
      connected: () => {
        this.#usedUp();
        node.connected();
        this.#lookedAt = null;
        this.#silentSince = null;
      },
      disconnected: () => node.disconnected(),
    }, signal);
  }

  decided(decision: Decision, { status, tick }: { readonly status: StatusDocument; readonly tick: Tick }): readonly Change[] {
    const node = this.#node;
    if (node === null) return [];
    if (this.#lookedAt === null || tick.uptime - this.#lookedAt >= LOOK_EVERY) {
      this.#lookedAt = tick.uptime;
      for (const message of node.look(this.#reading(decision, status, tick))) this.#publish(message);
    }
    this.#walk(node, tick.uptime);
    return [];
  }

  /** The one boundary around what is heard: what throws in here was a bug of ours, and a retained message that brings it back ends nothing. */
  #hear(node: EdgeNode, { topic, payload }: IncomingMessage): void {
    let heard: Heard;
    try {
      heard = node.hear(topic, payload, this.#options.clock.now().at);
    } catch (error) {
      heard = { kind: "refused", topic, metrics: `a bug of ours: ${messageOf(error)}` };
    }
    this.#follow(heard);
  }

  #follow(heard: Heard): void {
    const { uptime } = this.#options.clock.now();
    switch (heard.kind) {
      case "rebirth":
        this.#lookedAt = null;
        this.#desk?.soon();
        return;
      case "leave":
        this.#publish(heard.death);
        if (heard.death !== null) this.#link?.next();
        return;
      case "refused":
        if (this.#saidAt !== null && uptime - this.#saidAt < SAY_AGAIN) return;
        this.#saidAt = uptime;
        this.#desk?.event("command.refused", { topic: heard.topic, metrics: heard.metrics });
        return;
      case "nothing":
    }
  }

  /** With several brokers the primary host is looked for at each in turn. */
  #walk(node: EdgeNode, uptime: Millis): void {
    if (node.session !== "silent") this.#silentSince = null;
    else if (this.#silentSince === null) this.#silentSince = uptime;
    else if (this.#options.brokers > 1 && millis(uptime - this.#silentSince) >= HOST_WITHIN) {
      this.#silentSince = null;
      this.#link?.next();
    }
  }

  /** A number is used up when a connection has come about with it, and the next is on its way to the disk before anything is said. */
  #usedUp(): void {
    this.#bdSeq = this.#bdSeq === LARGEST_BDSEQ ? 0 : this.#bdSeq + 1;
    this.#desk?.keep(this.#bdSeq).catch(() => undefined);
  }

  #publish(message: OutgoingMessage | null): void {
    if (message !== null) this.#link?.publish(message);
  }

  #reading(decision: Decision, status: StatusDocument, tick: Tick): Reading {
    const known = new Map<string, DeviceReading | null>();
    const find = this.#finder(decision);
    const device = (id: string): DeviceReading | null => {
      const found = known.get(id);
      if (found !== undefined) return found;
      const read = find(id);
      known.set(id, read);
      return read;
    };
    return { at: tick.at, atS: tick.uptime / 1_000, node: rackValues(status), device };
  }

  /** A machine that does not answer is gone, and so is a PDU; what a PDU says of a silent machine is told there. */
  #finder(decision: Decision): (id: string) => DeviceReading | null {
    const views = new Map(decision.views.map((view) => [view.device.id, view]));
    const plant = this.#desk?.plant;
    const looks = plant === undefined ? [] : outletLooks(plant);
    return (id) => {
      const view = views.get(id);
      if (view !== undefined) return view.device.reading.kind === "known" ? { table: ASIC_TABLE, values: asicValues(deviceRow(view, decision, this.#options.about(id))) } : null;
      const meter = plant?.meters.find((loop) => loop.meter.id === id);
      if (meter === undefined || meter.reading === null || meter.failure !== null) return null;
      const table = this.#pduTable(meter.reading.outlets.length);
      return { table, values: pduValues(meter.reading.power, looks.filter(({ name }) => name.startsWith(`${id}/`)), table) };
    };
  }

  #pduTable(outlets: number): Table<string> {
    const table = this.#tables.get(outlets) ?? pduTable(outlets);
    this.#tables.set(outlets, table);
    return table;
  }
}
