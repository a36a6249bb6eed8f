/**
 * An edge node of Sparkplug 3.0, as a reducer: connections, what the host says and looks at the rack go in, messages come out.
 * The rack is the node; machines and PDUs are its devices. Only what the farm's own tables say is worth telling is told.
 */
import type { OutgoingMessage, Subscription } from "../../runtime/link.ts";
import { bytesOf, Pace } from "../farm/pace.ts";
import { Said, type Scalar } from "../farm/said.ts";
import { BUDGET, REST_S, restOf, type Table } from "../farm/tables.ts";
import { Backlog } from "./backlog.ts";
import type { Codec, Metric, Payload } from "./codec.ts";
import { readHostState, type HostState } from "./host.ts";
import { numbered, type Numbered } from "./metrics.ts";

export interface NodeOptions {
  readonly group: string;
  readonly node: string;
  /** The host without which nothing is told; null: whoever is there. */
  readonly primaryHost: string | null;
  readonly codec: Codec;
  readonly table: Table<string>;
  /** Ids of all that may ever be born. */
  readonly devices: readonly string[];
}

/** What a device can tell from its birth on, and what it says now. */
export interface DeviceReading {
  readonly table: Table<string>;
  readonly values: Readonly<Record<string, Scalar>>;
}

/** What is known in one moment. */
export interface Reading {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly atS: number;
  readonly node: Readonly<Record<string, Scalar>>;
  /** null: nothing is heard of it. */
  readonly device: (id: string) => DeviceReading | null;
}

/** What the host said, and what comes of it. */
export type Heard =
  | { readonly kind: "nothing" }
  | { readonly kind: "rebirth" }
  /** The host is not at this broker (any more): leave it for the next. */
  | { readonly kind: "leave"; readonly death: OutgoingMessage | null }
  /** It wants something written: nobody writes here. */
  | { readonly kind: "refused"; readonly topic: string; readonly metrics: string };

const NAMESPACE = "spBv1.0";
const REBIRTH = "Node Control/Rebirth";
const BDSEQ: Numbered = { name: "bdSeq", alias: 900, datatype: "Int64" };
/** Births and history may take so much at once: a connection that is filled drops what goes out at QoS 0. */
const AT_ONCE = 65_536;
const MOST_MISSED = 5_000;
/** Values of one device that go into one message of history. */
const MISSED_TOGETHER = 50;
/** A host that asks without end is answered so often. */
const BETWEEN_BIRTHS_S = 5;

interface Party {
  /** null: the node itself. */
  readonly id: string | null;
  readonly part: number;
  metrics: readonly Numbered[];
  said: Said<string>;
  /** As last told in this session. */
  told: Map<string, Scalar> | null;
  alive: boolean;
}

export class EdgeNode {
  readonly #options: NodeOptions;
  readonly #node: Party;
  readonly #devices: readonly Party[];
  readonly #missed = new Backlog(MOST_MISSED);
  readonly #pace = new Pace(BUDGET);
  /** away: no connection; silent: connected, and the host is not there; births: telling what there is; open: telling what changes. */
  #session: "away" | "silent" | "births" | "open" = "away";
  #bdSeq = 0;
  #seq = 0;
  #host: HostState | null = null;
  #bornAtS = -Infinity;
  #wanted = false;
  #unborn: Party[] = [];

  constructor(options: NodeOptions) {
    this.#options = options;
    const party = (id: string | null, table: Table<string>, part: number): Party => ({ id, part, metrics: numbered(table, part), said: new Said(table, REST_S), told: null, alive: id === null });
    this.#node = party(null, options.table, 0);
    this.#devices = options.devices.map((id, index) => party(id, {}, index + 1));
  }

  get session(): "away" | "silent" | "births" | "open" {
    return this.#session;
  }

  get missed(): number {
    return this.#missed.size;
  }

