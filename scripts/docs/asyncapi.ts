/** docs/gla-1.asyncapi.yaml: the topics as AsyncAPI 3, from one table. */
import { stringify } from "yaml";
import { schemaFile } from "./schemas.ts";

interface Row {
  readonly name: string;
  readonly address: string;
  readonly types: readonly string[];
  /** As seen from the agent. */
  readonly action: "receive" | "send";
  readonly qos: 0 | 1;
  readonly retain: boolean;
  readonly summary: string;
}

const rows: readonly Row[] = [
  { name: "allocation", address: "gla/1/{operator}/{node}/allocation", types: ["ALLOCATION"], action: "receive", qos: 1, retain: true, summary: "What a node may draw." },
  { name: "event", address: "gla/1/{operator}/{node}/event/{id}", types: ["LIMIT", "SETPOINT", "LEVEL"], action: "receive", qos: 1, retain: true, summary: "What holds for a while." },
  { name: "areaEvent", address: "gla/1/{operator}/area/{area}/event/{id}", types: ["LIMIT", "SETPOINT", "LEVEL"], action: "receive", qos: 1, retain: true, summary: "The same, for every rack of an area." },
  { name: "emergency", address: "gla/1/{operator}/{node}/emergency", types: ["EMERGENCY", "RELEASE"], action: "receive", qos: 1, retain: true, summary: "Sets and clears the node's latch." },
  { name: "allEmergency", address: "gla/1/{operator}/all/emergency", types: ["EMERGENCY", "RELEASE"], action: "receive", qos: 1, retain: true, summary: "The same, for everybody." },
  { name: "keys", address: "gla/1/{operator}/keys", types: ["KEYS"], action: "receive", qos: 1, retain: true, summary: "The whole set of keys that may sign." },
  { name: "heartbeat", address: "gla/1/{operator}/{node}/heartbeat", types: ["HEARTBEAT"], action: "receive", qos: 0, retain: false, summary: "The operator lives, and has said this last." },
  { name: "status", address: "gla/1/{operator}/{node}/status", types: ["STATUS"], action: "send", qos: 1, retain: true, summary: "What the agent does and why; its will says it is unreachable." },
  { name: "ack", address: "gla/1/{operator}/{node}/ack/{id}", types: ["ACK"], action: "send", qos: 1, retain: false, summary: "What becomes of a document." },
  { name: "telemetry", address: "gla/1/{operator}/{node}/telemetry", types: ["TELEMETRY"], action: "send", qos: 0, retain: false, summary: "What the rack draws." },
  { name: "capability", address: "gla/1/{operator}/{node}/capability", types: ["CAPABILITY"], action: "send", qos: 1, retain: true, summary: "What the rack can shed and add." },
  { name: "interval", address: "gla/1/{operator}/{node}/interval", types: ["INTERVAL"], action: "send", qos: 1, retain: false, summary: "What was drawn in a quarter hour, or as `report.intervalS` asks; kept while the link is down." },
  { name: "report", address: "gla/1/{operator}/{node}/report/{id}", types: ["REPORT"], action: "send", qos: 1, retain: false, summary: "What the rack did under an order that has ended; kept while the link is down." },
  { name: "logHead", address: "gla/1/{operator}/{node}/log/head", types: ["LOG_HEAD"], action: "send", qos: 1, retain: true, summary: "Where the rack's journal stands." },
  { name: "notice", address: "gla/1/{operator}/{node}/notice/{event}", types: ["NOTICE"], action: "send", qos: 1, retain: false, summary: "What has changed, for logs." },
];

const parameters: Readonly<Record<string, { readonly description: string }>> = {
  operator: { description: "The grid operator's name." },
  node: { description: "site/{site} or site/{site}/rack/{rack}; the agent speaks for its rack." },
  area: { description: "An area the rack's allocation makes it a member of." },
  id: { description: "The document's id." },
  event: { description: "The event's name: limit.changed." },
};

export function asyncapiFile(): string {
  const types = [...new Set(rows.flatMap(({ types: named }) => named))];
  const document = {
    asyncapi: "3.0.0",
    info: { title: "GLA/1: grid load allocation over MQTT", version: "1.0.0", description: "From the agent's side. gla-1.md says what the documents mean.", license: { name: "Apache-2.0" } },
    defaultContentType: "application/json",
    channels: Object.fromEntries(rows.map(({ name, address, types: named, summary, qos, retain }) => {
      const used = [...address.matchAll(/\{(\w+)\}/g)].flatMap(([, parameter]) => parameter ?? []);
      return [name, {
        address, summary,
        parameters: Object.fromEntries(used.map((parameter) => [parameter, parameters[parameter]])),
        messages: Object.fromEntries(named.map((type) => [type, { $ref: `#/components/messages/${type}` }])),
        bindings: { mqtt: { qos, retain, bindingVersion: "0.2.0" } },
      }];
    })),
    operations: Object.fromEntries(rows.map(({ name, action, types: named, qos, retain }) => [`${action}${name[0]?.toUpperCase()}${name.slice(1)}`, {
      action, channel: { $ref: `#/channels/${name}` }, messages: named.map((type) => ({ $ref: `#/channels/${name}/messages/${type}` })), bindings: { mqtt: { qos, retain, bindingVersion: "0.2.0" } },
    }])),
    components: {
      messages: Object.fromEntries(types.map((type) => [type, { name: type, contentType: "application/json", payload: { schemaFormat: "application/schema+json;version=draft-07", schema: { $ref: `./${schemaFile(type)}` } } }])),
    },
  };
  return `# Made by \`npm run docs\`; the rows are in scripts/docs/asyncapi.ts.\n${stringify(document, { lineWidth: 0 })}`;
}
