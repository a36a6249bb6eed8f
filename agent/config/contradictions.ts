/** What is valid key by key and still cannot be meant. Every text names both sides. */
import { formatAddress, formatOutlet } from "./address.ts";
import { inClimate } from "./climate.ts";
import { inContacts } from "./contacts.ts";
import { Owned } from "./owned.ts";
import type { BrokerConfig, Config } from "./schema.ts";

export interface Contradiction {
  readonly path: readonly PropertyKey[];
  readonly text: string;
}

/** Whether there is a driver, model or meter profile of a name: the config room cannot know. Each answers what is wrong, or null. */
export interface Vocabulary {
  driver(name: string): string | null;
  model(name: string): string | null;
  /** `directory`: where the site has profiles of its own. */
  profile(name: string, directory: string): string | null;
  /** What meters of this profile can do; null where the profile cannot be read. */
  abilities(name: string, directory: string): Abilities | null;
}

interface Abilities {
  /** A total. */
  readonly measures: boolean;
  /** Contacts that are read. */
  readonly inputs: boolean;
  readonly switches: boolean;
}

export function contradictions(config: Config, vocabulary: Vocabulary | null): Contradiction[] {
  return [...inPower(config), ...inPhases(config), ...inGrid(config), ...inOpenadr(config), ...inLogin(config.grid, "grid"), ...(config.farm === null ? [] : inLogin(config.farm, "farm")), ...inDevices(config), ...inContacts(config, vocabulary), ...inClimate(config), ...inSchedule(config), ...inWeb(config), ...inNames(config, vocabulary), ...inPaths(config)];
}

/** Nothing here stops the rack from obeying, but somebody should look. */
export function doubts(config: Config): Contradiction[] {
  const found: Contradiction[] = [];
  const { node, grid } = config;
  if (grid.failsafeLimitW >= node.nominalW) found.push({ path: ["grid", "failsafeLimitW"], text: `is ${grid.failsafeLimitW} and not below node.nominalW (${node.nominalW}): losing the grid then lowers nothing.` });
  if (!config.meters.some((meter) => meter.role === "rack")) found.push({ path: ["meters"], text: "has none with role rack: nothing measures the rack, and compliance stays unverified." });
  if (config.policy.outlets !== "never" && !config.miners.some(({ outlet }) => outlet !== null)) found.push({ path: ["policy", "outlets"], text: `is ${config.policy.outlets}, but no miner has an outlet: nothing can be opened. curtailctl map finds them.` });
  for (const [link, path] of [[grid, "grid"], [config.farm, "farm"]] as const) {
    if (link?.passwordFile && link.brokers.some(isPlain)) found.push({ path: [path, "passwordFile"], text: `goes in clear text to ${link.brokers.find(isPlain)}: use mqtts://.` });
  }
  if (config.openadr?.contractW === null && grid.brokers.length === 0) found.push({ path: ["openadr", "contractW"], text: "is not set: whenever the VTN states no IMPORT_CAPACITY_SUBSCRIPTION, the failsafe limit holds." });
  config.meters.forEach((meter, index) => {
    const unused = (["address", "serial", "tls"] as const).find((key) => meter[key] !== null && !needs(meter, key));
    if (unused !== undefined) found.push({ path: ["meters", index, unused], text: `is not used with transport ${meter.transport}: remove it, or correct the transport.` });
  });
  return found;
}

const isPlain = (url: string): boolean => url.startsWith("mqtt://") && !/\/\/(localhost|127\.|\[::1\])/.test(url);

function inPower({ node, grid }: Config): Contradiction[] {
  const found: Contradiction[] = [];
  if (grid.failsafeLimitW > node.breakerW) found.push({ path: ["grid", "failsafeLimitW"], text: `is ${grid.failsafeLimitW}, above node.breakerW (${node.breakerW}): lower the failsafe limit or correct the breaker.` });
  if (node.nominalW > node.breakerW) found.push({ path: ["node", "nominalW"], text: `is ${node.nominalW}, above node.breakerW (${node.breakerW}): the feed cannot carry the rack at full operation; correct one of them.` });
  return found;
}

function inPhases({ node, miners, meters }: Config): Contradiction[] {
  if (node.phases === null) {
    const [breaker, phase] = [meters.findIndex(({ breakerA }) => breakerA !== null), miners.findIndex((miner) => miner.phase !== null)];
    const text = (what: string): string => `is set (${what}) while node.phases is not: without a voltage there are no amperes. Add node.phases, or remove it.`;
    return [
      ...(breaker < 0 ? [] : [{ path: ["meters", breaker, "breakerA"], text: text(`${meters[breaker]?.breakerA ?? ""}`) }]),
      ...(phase < 0 ? [] : [{ path: ["miners", phase, "phase"], text: text(miners[phase]?.phase ?? "") }]),
    ];
  }
  const { breakerA } = node.phases;
  return [
    ...miners.flatMap(({ phase }, index) => (phase !== null ? [] : [{ path: ["miners", index, "phase"], text: `is missing while node.phases.breakerA is ${breakerA}: nobody could say which breaker carries it. Name its phase, or remove node.phases.` }])),
    ...meters.flatMap((meter, index) => (meter.breakerA === null || meter.breakerA <= breakerA ? [] : [{ path: ["meters", index, "breakerA"], text: `is ${meter.breakerA}, above node.phases.breakerA (${breakerA}): the feed would trip first; correct one of them.` }])),
  ];
}

