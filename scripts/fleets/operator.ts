/** The operator's side of the fleet: keys, allocations, signed heartbeats to every rack, area documents, and an ear for acknowledgements. */
import { once, EventEmitter } from "node:events";
import { mqttLink } from "../../agent/link/mqtt-link.ts";
import type { Delivery, IncomingMessage, Link } from "../../agent/runtime/link.ts";
import { silentLog } from "../../agent/runtime/log.ts";
import { stopwatch } from "../../agent/runtime/system-clock.ts";
import { compose, isoTime, type Composed } from "../../agent/signal/compose.ts";
import { wallMs } from "../bench/statistics.ts";
import { AREA, nameOf, NOMINAL_W, OPERATOR, operatorKeys, rootKeys, SHARE } from "./names.ts";

const BEAT_EVERY_MS = 100;
/** Documents handed to the link together: its queue holds 1,000, and the heartbeats go by the same one. */
const ALLOCATIONS_AT_ONCE = 250;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const operator = operatorKeys();
const key = { kid: "op", key: operator.privateKey };

export class FleetOperator implements AsyncDisposable {
  /** What the broker says of itself: `publish/messages/sent` and the like, as numbers. */
  readonly broker = new Map<string, number>();
  readonly #link: Link;
  readonly #end = new AbortController();
  readonly #running: Promise<void>;
  readonly #told = new EventEmitter();
  readonly #beating: NodeJS.Timeout;
  /** Last order on each topic, by rack and of the whole fleet. */
  readonly #last: Record<string, readonly [number, number]> = {};
  readonly #own = new Map<number, Record<string, readonly [number, number]>>();
  readonly #acks = new Map<string, { readonly racks: Set<string>; lastAt: number }>();
  #next = 0;
  /** Heartbeats owed. */
  #due = 0;
  #beatAt = performance.now();
  #seq = Date.now();

  readonly #heartbeatS: number;

  /** Each rack hears one every `heartbeatS`. */
  constructor(url: string, heartbeatS: number) {
    this.#heartbeatS = heartbeatS;
    this.#link = mqttLink({
      urls: [url], clientId: "fleet-operator", clock: stopwatch(), log: silentLog, random: Math.random,
      subscriptions: [{ topic: `gla/1/${OPERATOR}/site/+/rack/+/ack/+`, qos: 0 }, { topic: "$SYS/broker/#", qos: 0 }],
    });
    this.#running = this.#link.run({ message: (message) => this.#hear(message), connected: () => this.#told.emit("connected"), disconnected: () => undefined }, this.#end.signal);
    this.#beating = setInterval(() => this.#beat(), BEAT_EVERY_MS);
  }

  async ready(): Promise<void> {
    if (!this.#link.connected) await once(this.#told, "connected", { signal: AbortSignal.timeout(10_000) });
    const { kty, crv, x } = operator.publicKey.export({ format: "jwk" });
    const types = ["ALLOCATION", "LIMIT", "EMERGENCY", "RELEASE", "HEARTBEAT"];
    this.#say(compose("KEYS", { keys: [{ kid: "op", alg: "Ed25519", key: { kty, crv, x }, types, nodes: ["all", "area", "site"], notAfter: null }] }, { ...this.#envelope("all"), key: { kid: "root", key: rootKeys().privateKey } }), this.#last);
  }

  /** Allows these racks their nominal power, and makes them members of the area; from now on they hear heartbeats. */
  async admit(indices: readonly number[]): Promise<void> {
    for (let from = 0; from < indices.length; from += ALLOCATIONS_AT_ONCE) {
      const deliveries = await Promise.all(indices.slice(from, from + ALLOCATIONS_AT_ONCE).map((index) => this.#allow(index)));
      const failed = deliveries.find(({ kind }) => kind !== "acknowledged");
      if (failed !== undefined) throw new Error(`the broker did not take an allocation: ${failed.kind}`);
    }
  }

  async #allow(index: number): Promise<Delivery> {
    const now = Date.now();
    const fields = { validFrom: isoTime(now - HOUR_MS), validUntil: isoTime(now + DAY_MS), maxW: NOMINAL_W, areas: { [AREA]: SHARE }, restart: { minOffS: 0, randomS: 0, rampPctPerMin: 100 } };
    const document = compose("ALLOCATION", fields, this.#envelope(nameOf(index).node));
    this.#own.set(index, { [document.topic]: [0, this.#seq] });
    return this.#link.deliver(document);
  }

  /** A limit for the whole area. Returns its id and when it was published, by the wall clock. */
  limitArea(limitW: number, forS: number): { readonly id: string; readonly at: number } {
    const id = `fan-${this.#seq + 1}`;
    this.#acks.set(id, { racks: new Set(), lastAt: 0 });
    const document = compose("LIMIT", { intervals: [{ start: null, durationS: forS, limitW }] }, { ...this.#envelope(`area/${AREA}`), id, exp: Date.now() + forS * 1000 });
    const at = wallMs();
    this.#say(document, this.#last);
    // What has ended is obeyed no more, and a heartbeat names what is obeyed and no other.
    setTimeout(() => delete this.#last[document.topic], forS * 1000).unref();
    return { id, at };
  }

  /** How many racks have acknowledged it as accepted, and when the last did. */
  accepted(id: string): { readonly racks: number; readonly lastAt: number } {
    const { racks = new Set(), lastAt = 0 } = this.#acks.get(id) ?? {};
    return { racks: racks.size, lastAt };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#beating);
    this.#end.abort();
    await this.#running;
  }

  #envelope(node: string) {
    const now = Date.now();
    this.#seq += 1;
    return { operator: OPERATOR, node, seq: this.#seq, iat: now, exp: now + DAY_MS, key };
  }

  #say(document: Composed, last: Record<string, readonly [number, number]>): void {
    last[document.topic] = [0, this.#seq];
    this.#link.publish(document);
  }

  /** Spread over the period: a batch every tenth of a second. */
  #beat(): void {
    const racks = [...this.#own.keys()];
    const now = performance.now();
    // By the time that has passed, and not by ticks: on a busy machine some are late.
    for (this.#due += (racks.length * (now - this.#beatAt)) / (this.#heartbeatS * 1000); this.#due >= 1; this.#due -= 1) {
      const index = racks[this.#next++ % racks.length] ?? 0;
      this.#link.publish(compose("HEARTBEAT", { periodS: this.#heartbeatS, last: { ...this.#last, ...this.#own.get(index) } }, this.#envelope(nameOf(index).node)));
    }
    this.#beatAt = now;
  }

  #hear({ topic, payload }: IncomingMessage): void {
    if (topic.startsWith("$SYS/broker/")) {
      this.broker.set(topic.slice("$SYS/broker/".length), Number.parseFloat(Buffer.from(payload).toString("utf8")));
      return;
    }
    const ack = topic.split("/ack/")[1];
    const of = ack === undefined ? undefined : this.#acks.get(ack);
    if (of === undefined) return;
    const text = Buffer.from(payload).toString("utf8");
    const { payload: body } = JSON.parse(text) as { readonly payload: string };
    const { status } = JSON.parse(Buffer.from(body, "base64url").toString("utf8")) as { readonly status: string };
    if (status !== "ACCEPTED") return;
    of.racks.add(topic);
    of.lastAt = wallMs();
  }
}