  get subscriptions(): readonly Subscription[] {
    const { primaryHost } = this.#options;
    const topics = [this.#topic("NCMD"), `${this.#topic("DCMD")}/+`, ...(primaryHost === null ? [] : [`${NAMESPACE}/STATE/${primaryHost}`])];
    return topics.map((topic) => ({ topic, qos: 1 }));
  }

  /** The will of a connection that is about to be tried: also what begins it. `at` is of little use to anybody, and asked for. */
  will(bdSeq: number, at: number): OutgoingMessage {
    this.#bdSeq = bdSeq;
    this.#host = null;
    this.#session = "away";
    return this.#death(at);
  }

  connected(): void {
    this.#session = this.#options.primaryHost === null || this.#host?.online === true ? "births" : "silent";
    if (this.#session === "births") this.#bear();
  }

  disconnected(): void {
    this.#session = "away";
  }

  /** The last word before leaving on purpose; null: there was none before it. */
  end(at: number): OutgoingMessage | null {
    const spoke = this.#session === "births" || this.#session === "open";
    this.#session = "away";
    return spoke ? this.#death(at) : null;
  }

  hear(topic: string, payload: Uint8Array, at: number): Heard {
    const { primaryHost, codec } = this.#options;
    if (primaryHost !== null && topic === `${NAMESPACE}/STATE/${primaryHost}`) return this.#hearHost(readHostState(payload), at);
    const metrics = codec.read(payload);
    if (topic === this.#topic("NCMD") && metrics?.length === 1 && metrics[0]?.name === REBIRTH) {
      if (metrics[0].value !== true) return { kind: "nothing" };
      this.#wanted = true;
      return { kind: "rebirth" };
    }
    const named = metrics === null ? "no payload that can be read" : metrics.map(({ name, alias }) => name ?? `alias ${alias}`).join(", ").slice(0, 200);
    return { kind: "refused", topic, metrics: named };
  }

  /** What is to be published now, in this order. */
  look(reading: Reading): OutgoingMessage[] {
    if (this.#session === "away" || this.#session === "silent") {
      this.#remember(reading);
      return [];
    }
    // Data stops in the moment a birth is asked for.
    if (this.#wanted && reading.atS - this.#bornAtS >= BETWEEN_BIRTHS_S) this.#bear();
    if (this.#session === "births") return this.#births(reading);
    return this.#wanted ? [] : [...this.#deathsAndBirths(reading), ...this.#history(reading), ...this.#data(reading)];
  }

  /** A newer word of the host than the last decides; an older one is late and says nothing. */
  #hearHost(state: HostState | null, at: number): Heard {
    if (state === null || (this.#host !== null && state.timestamp < this.#host.timestamp)) return { kind: "nothing" };
    this.#host = state;
    if (state.online && this.#session === "silent") {
      this.#session = "births";
      this.#bear();
    }
    if (state.online) return { kind: "nothing" };
    return { kind: "leave", death: this.#session === "silent" ? null : this.end(at) };
  }

  #bear(): void {
    this.#session = "births";
    this.#wanted = false;
    this.#unborn = [this.#node, ...this.#devices];
    for (const party of [this.#node, ...this.#devices]) party.told = null;
  }

  /** The node first, then every device that can be heard; nothing else before all are out. */
  #births(reading: Reading): OutgoingMessage[] {
    const messages: OutgoingMessage[] = [];
    let bytes = 0;
    while (bytes < AT_ONCE) {
      const party = this.#unborn.shift();
      if (party === undefined) {
        this.#session = "open";
        return messages;
      }
      const message = party.id === null ? this.#nodeBirth(reading) : this.#deviceBirth(party, reading);
      if (message === null) continue;
      messages.push(message);
      bytes += message.payload.length;
    }
    return messages;
  }

  #nodeBirth(reading: Reading): OutgoingMessage {
    this.#seq = 0;
    this.#bornAtS = reading.atS;
    const own = this.#allOf(this.#node, reading.node, reading);
    const timestamp = reading.at;
    const control: Metric[] = [{ name: BDSEQ.name, alias: BDSEQ.alias, datatype: BDSEQ.datatype, timestamp, value: this.#bdSeq }, { name: REBIRTH, datatype: "Boolean", timestamp, value: false }];
    return this.#message(this.#topic("NBIRTH"), { timestamp, metrics: [...control, ...own] });
  }

  /** null: nothing is heard of it, and it is born when something is. */
  #deviceBirth(party: Party, reading: Reading): OutgoingMessage | null {
    const device = reading.device(party.id ?? "");
    party.alive = device !== null;
    if (device === null) return null;
    party.metrics = numbered(device.table, party.part);
    party.said = new Said(device.table, restOf(this.#devices.length));
    return this.#message(this.#topic("DBIRTH", party), { timestamp: reading.at, metrics: this.#allOf(party, device.values, reading) });
  }

  #deathsAndBirths(reading: Reading): OutgoingMessage[] {
    return this.#devices.flatMap((party) => {
      const alive = reading.device(party.id ?? "") !== null;
      if (alive === party.alive) return [];
      if (alive) return this.#deviceBirth(party, reading) ?? [];
      party.alive = false;
      return [this.#message(this.#topic("DDEATH", party), { timestamp: reading.at, metrics: [] })];
    });
  }

  #allOf(party: Party, values: Readonly<Record<string, Scalar>>, { at, atS }: Reading): Metric[] {
    party.told = new Map(party.metrics.map(({ name }) => [name, values[name] ?? null]));
    party.said.told(values, atS);
    return party.metrics.map(({ name, alias, datatype }) => ({ name, alias, datatype, timestamp: at, value: values[name] ?? null }));
  }

  #data(reading: Reading): OutgoingMessage[] {
    const messages: OutgoingMessage[] = [];
    this.#pace.spend([this.#node, ...this.#devices].flatMap((party) => {
      const values = party.id === null ? reading.node : party.alive ? (reading.device(party.id)?.values ?? null) : null;
      if (values === null) return [];
      return [{
        urgency: party.said.urgency(values, reading.atS),
        send: () => {
          const changed = this.#changed(party, values, reading);
          if (changed.length === 0) return;
          const message = this.#message(this.#topic(party.id === null ? "NDATA" : "DDATA", party), { timestamp: reading.at, metrics: changed });
          messages.push(message);
          this.#pace.charge(bytesOf(message));
        },
      }];
    }), reading.atS);
    return messages;
  }

  /** By alias and value alone: what else there is to say stands in the birth. */
  #changed(party: Party, values: Readonly<Record<string, Scalar>>, { at, atS }: Reading): Metric[] {
    party.said.told(values, atS);
    return party.metrics.flatMap(({ name, alias }) => {
      const value = values[name] ?? null;
      if (party.told?.get(name) === value) return [];
      party.told?.set(name, value);
      return [{ alias, timestamp: at, value }];
    });
  }

