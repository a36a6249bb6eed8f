/** The topics this agent obeys (GLA/1 "Topics"), and what each is for. */
import type { Subscription } from "../runtime/link.ts";

export type TopicKind = "allocation" | "event" | "emergency" | "keys" | "heartbeat";

export interface Place {
  readonly topic: string;
  readonly kind: TopicKind;
  /** What `aud` has to say here: `site/s1/rack/r1`, `site/s1`, `area/north` or `all`. */
  readonly node: string;
  /** False for an ancestor's topic, whose watts are for more than this rack. */
  readonly own: boolean;
  /** The id a document on an event topic has to carry. */
  readonly event: string | null;
  /** The subscription it came by: what is counted against flooding, so that made-up event topics share one bucket. */
  readonly filter: string;
}

export interface NodeName {
  readonly prefix: string;
  readonly operator: string;
  readonly site: string;
  readonly rack: string;
}

export const documentId = /^[A-Za-z0-9_-]{1,64}$/;
export const areaName = /^[A-Za-z0-9_-]{1,64}$/;

export class Topics {
  readonly operator: string;
  readonly rack: string;
  /** `site/{site}/rack/{rack}` */
  readonly node: string;
  readonly keys: string;
  readonly subscriptions: readonly Subscription[];
  readonly #fixed: ReadonlyMap<string, Place>;
  readonly #root: string;
  readonly #areas: string;
  readonly #events: readonly { readonly start: string; readonly node: string; readonly own: boolean }[];

  constructor({ prefix, operator, site, rack }: NodeName) {
    const root = `${prefix}/${operator}`;
    const ancestor = `site/${site}`;
    this.operator = operator;
    this.rack = rack;
    this.node = `${ancestor}/rack/${rack}`;
    this.keys = `${root}/keys`;
    const fixed: readonly (readonly [path: string, kind: TopicKind, node: string])[] = [
      [`${this.node}/allocation`, "allocation", this.node],
      [`${ancestor}/allocation`, "allocation", ancestor],
      [`${this.node}/emergency`, "emergency", this.node],
      [`${ancestor}/emergency`, "emergency", ancestor],
      ["all/emergency", "emergency", "all"],
      ["keys", "keys", "all"],
      [`${this.node}/heartbeat`, "heartbeat", this.node],
    ];
    this.#fixed = new Map(
      fixed.map(([path, kind, node]) => {
        const topic = `${root}/${path}`;
        return [topic, { topic, kind, node, own: node === this.node, event: null, filter: topic }];
      }),
    );
    this.#root = root;
    this.#areas = `${root}/area/`;
    this.#events = [this.node, ancestor].map((node) => ({ start: `${root}/${node}/event/`, node, own: node === this.node }));
    this.subscriptions = [
      ...[...this.#fixed.values()].map(({ topic, kind }) => ({ topic, qos: kind === "heartbeat" ? (0 as const) : (1 as const) })),
      ...this.#events.map(({ start }) => ({ topic: `${start}+`, qos: 1 as const })),
      { topic: this.#areaFilter, qos: 1 },
    ];
  }

  /** Where a node's allocation is said. */
  allocationOf(node: string): string {
    return `${this.#root}/${node}/allocation`;
  }

  /** null: no topic of ours. */
  read(topic: string): Place | null {
    const fixed = this.#fixed.get(topic);
    if (fixed !== undefined) return fixed;
    for (const { start, node, own } of this.#events) {
      if (!topic.startsWith(start)) continue;
      const event = topic.slice(start.length);
      return documentId.test(event) ? { topic, kind: "event", node, own, event, filter: `${start}+` } : null;
    }
    return topic.startsWith(this.#areas) ? this.#readArea(topic) : null;
  }

  get #areaFilter(): string {
    return `${this.#areas}+/event/+`;
  }

  /** Every area's events arrive; which areas are ours the rack's own allocation says. */
  #readArea(topic: string): Place | null {
    const [area = "", kind, event = "", ...rest] = topic.slice(this.#areas.length).split("/");
    if (!areaName.test(area) || kind !== "event" || !documentId.test(event) || rest.length > 0) return null;
    return { topic, kind: "event", node: `area/${area}`, own: false, event, filter: this.#areaFilter };
  }
}
