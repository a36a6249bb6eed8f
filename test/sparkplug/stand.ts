/** An edge node with two machines and a PDU, without a network: what it publishes, decoded, and the clock it is looked at by. */
import { loadCodec } from "../../agent/report/sparkplug/codec.ts";
import { ASIC_TABLE, NODE_TABLE, pduTable, pduValues } from "../../agent/report/sparkplug/metrics.ts";
import { EdgeNode, type DeviceReading } from "../../agent/report/sparkplug/node.ts";
import type { Scalar } from "../../agent/report/farm/said.ts";
import type { OutgoingMessage } from "../../agent/runtime/link.ts";
import { readWire, type WirePayload } from "./wire.ts";

export const codec = await loadCodec();
export const BEGAN = Date.UTC(2026, 5, 1);

export interface Published extends WirePayload {
  /** NBIRTH, DDATA and so on. */
  readonly kind: string;
  readonly topic: string;
  readonly qos: number;
  readonly retain: boolean;
}

const kindOf = (topic: string): string => topic.split("/")[2] ?? "";
export const decoded = (message: OutgoingMessage): Published => ({ ...readWire(message.payload), kind: kindOf(message.topic), topic: message.topic, qos: message.qos, retain: message.retain });

const PDU = pduTable(2);
type Values = Record<string, Scalar>;

export class Stand {
  readonly node: EdgeNode;
  readonly published: Published[] = [];
  /** Of topics and payloads, by second. */
  readonly bytes: number[] = [];
  will: Published | null = null;
  rack: Values = { ...Object.fromEntries(Object.keys(NODE_TABLE).map((name) => [name, null])), state: "controlled", compliance: "compliant", powerW: 20_000, limitW: null, drill: false, asicsTotal: 2 };
  readonly devices = new Map<string, DeviceReading | null>();
  seconds = 0;

  constructor({ primaryHost = null, machines = 2 }: { readonly primaryHost?: string | null; readonly machines?: number } = {}) {
    const ids = Array.from({ length: machines }, (_, index) => `asic-${index + 1}`);
    this.node = new EdgeNode({ group: "mining", node: "s1-r1", primaryHost, codec, table: NODE_TABLE, devices: [...ids, "pdu-1"] });
    for (const id of ids) this.machine(id, {});
    this.devices.set("pdu-1", { table: PDU, values: pduValues(6_000, [{ name: "pdu-1/1", on: true, powerW: 3_000, device: "asic-1" }], PDU) });
  }

  get at(): number {
    return BEGAN + this.seconds * 1_000;
  }

  machine(id: string, over: Values): void {
    const before = this.devices.get(id)?.values ?? { ...Object.fromEntries(Object.keys(ASIC_TABLE).map((name) => [name, null])), state: "hashing", powerW: 3_000, hashrateThs: 120, maintenance: false };
    this.devices.set(id, { table: ASIC_TABLE, values: { ...before, ...over } });
  }

  silence(id: string): void {
    this.devices.set(id, null);
  }

  connect(bdSeq: number): void {
    this.will = decoded(this.node.will(bdSeq, this.at));
    this.node.connected();
  }

  /** Looks once a second; what went out meanwhile. */
  look(seconds = 1): Published[] {
    const from = this.published.length;
    for (let second = 0; second < seconds; second += 1) {
      this.seconds += 1;
      const messages = this.node.look({ at: this.at, atS: this.seconds, node: { ...this.rack }, device: (id) => this.devices.get(id) ?? null });
      this.published.push(...messages.map(decoded));
      this.bytes.push(messages.reduce((sum, { topic, payload }) => sum + topic.length + payload.length, 0));
    }
    return this.published.slice(from);
  }

  host(online: boolean, timestamp: number, host = "scada") {
    return this.node.hear(`spBv1.0/STATE/${host}`, Buffer.from(JSON.stringify({ online, timestamp })), this.at);
  }

  command(kind: "NCMD" | "DCMD", metrics: Parameters<typeof codec.encode>[0]["metrics"], device = "") {
    return this.node.hear(`spBv1.0/mining/${kind}/s1-r1${device}`, codec.encode({ timestamp: this.at, metrics }), this.at);
  }

  rebirth() {
    return this.command("NCMD", [{ name: "Node Control/Rebirth", value: true }]);
  }
}
