/**
 * What makes rack and machines appear in Home Assistant by themselves: MQTT discovery, one message a device. A value that is not renewed
 * becomes unavailable there (expire_after), all do when the rack is gone (its will), and the broker forgets the message itself after a while.
 */
import type { OutgoingMessage } from "../../runtime/link.ts";
import { goneAfterS, REST_S, type ASIC, type RACK } from "./tables.ts";

export interface HomeAssistantOptions {
  /** `homeassistant` unless it was told otherwise. */
  readonly prefix: string;
  readonly root: string;
  readonly site: string;
  readonly rack: string;
  readonly software: string;
  readonly machines: readonly { readonly id: string; readonly model: string }[];
}

interface Entity<Member> {
  readonly name: string;
  readonly member: Member;
  readonly unit?: string;
  readonly deviceClass?: string;
  readonly icon?: string;
}

const RACK_ENTITIES: readonly Entity<keyof typeof RACK>[] = [
  { name: "Power", member: "powerW", unit: "W", deviceClass: "power" },
  { name: "Limit", member: "limitW", unit: "W", deviceClass: "power" },
  { name: "Limit holds still", member: "limitRemainingS", unit: "s", deviceClass: "duration" },
  { name: "Limit comes from", member: "limitSource", icon: "mdi:transmission-tower" },
  { name: "State", member: "state", icon: "mdi:state-machine" },
  { name: "Compliance", member: "compliance", icon: "mdi:check-decagram" },
  { name: "Hashrate", member: "hashrateThs", unit: "TH/s", icon: "mdi:pickaxe" },
  { name: "Efficiency", member: "efficiencyJPerTh", unit: "J/TH", icon: "mdi:leaf" },
  { name: "ASICs answering", member: "asicsAnswering", icon: "mdi:server-network" },
  { name: "ASICs asleep", member: "asicsAsleep", icon: "mdi:sleep" },
];

const ASIC_ENTITIES: readonly Entity<keyof typeof ASIC>[] = [
  { name: "Power", member: "powerW", unit: "W", deviceClass: "power" },
  { name: "Hashrate", member: "hashrateThs", unit: "TH/s", icon: "mdi:pickaxe" },
  { name: "Temperature", member: "temperatureC", unit: "°C", deviceClass: "temperature" },
  { name: "State", member: "state", icon: "mdi:state-machine" },
];

/** Retained; a broker of MQTT 5 forgets it after three rounds that did not come. */
export const RENEW_S = 2_400;
const EXPIRY_S = 3 * RENEW_S;
/** Six of the messages a rack sends at the least. */
const RACK_GONE_S = REST_S;

export class HomeAssistant {
  readonly #options: HomeAssistantOptions;
  /** By name of what appears: the rack's is empty. */
  readonly names: readonly string[];

  constructor(options: HomeAssistantOptions) {
    this.#options = options;
    this.names = ["", ...options.machines.map(({ id }) => id)];
  }

  /** The message that makes it appear. */
  message(name: string): OutgoingMessage {
    const { prefix, root, site, rack, software, machines } = this.#options;
    const own = `curtaild/${site}/${rack}`;
    const id = name === "" ? own : `${own}/${name}`;
    const device = name === ""
      ? { identifiers: [own], name: `Rack ${site} ${rack}`, manufacturer: "curtaild", model: "mining rack", sw_version: software }
      : { identifiers: [id], name, manufacturer: "curtaild", model: machines.find((machine) => machine.id === name)?.model ?? "ASIC", via_device: own };
    const components = name === "" ? componentsOf(RACK_ENTITIES, id, RACK_GONE_S) : componentsOf(ASIC_ENTITIES, id, goneAfterS(2 * machines.length));
    const payload = {
      device,
      origin: { name: "curtaild", sw_version: software },
      availability: [{ topic: `${root}/status`, value_template: "{{ 'online' if value_json.online else 'offline' }}" }],
      state_topic: name === "" ? `${root}/rack` : `${root}/asic/${name}`,
      components,
    };
    return { topic: `${prefix}/device/${objectId(id)}/config`, payload: JSON.stringify(payload), qos: 1, retain: true, expirySeconds: EXPIRY_S, contentType: "application/json" };
  }
}

/** JSON's null becomes None, which Home Assistant takes for unknown. */
const componentsOf = (entities: readonly Entity<string>[], id: string, goneS: number): object =>
  Object.fromEntries(entities.map(({ name, member, unit, deviceClass, icon }) => [member, {
    platform: "sensor",
    unique_id: `${id}/${member}`,
    name,
    value_template: `{{ value_json.${member} }}`,
    expire_after: goneS,
    ...(unit !== undefined && { unit_of_measurement: unit, state_class: "measurement" }),
    ...(deviceClass !== undefined && { device_class: deviceClass }),
    ...(icon !== undefined && { icon }),
  }]));

/** Letters, digits, dashes and underscores are all a discovery topic takes. */
const objectId = (id: string): string => id.replaceAll("/", "__").replaceAll(".", "_2E_");
