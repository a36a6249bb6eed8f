/** The edge node's attendant on real connections, and a host at a broker. */
import { setTimeout as pause } from "node:timers/promises";
import { connectAsync, type MqttClient } from "mqtt";
import type { Desk } from "../../agent/attend/attendant.ts";
import { Sparkplug, type SparkplugOptions } from "../../agent/attend/sparkplug.ts";
import type { Decision } from "../../agent/core/decide.ts";
import { mqttLink } from "../../agent/link/mqtt-link.ts";
import { NO_NOTES } from "../../agent/report/devices.ts";
import { silentLog } from "../../agent/runtime/log.ts";
import { stopwatch } from "../../agent/runtime/system-clock.ts";
import { status } from "../cli/answers.ts";
import { readWire, type WirePayload } from "./wire.ts";

const clock = stopwatch();

/** A host at one broker: hears all, and says whether it is there. */
export class Host {
  readonly heard: (WirePayload & { readonly kind: string; readonly qos: number; readonly retain: boolean; readonly bytes: Buffer })[] = [];
  readonly client: MqttClient;

  private constructor(client: MqttClient) {
    this.client = client;
    client.on("message", (topic, payload, { qos, retain }) => {
      const kind = topic.split("/")[2] ?? "";
      if (kind !== "mining") this.heard.push({ ...readWire(payload), kind, qos, retain, bytes: payload });
    });
  }

  static async at(url: string): Promise<Host> {
    const client = await connectAsync(url, { reconnectPeriod: 0 });
    const host = new Host(client);
    await client.subscribeAsync("spBv1.0/mining/#", { qos: 1 });
    return host;
  }

  state(online: boolean): Promise<unknown> {
    return this.client.publishAsync("spBv1.0/STATE/scada", JSON.stringify({ online, timestamp: Date.now() }), { qos: 1, retain: true });
  }

  kinds(): string[] {
    return this.heard.map(({ kind }) => kind);
  }

  numbers(kind: string): (number | string | boolean | null | undefined)[] {
    return this.heard.filter((message) => message.kind === kind).map(({ metrics }) => metrics.find(({ name }) => name === "bdSeq")?.value);
  }
}

/** The attendant with a rack of no machines, looked at ten times a second. */
export class Life {
  kept: unknown;
  readonly events: [string, Readonly<Record<string, unknown>>][] = [];
  readonly #stop = new AbortController();
  readonly #running: Promise<unknown>;

  constructor(brokers: readonly string[], { kept = null, primaryHost = null }: { readonly kept?: unknown; readonly primaryHost?: string | null } = {}) {
    this.kept = kept;
    const door: SparkplugOptions["door"] = (terms) => mqttLink({ urls: brokers, clientId: "node-r1", ...terms, leavesWill: true, clock, log: silentLog, random: () => 0 });
    const attendant = new Sparkplug({ group: "mining", node: "r1", primaryHost, brokers: brokers.length, machines: [], pdus: [], about: () => NO_NOTES, clock, door });
    const desk = { plant: { meters: [], deviceOn: () => null }, soon: () => undefined, event: (name: string, fields: Readonly<Record<string, unknown>>) => this.events.push([name, fields]), keep: async (value: unknown) => void (this.kept = value) };
    attendant.attach(kept, desk as unknown as Desk);
    this.#running = Promise.all([attendant.run(this.#stop.signal), this.#look(attendant)]);
  }

  async #look(attendant: Sparkplug): Promise<void> {
    while (!this.#stop.signal.aborted) {
      attendant.decided({ views: [] } as unknown as Decision, { status, tick: clock.now() });
      await pause(100);
    }
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}
