/** Everything that was said on a link, by form of topic: which members the payloads had, and one of each. */
import type { IncomingMessage } from "../../agent/runtime/link.ts";

/** What stands for a name or a number in a topic. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/\/(ack|report|event)\/[^/]+$/, "/$1/{id}"], [/\/notice\/.+$/, "/notice/{event}"], [/\/asic\/[^/]+$/, "/asic/{asic}"], [/\/outlet\/[^/]+\/\d+$/, "/outlet/{meter}/{outlet}"],
];

export class Said {
  readonly #forms = new Map<string, { readonly members: Set<string>; readonly payloads: object[] }>();

  hear({ topic, payload }: IncomingMessage): void {
    const form = NAMES.reduce((text, [name, stands]) => text.replace(name, stands), topic);
    const seen = this.#forms.get(form) ?? { members: new Set(), payloads: [] };
    this.#forms.set(form, seen);
    const document = JSON.parse(Buffer.from(payload).toString("utf8")) as object;
    for (const member of Object.keys(document)) seen.members.add(member);
    seen.payloads.push(document);
  }

  /** By form of topic, in order. */
  members(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.#forms].map(([form, { members }]): [string, string] => [form, [...members].sort().join(" ")]).sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  payloads(form: string): readonly object[] {
    return this.#forms.get(form)?.payloads ?? [];
  }
}
