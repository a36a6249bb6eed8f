/** Tells the farm: the rack at once, machines and outlets when they have moved and as far as the link's budget goes, events as they come. */
import type { Decision } from "../core/decide.ts";
import type { Tick } from "../core/time.ts";
import type { Change } from "../report/changes.ts";
import { deviceRow, type DeviceNotes } from "../report/devices.ts";
import type { AgentEvent } from "../report/events.ts";
import { asicValues, farmMessage, outletValues, rackValues } from "../report/farm/documents.ts";
import { RENEW_S, type HomeAssistant } from "../report/farm/home-assistant.ts";
import type { Candidate, Pace } from "../report/farm/pace.ts";
import { Said, type Values } from "../report/farm/said.ts";
import { ASIC, OUTLET, RACK, REST_S, restOf, type Table } from "../report/farm/tables.ts";
import { statusKey, type StatusDocument } from "../report/status.ts";
import type { Link, OutgoingMessage } from "../runtime/link.ts";
import type { Attendant, Desk } from "./attendant.ts";
import { outletLooks } from "./outlet-looks.ts";

export interface FarmOptions {
  readonly link: Link;
  /** Charged by `link`; machines and outlets ask it whether there is room. */
  readonly pace: Pace;
  /** `{prefix}/{site}/{rack}` */
  readonly root: string;
  readonly machines: number;
  readonly about: (device: string) => DeviceNotes;
  /** null: nobody there is told how to show it. */
  readonly homeAssistant: HomeAssistant | null;
  /** What the broker says of us when we are gone, and we ourselves when we stop in order; of the `connects`th connection. */
  readonly will: (connects: number) => OutgoingMessage;
}

const STATUS_EVERY_S = 30;
/** A change of the rack is told at once, its machines once a second. */
const LOOK_EVERY_S = 1;
/** As a figure that has moved far, behind a word. */
const APPEARANCE_URGENCY = 9;
/** Every order to every machine, twice: the machine's own message has what is wanted of it, and the journal has each. */
const UNTOLD = new Set(["setpoint.ordered", "setpoint.acknowledged"]);

export class Farm implements Attendant {
  readonly name = "farm";
  readonly #options: FarmOptions;
  readonly #rack = new Said(RACK, REST_S / 6);
  readonly #asics = new Map<string, Said<keyof typeof ASIC>>();
  readonly #outlets = new Map<string, Said<keyof typeof OUTLET>>();
  readonly #appeared = new Map<string, number>();
  #desk: Desk | null = null;
  #connects = 0;
  #lookedAt: number | null = null;
  #status: { readonly key: string; readonly atS: number } | null = null;

  constructor(options: FarmOptions) {
    this.#options = options;
  }

  attach(_kept: unknown, desk: Desk): void {
    this.#desk = desk;
  }

  decided(decision: Decision, { status, tick }: { readonly status: StatusDocument; readonly tick: Tick }): readonly Change[] {
    if (!this.#options.link.connected) return [];
    const atS = tick.uptime / 1000;
    this.#tellStatus(status, atS);
    const rack = rackValues(status);
    if (this.#rack.urgency(rack, atS) > 0) {
      this.#rack.told(rack, atS);
      this.#publish({ topic: "rack", payload: farmMessage("RACK", tick.at, rack), qos: 1, retain: true, expirySeconds: REST_S });
    }
    if (this.#lookedAt === null || atS - this.#lookedAt >= LOOK_EVERY_S) {
      this.#lookedAt = atS;
      this.#options.pace.spend([...this.#machines(decision, tick), ...this.#sockets(tick), ...this.#appearances(atS)], atS);
    }
    return [];
  }

  happened(event: AgentEvent): void {
    if (event.name === "link.connected" && event["link"] === "farm") this.#begin(Number(event["count"]));
    if (!UNTOLD.has(event.name)) this.#publish({ topic: `notice/${event.name}`, payload: JSON.stringify(event), qos: 1 });
  }

  /** The last word has to be out before the link closes. */
  async run(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => {
        this.#options.link.publish(this.#options.will(this.#connects));
        resolve();
      }, { once: true });
    });
  }

  /** A broker we are newly connected to is told everything. */
  #begin(connects: number): void {
    this.#connects = connects;
    this.#status = null;
    this.#appeared.clear();
    for (const said of [this.#rack, ...this.#asics.values(), ...this.#outlets.values()]) said.forget();
  }

  #tellStatus(status: StatusDocument, atS: number): void {
    const key = statusKey(status);
    if (key === this.#status?.key && atS - this.#status.atS < STATUS_EVERY_S) return;
    this.#status = { key, atS };
    this.#publish({ topic: "status", payload: JSON.stringify(status), qos: 1, retain: true });
  }

  #machines(decision: Decision, { uptime, at }: Tick): Candidate[] {
    return decision.views.map((view) => {
      const { id } = view.device;
      const values = asicValues(deviceRow(view, decision, this.#options.about(id)));
      return this.#candidate(saidOf(this.#asics, id, { table: ASIC, restS: this.#restS }), { topic: `asic/${id}`, values, atS: uptime / 1000, payload: () => farmMessage("ASIC", at, values) });
    });
  }

  #sockets({ uptime, at }: Tick): Candidate[] {
    return (this.#desk === null ? [] : outletLooks(this.#desk.plant)).map((look) => {
      const values = outletValues(look);
      return this.#candidate(saidOf(this.#outlets, look.name, { table: OUTLET, restS: this.#restS }), { topic: `outlet/${look.name}`, values, atS: uptime / 1000, payload: () => farmMessage("OUTLET", at, values) });
    });
  }

  /** What makes rack and machines appear in Home Assistant; renewed, because the broker forgets it. */
  #appearances(atS: number): Candidate[] {
    const { homeAssistant, link } = this.#options;
    return (homeAssistant?.names ?? []).map((name) => {
      const last = this.#appeared.get(name);
      return {
        urgency: last === undefined || atS - last >= RENEW_S ? APPEARANCE_URGENCY : 0,
        send: () => {
          const message = homeAssistant?.message(name);
          if (message === undefined) return;
          this.#appeared.set(name, atS);
          link.publish(message);
        },
      };
    });
  }

  #candidate<Name extends string>(said: Said<Name>, { topic, values, atS, payload }: { readonly topic: string; readonly values: Values<Name>; readonly atS: number; readonly payload: () => string }): Candidate {
    return {
      urgency: said.urgency(values, atS),
      send: () => {
        said.told(values, atS);
        this.#publish({ topic, payload: payload() });
      },
    };
  }

  get #restS(): number {
    return restOf(2 * this.#options.machines);
  }

  /** Nobody waits for a figure: QoS 0, unless said otherwise. */
  #publish({ topic, ...message }: Pick<OutgoingMessage, "topic" | "payload"> & Partial<OutgoingMessage>): void {
    this.#options.link.publish({ qos: 0, retain: false, ...message, topic: `${this.#options.root}/${topic}` });
  }
}

function saidOf<Name extends string>(known: Map<string, Said<Name>>, id: string, { table, restS }: { readonly table: Table<Name>; readonly restS: number }): Said<Name> {
  const found = known.get(id) ?? new Said(table, restS);
  known.set(id, found);
  return found;
}