  #remember({ at, atS, node, device }: Reading): void {
    for (const party of [this.#node, ...this.#devices]) {
      const values = party.id === null ? node : (device(party.id)?.values ?? null);
      if (values === null || party.said.urgency(values, atS) === 0) continue;
      party.said.told(values, atS);
      const changed = party.metrics.flatMap(({ name }): [string, Scalar][] => ((party.told?.get(name) ?? null) === (values[name] ?? null) ? [] : [[name, values[name] ?? null]]));
      if (changed.length === 0) continue;
      party.told = new Map([...(party.told ?? []), ...changed]);
      this.#missed.add({ device: party.id, at, values: Object.fromEntries(changed) });
    }
  }

  #history({ at }: Reading): OutgoingMessage[] {
    const messages: OutgoingMessage[] = [];
    for (let bytes = 0; bytes < AT_ONCE && this.#missed.size > 0; ) {
      const missed = this.#missed.take(MISSED_TOGETHER);
      const party = missed[0]?.device == null ? this.#node : this.#devices.find(({ id }) => id === missed[0]?.device);
      // A device that is not born has nobody to remember for it.
      if (party === undefined || !party.alive) continue;
      const metrics = missed.flatMap(({ at: then, values }) => party.metrics.flatMap(({ name, alias }): Metric[] => (name in values ? [{ alias, timestamp: then, historical: true, value: values[name] ?? null }] : [])));
      const message = this.#message(this.#topic(party.id === null ? "NDATA" : "DDATA", party), { timestamp: at, metrics });
      messages.push(message);
      bytes += message.payload.length;
    }
    return messages;
  }

  #death(at: number): OutgoingMessage {
    const payload = this.#options.codec.encode({ timestamp: at, metrics: [{ name: BDSEQ.name, timestamp: at, datatype: BDSEQ.datatype, value: this.#bdSeq }] });
    return { topic: this.#topic("NDEATH"), payload, qos: 1, retain: false };
  }

  #message(topic: string, payload: Omit<Payload, "seq">): OutgoingMessage {
    const seq = this.#seq;
    this.#seq = (this.#seq + 1) % 256;
    return { topic, payload: this.#options.codec.encode({ ...payload, seq }), qos: 0, retain: false };
  }

  #topic(kind: string, party: Pick<Party, "id"> = { id: null }): string {
    const { group, node } = this.#options;
    return [NAMESPACE, group, kind, node, ...(party.id === null ? [] : [party.id])].join("/");
  }
}