function inGrid({ grid }: Config): Contradiction[] {
  const found: Contradiction[] = [];
  if (grid.signatures === "required" && grid.heartbeat === "optional") found.push({ path: ["grid", "heartbeat"], text: "is optional while grid.signatures is required: an unsigned session cannot stand for a signed heartbeat. Set heartbeat: required, or signatures: optional." });
  if (grid.clock === "heartbeat" && grid.heartbeat === "optional") found.push({ path: ["grid", "clock"], text: "is heartbeat while grid.heartbeat is optional: without heartbeats there is no clock. Set clock: kernel, or heartbeat: required." });
  if (grid.signatures === "required" && grid.rootKeyFile === null && grid.brokers.length > 0) found.push({ path: ["grid", "rootKeyFile"], text: "is missing while grid.signatures is required: nothing could be verified. Name the operator's public key, or set signatures: optional." });
  return found;
}

function inOpenadr({ grid, openadr, node }: Config): Contradiction[] {
  if (openadr === null) return grid.brokers.length > 0 ? [] : [{ path: ["grid", "brokers"], text: "is empty while openadr is null: nobody could ever allow this rack more than its failsafe limit. Name the operator's brokers, or a VTN under openadr." }];
  const { url, caFile, pollS, lostAfterS, contractW, levels } = openadr;
  const found: Contradiction[] = [];
  if (2 * pollS > lostAfterS) found.push({ path: ["openadr", "lostAfterS"], text: `is ${lostAfterS} while openadr.pollS is ${pollS}: one question without an answer would be a lost VTN. Ask more often, or wait for twice as long at least.` });
  if (contractW !== null && contractW > node.breakerW) found.push({ path: ["openadr", "contractW"], text: `is ${contractW}, above node.breakerW (${node.breakerW}): the feed cannot carry it; correct one of them.` });
  if (levels?.some((level, index) => level > (levels[index - 1] ?? 1)) === true) found.push({ path: ["openadr", "levels"], text: `is ${JSON.stringify(levels)}: a higher level sheds more, so each fraction is at most the one before.` });
  if (caFile !== null && url.startsWith("http:")) found.push({ path: ["openadr", "caFile"], text: `is set while openadr.url is ${url}: without TLS nobody is vouched for. Write https://, or remove caFile.` });
  return found;
}

function inLogin(link: BrokerConfig, room: string): Contradiction[] {
  const found: Contradiction[] = [];
  if (link.passwordFile !== null && link.username === null) found.push({ path: [room, "passwordFile"], text: `is set while ${room}.username is not: MQTT knows no password without a user. Add username.` });
  if (link.tls !== null && !link.brokers.some((url) => url.startsWith("mqtts:"))) found.push({ path: [room, "tls"], text: `is set while all of ${room}.brokers are mqtt://: write mqtts:// where TLS is spoken, or remove tls.` });
  if (link.tls !== null && (link.tls.certFile === null) !== (link.tls.keyFile === null)) found.push({ path: [room, "tls"], text: "has one of certFile and keyFile: a client certificate needs both." });
  return found;
}

function inDevices({ miners, meters }: Config): Contradiction[] {
  const [ids, addresses, outlets] = [new Owned(), new Owned(), new Owned()];
  const known = new Set(meters.map((meter) => meter.id));
  meters.forEach((meter, index) => {
    const [path, line] = [["meters", index], lineOf(meter)];
    ids.take(JSON.stringify(meter.id), `meters[${index}]`, [...path, "id"]);
    addresses.take(`${line} unit ${meter.unit}`, `meter ${meter.id}`, [...path, "address"]);
    addresses.share(line, `meter ${meter.id}`);
  });
  const astray = miners.flatMap((miner, index): Contradiction[] => {
    const path = ["miners", index];
    ids.take(JSON.stringify(miner.id), `miners[${index}]`, [...path, "id"]);
    addresses.take(formatAddress(miner.address), `miner ${miner.id}`, [...path, "address"]);
    if (miner.outlet === null) return [];
    const outlet = formatOutlet(miner.outlet);
    if (!known.has(miner.outlet.meter)) return [{ path: [...path, "outlet"], text: `is ${outlet}, but there is no meter ${miner.outlet.meter}; the meters are ${[...known].join(", ") || "none"}.` }];
    outlets.take(outlet, `miner ${miner.id}`, [...path, "outlet"]);
    return [];
  });
  return [...ids.twice, ...addresses.twice, ...outlets.twice, ...astray, ...meters.flatMap(inLine), ...onOnePort(meters)];
}

