/** docs/gla-1.asyncapi.yaml and docs/farm.asyncapi.yaml: the topics of both links as AsyncAPI 3, from one table each. */
import { stringify } from "yaml";
import { schemaFile } from "./schemas.ts";

export interface Row {
  readonly name: string;
  readonly address: string;
  readonly types: readonly string[];
  /** As seen from the agent. */
  readonly action: "receive" | "send";
  readonly qos: 0 | 1;
  readonly retain: boolean;
  readonly summary: string;
}

export const gridRows: readonly Row[] = [
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
  event: { description: "The event's name; the runbook has them all." },
  site: { description: "The site's name." },
  rack: { description: "The rack's name." },
  asic: { description: "The miner's name in the configuration." },
  meter: { description: "The PDU's name in the configuration." },
  outlet: { description: "Its number, counted from 1." },
};

/** With the prefixes the configuration has unless it says otherwise. */
export const farmRows: readonly Row[] = [
  { name: "status", address: "curtaild/{site}/{rack}/status", types: ["STATUS"], action: "send", qos: 1, retain: true, summary: "The same status as the operator's, unsigned; its will says it is unreachable." },
  { name: "rack", address: "curtaild/{site}/{rack}/rack", types: ["RACK"], action: "send", qos: 1, retain: true, summary: "The rack in one flat message: at once when it moves, and every 10 s." },
  { name: "asic", address: "curtaild/{site}/{rack}/asic/{asic}", types: ["ASIC"], action: "send", qos: 0, retain: false, summary: "A miner: when it has moved, and once a minute." },
  { name: "outlet", address: "curtaild/{site}/{rack}/outlet/{meter}/{outlet}", types: ["OUTLET"], action: "send", qos: 0, retain: false, summary: "An outlet: when it has moved, and once a minute." },
  { name: "notice", address: "curtaild/{site}/{rack}/notice/{event}", types: ["NOTICE"], action: "send", qos: 1, retain: false, summary: "Every event but single orders and their acknowledgements." },
  { name: "interval", address: "curtaild/{site}/{rack}/interval", types: ["INTERVAL"], action: "send", qos: 1, retain: false, summary: "Energy of a quarter hour, with efficiency and cost; kept while the link is down." },
  { name: "machines", address: "curtaild/{site}/{rack}/machines", types: ["MACHINES"], action: "send", qos: 1, retain: false, summary: "Energy of every miner in a quarter hour, a row each, in parts of 200; kept while the link is down." },
  { name: "summary", address: "curtaild/{site}/{rack}/summary", types: ["SUMMARY"], action: "send", qos: 1, retain: false, summary: "A minute of the rack with a row a miner, in parts of 200; kept while the link is down." },
];

interface Described {
  readonly title: string;
  readonly description: string;
  readonly rows: readonly Row[];
}

export const asyncapiFiles = (): ReadonlyMap<string, string> =>
  new Map([
    ["gla-1.asyncapi.yaml", asyncapiFile({ title: "GLA/1: grid load allocation over MQTT", description: "From the agent's side. gla-1.md says what the documents mean.", rows: gridRows })],
    ["farm.asyncapi.yaml", asyncapiFile({ title: "curtaild: telemetry for the farm over MQTT", description: "From the agent's side. telemetry.md says when what is told.", rows: farmRows })],
  ]);

function asyncapiFile({ title, description, rows }: Described): string {
  const types = [...new Set(rows.flatMap(({ types: named }) => named))];
  const document = {
    asyncapi: "3.0.0",
    info: { title, version: "1.0.0", description, license: { name: "Apache-2.0" } },
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
