/** The grid's side: allocations, and heartbeats beside them. */
import { once, EventEmitter } from "node:events";
import { mqttLink } from "../../agent/link/mqtt-link.ts";
import type { IncomingMessage, Link } from "../../agent/runtime/link.ts";
import { silentLog } from "../../agent/runtime/log.ts";
import { stopwatch } from "../../agent/runtime/system-clock.ts";
import { compose, isoTime } from "../../agent/signal/compose.ts";
import { wallMs } from "./statistics.ts";

export const OPERATOR = "bench";
export const NODE = { site: "s1", rack: "r1" } as const;
const node = `site/${NODE.site}/rack/${NODE.rack}`;

const HEARTBEAT_MS = 2_000;
const DAY_MS = 86_400_000;
/** Documents begun long ago: a clock may be 2 s off, and what may not have begun yet raises nothing. */
const HOUR_MS = 3_600_000;
/** Percent of nominal power a minute: over in one cycle, since no figure here is about the ramp. */
const AT_ONCE = 1_000_000;
const CONNECT_MS = 10_000;

export class BenchOperator implements AsyncDisposable {
  /** Publication to arrival at a subscriber, ms: what of every told sample belongs to the broker. */
  readonly hops: number[] = [];
  readonly #link: Link;
  readonly #end = new AbortController();
  readonly #running: Promise<void>;
  readonly #told = new EventEmitter();
  readonly #heart: NodeJS.Timeout;
  /** What the heartbeats name: the last order on each topic. */
  #last: Record<string, readonly [epoch: number, seq: number]> = {};
  #sent: { readonly payload: string; readonly at: number } | null = null;
  #seq = Date.now();
  readonly #aheadMs: number;

  private constructor(broker: string, aheadMs: number) {
    this.#aheadMs = aheadMs;
    this.#link = mqttLink({
      urls: [broker],
      clientId: `bench-operator-${process.pid}`,
      subscriptions: [{ topic: `gla/1/${OPERATOR}/${node}/allocation`, qos: 1 }],
      clock: stopwatch(),
      log: silentLog,
      random: Math.random,
    });
    this.#running = this.#link.run({ message: (message) => this.#hear(message), connected: () => this.#told.emit("connected"), disconnected: () => undefined }, this.#end.signal);
    this.#heart = setInterval(() => this.#beat(), HEARTBEAT_MS);
  }

  /** `aheadMs`: how far its wall clock is ahead, as the daemon's. */
  static async connect(broker: string, aheadMs: number): Promise<BenchOperator> {
    const operator = new BenchOperator(broker, aheadMs);
    await once(operator.#told, "connected", { signal: AbortSignal.timeout(CONNECT_MS) });
    return operator;
  }

  /** Publishes what the rack may draw from now on, to be followed at once in both directions. Returns the wall time of the publication, ms. */
  allocate(limitW: number): number {
    const now = Date.now() + this.#aheadMs;
    const document = compose(
      "ALLOCATION",
      {
        validFrom: isoTime(now - HOUR_MS),
        validUntil: isoTime(now + DAY_MS),
        maxW: Math.round(limitW),
        restart: { minOffS: 0, randomS: 0, rampPctPerMin: AT_ONCE },
      },
      { operator: OPERATOR, node, seq: ++this.#seq, iat: now, exp: now + DAY_MS, key: null },
    );
    this.#last = { [document.topic]: [0, this.#seq] };
    const at = wallMs();
    this.#sent = { payload: document.payload, at };
    this.#link.publish(document);
    return at;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#heart);
    this.#end.abort();
    await this.#running;
  }

  #beat(): void {
    const now = Date.now() + this.#aheadMs;
    const fields = { periodS: HEARTBEAT_MS / 1000, last: this.#last };
    this.#link.publish(compose("HEARTBEAT", fields, { operator: OPERATOR, node, seq: ++this.#seq, iat: now, exp: now + DAY_MS, key: null }));
  }

  #hear({ payload }: IncomingMessage): void {
    if (this.#sent === null || Buffer.from(payload).toString() !== this.#sent.payload) return;
    this.hops.push(wallMs() - this.#sent.at);
    this.#sent = null;
  }
}