type MeterConfig = Config["meters"][number];

/** What tells one physical line from another. */
const lineOf = ({ transport, address, serial }: MeterConfig): string => (transport === "rtu" ? (serial?.path ?? "") : address === null ? "" : formatAddress(address));

function needs({ transport }: MeterConfig, key: "address" | "serial" | "tls"): boolean {
  return key === "serial" ? transport === "rtu" : key === "tls" ? transport === "tls" : transport !== "rtu";
}

/** One port has one speed, whoever speaks on it. */
function onOnePort(meters: readonly MeterConfig[]): Contradiction[] {
  const ports = new Map<string, MeterConfig>();
  return meters.flatMap((meter, index): Contradiction[] => {
    if (meter.transport !== "rtu" || meter.serial === null) return [];
    const { path, baud, parity, stopBits } = meter.serial;
    const first = ports.get(path) ?? meter;
    ports.set(path, first);
    const same = first.serial?.baud === baud && first.serial.parity === parity && first.serial.stopBits === stopBits;
    return same ? [] : [{ path: ["meters", index, "serial"], text: `is ${baud} baud, parity ${parity}, stop bits ${stopBits}, unlike meter ${first.id} on the same ${path}: one line has one setting.` }];
  });
}

function inLine(meter: MeterConfig, index: number): Contradiction[] {
  const found: Contradiction[] = [];
  if (needs(meter, "address") && meter.address === null) found.push({ path: ["meters", index, "address"], text: `is missing: transport ${meter.transport} needs HOST:PORT.` });
  if (needs(meter, "serial") && meter.serial === null) found.push({ path: ["meters", index, "serial"], text: "is missing: transport rtu needs the port, as serial: { path: /dev/ttyUSB0 }." });
  if ((meter.transport === "rtu" || meter.transport === "rtu-over-tcp") && (meter.unit < 1 || meter.unit > 247)) found.push({ path: ["meters", index, "unit"], text: `is ${meter.unit}: on a serial line units are 1 to 247, and nobody answers to 0.` });
  if (meter.tls !== null && (meter.tls.certFile === null) !== (meter.tls.keyFile === null)) found.push({ path: ["meters", index, "tls"], text: "has one of certFile and keyFile: a client certificate needs both." });
  return found;
}

function inNames({ miners, meters, paths }: Config, vocabulary: Vocabulary | null): Contradiction[] {
  if (vocabulary === null) return [];
  const found: Contradiction[] = [];
  const look = (path: readonly PropertyKey[], name: string, wrong: string | null): void => {
    if (wrong !== null) found.push({ path, text: `is ${JSON.stringify(name)}: ${wrong}` });
  };
  miners.forEach(({ driver, model }, index) => {
    look(["miners", index, "driver"], driver, vocabulary.driver(driver));
    look(["miners", index, "model"], model, vocabulary.model(model));
  });
  meters.forEach(({ profile, role }, index) => {
    look(["meters", index, "profile"], profile, vocabulary.profile(profile, paths.profiles));
    if (role === "rack" && vocabulary.abilities(profile, paths.profiles)?.measures === false) found.push({ path: ["meters", index, "role"], text: `is rack, but a ${profile} measures no total, and the rack's would be unknown. Set role: outlets.` });
  });
  return found;
}

function inSchedule({ schedule }: Config): Contradiction[] {
  const found: Contradiction[] = [];
  schedule.forEach(({ name, limitW, limitPct }, index) => {
    if ((limitW === null) === (limitPct === null)) found.push({ path: ["schedule", index], text: `has ${limitW === null ? "neither" : "both"} of limitW and limitPct: it needs one.` });
    if (schedule.findIndex((other) => other.name === name) < index) found.push({ path: ["schedule", index, "name"], text: `is ${name}, which another window has already: give each its own.` });
  });
  return found;
}

function inWeb({ web }: Config): Contradiction[] {
  if (web === null || web.tokenFile !== null || isLoopback(web.listen.host)) return [];
  return [{ path: ["web", "listen"], text: `is ${formatAddress(web.listen)} while web.tokenFile is not set: everybody on that network could read the rack. Name a file with a token, or listen on 127.0.0.1.` }];
}

const isLoopback = (host: string): boolean => host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);

function inPaths({ paths }: Config): Contradiction[] {
  return paths.state === paths.run ? [{ path: ["paths", "run"], text: `is ${paths.run}, the same as paths.state: the run directory is emptied at boot, the state must not be. Give each its own.` }] : [];
}
