/** From a configuration to a running rack: the only place that chooses which implementation stands behind each contract. */
import { createPublicKey, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { lookAt, whoIs } from "../drivers/find/look.ts";
import { drivers, isDriverName } from "../drivers/index.ts";
import { guarded, narrowed, type Bounds } from "../drivers/guarded.ts";
import { heatOf, loadModel } from "../drivers/models.ts";
import { Buses, type LineAddress } from "../drivers/modbus/buses.ts";
import { loadProfile } from "../drivers/modbus/load.ts";
import { modbusMeter } from "../drivers/modbus/meter.ts";
import type { Attendant } from "./attend/attendant.ts";
import { Calendar } from "./attend/calendar.ts";
import { openEvidence, type Evidence, type EvidenceOptions } from "./attend/evidence.ts";
import { DebtKeeper } from "./attend/debts.ts";
import { Commissioning } from "./attend/commissioning.ts";
import { EStop } from "./attend/estop.ts";
import { openVen } from "./attend/openadr/open.ts";
import { Proving } from "./attend/proving.ts";
import { Metrics } from "./attend/metrics.ts";
import { OutletBook } from "./attend/outlet-book.ts";
import { outletNames } from "./attend/outlet-names.ts";
import { OverTemperature } from "./attend/over-temperature.ts";
import { UnderFrequency } from "./attend/under-frequency.ts";
import { Outputs } from "./attend/outputs.ts";
import { PoolGuard } from "./attend/pool-guard.ts";
import { Succession } from "./attend/succession.ts";
import { Farm } from "./attend/farm.ts";
import { History } from "./attend/history.ts";
import { Live } from "./attend/live.ts";
import { HostHealth } from "./attend/host-health.ts";
import { Reload } from "./attend/reload.ts";
import { Schedule } from "./attend/schedule.ts";
import { Sparkplug } from "./attend/sparkplug.ts";
import { Truth } from "./attend/truth.ts";
import { Watch } from "./attend/watch.ts";
import { formatAddress } from "./config/address.ts";
import { circuitsOf } from "./config/circuits.ts";
import { openDeviceKey, openEnergyKey, type DeviceKey } from "./config/device-key.ts";
import type { BrokerConfig, Config } from "./config/schema.ts";
import { brokerAccess, learnSecrets, minerPasswords, webToken } from "./config/secrets.ts";
import type { MachineRule, Policy } from "./core/policy.ts";
import { breakEven, DEFAULT_POLICY, pinned } from "./core/policy.ts";
import { bandAround } from "./core/supply.ts";
import { celsius, megahertz, millivolts, seconds, watts } from "./core/units.ts";
import { Daemon } from "./daemon.ts";
import type { Notify } from "./parts.ts";
import { figureReader, processUsage } from "./host/figures.ts";
import { allRoutes } from "./routes/all-routes.ts";
import { loadPage } from "./routes/page.ts";
import { webRoutes } from "./routes/web-routes.ts";
import { openControl, type ControlRoute } from "./link/control.ts";
import { mqttLink } from "./link/mqtt-link.ts";
import { openWeb } from "./link/web.ts";
import { noLink } from "./link/no-link.ts";
import type { Switching, WiredDevice, WiredMeter } from "./plant/plant.ts";
import { openDrawer } from "./record/drawer.ts";
import { openFolder } from "./record/folder.ts";
import { openStore, StoreError } from "./record/store.ts";
import { HomeAssistant } from "./report/farm/home-assistant.ts";
import type { DeviceNotes } from "./report/devices.ts";
import { willDocument } from "./report/status.ts";
import type { Clock } from "./runtime/clock.ts";
import { ConfigError, messageOf } from "./runtime/errors.ts";
import type { Link, OutgoingMessage, Subscription } from "./runtime/link.ts";
import type { Log, Logbook } from "./runtime/log.ts";
import { Scope } from "./runtime/scope.ts";
import type { Secrets } from "./runtime/secrets.ts";
import type { Store } from "./runtime/store.ts";
import { signJws } from "./signal/jws.ts";
import { Signal } from "./signal/signal.ts";

export interface Surroundings {
  readonly clock: Clock;
  readonly log: Log;
  readonly notify: Notify;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly software: string;
  /** A name for this run, new with every start. */
  readonly boot: string;
  /** `last-good`: the file in force could not be read, and this one holds under the failsafe limit. */
  readonly config: "ok" | "last-good";
  readonly logbook: Logbook;
  /** Taken out of log, events and answers; what the configuration's secret files hold is added. */
  readonly secrets: Secrets;
  /** Reads the configuration again and checks it. Rejects with a ConfigError. */
  readonly reread: () => Promise<Config>;
  /** Calls `reload` whenever the service manager asks for it. */
  readonly onReload: (reload: () => void) => void;
}

/** Runs the rack until `signal` aborts. Rejects only when the configuration names what does not exist, or on a bug of ours. */
export async function runRack(config: Config, surroundings: Surroundings, signal: AbortSignal): Promise<void> {
  const { clock, log, boot, secrets } = surroundings;
  const scope = new Scope();
  try {
    await learnSecrets(config, secrets);
    const wiring = wire(config, await minerPasswords(config.miners), surroundings, scope);
    const store = await openStore(config.paths.state).catch((error: unknown) => brokenStore(error, config, log));
    scope.own("store", () => store.close());
    const gridRoot = [config.grid.prefix, config.node.operator, "site", config.node.site, "rack", config.node.rack].join("/");
    const heard = new Signal({
      prefix: config.grid.prefix,
      operator: config.node.operator,
      site: config.node.site,
      rack: config.node.rack,
      signatures: config.grid.signatures,
      heartbeat: config.grid.heartbeat,
      clock: config.grid.clock,
      rootKey: config.grid.rootKeyFile === null ? null : createPublicKey(await readFile(config.grid.rootKeyFile)),
      nominal: watts(config.node.nominalW),
      optOut: config.policy.optOut,
      shares: config.grid.shares,
      drawSeed: () => randomBytes(32).toString("hex"),
    });
    const deviceKey = await openDeviceKey(config.paths.state).catch((error: unknown) => unsigned(error, config, log));
    const seal = (payload: string): string => (config.grid.signatures === "required" && deviceKey !== null ? signJws(payload, deviceKey) : payload);
    const farewell = (connects: number): string => JSON.stringify(willDocument({ session: { boot, connects }, failsafeW: reload.config.grid.failsafeLimitW, heartbeatTimeoutS: daemon.heartbeatTimeoutS }));
    const will = (connects: number): OutgoingMessage => ({ topic: `${gridRoot}/status`, payload: seal(farewell(connects)), qos: 1, retain: true });
    const operated = config.grid.brokers.length > 0;
    const grid = !operated ? noLink : await link(config.grid, { ...surroundings, name: `${config.node.operator}-${config.node.site}-${config.node.rack}`, subscriptions: heard.subscriptions(), will });
    const farm = config.farm === null ? null : await farmParty(config.farm, config.node, { ...surroundings, farewell });
    const watch = new Watch(config, lookAt);
    const history = new History(config.miners);
    const evidence = await recording(config, { ...surroundings, key: deviceKey, seal, grid: { link: grid, root: gridRoot }, farm, sightings: () => watch.known, hashrate: (from, to) => history.past.hashrate(from, to) });
    if (evidence !== null) scope.own("journal", () => evidence.close());
    const ven = await openVen(config, { ...surroundings, draw: (id) => heard.draw(id), own: (name, end) => scope.own(name, end) });
    const schedule = new Schedule(config);
    const estop = new EStop(config.contacts.estop, clock);
    const outputs = new Outputs(config.contacts.outputs, { clock, grace: seconds(config.policy.pduGraceS) });
    const outlets = new OutletBook(outletNames(config));
    const commissioning = new Commissioning(clock);
    const proving = new Proving(clock, new Map(config.miners.map(({ id, model }) => [id, model])));
    const attendants: readonly Attendant[] = [new Succession(), new PoolGuard(config), new DebtKeeper(clock), schedule, estop, new OverTemperature(config, clock), new UnderFrequency(config), outputs, outlets, commissioning, proving, new Truth(config), watch, ...(ven === null ? [] : [ven]), ...(evidence?.attendants ?? [])];
    const about = (device: string): DeviceNotes => daemon.about(device);
    const farmers = farm === null ? [] : [new Farm({ ...farm, machines: config.miners.length, about, homeAssistant: homeAssistantOf(config, farm.root, surroundings.software) })];
    const edgeNode = await edgeNodeOf(config, { ...surroundings, about });
    const calendar = new Calendar(attendants, surroundings);
    const health = new HostHealth(figureReader(config.paths.state), clock);
    const { operator, site, rack, nominalW } = config.node;
    const live = new Live({ operator, site, rack, nominalW, software: surroundings.software }, about);
    const metrics = new Metrics({ clock, health, about, links: { grid, farm: farm?.link ?? null }, node: { operator, site, rack }, usage: processUsage });
    const reload = new Reload({ config, reread: surroundings.reread, adopt: (next) => daemon.adopt(liveTerms(next)) });
    surroundings.onReload(() => void reload.reload("SIGHUP"));
    const daemon: Daemon = new Daemon({
      ...surroundings,
      store,
      grid,
      gridRoot,
      farm: farm?.link ?? null,
      signal: heard,
      operated,
      identity: { operator: config.node.operator, node: `site/${config.node.site}/rack/${config.node.rack}`, key: deviceKey },
      seal,
      wiring: { ...wiring, switching: switchingOf(config) },
      ...liveTerms(config),
      proven: () => proving.transitions(),
      attendants: [...attendants, ...farmers, ...(edgeNode === null ? [] : [edgeNode]), calendar, reload, history, live, metrics, health],
      forward: evidence?.toGrid ?? null,
      logHead: () => evidence?.logHead() ?? null,
    });
    // The rack is kept with or without a command line: a socket that cannot be opened is said and no more.
    const routes = allRoutes({ daemon, clock, store, logbook: surroundings.logbook, software: surroundings.software, schedule, calendar, history, live, metrics, health, reload, estop, evidence, journal: journalDirectory(config), outlets, commissioning, proving, sign: deviceKey === null ? null : (text) => signJws(text, deviceKey) });
    const desk = await openControl({
      directory: config.paths.run, routes, clock, secrets, log: surroundings.logbook.room("control"),
      ordered: (order) => daemon.told("technician.ordered", { ...order }),
    }).catch((error: unknown) => {
      log.error({ reason: messageOf(error) }, "no control socket: curtailctl will not reach this daemon");
      return null;
    });
    if (desk !== null) scope.use("control socket", desk);
    const web = config.web === null ? null : await reading(config.web, routes, surroundings);
    if (web !== null) scope.use("web", web);
    await daemon.run(signal);
  } finally {
    await scope.end();
  }
}

const nodeOf = ({ node }: Config): string => `site/${node.site}/rack/${node.rack}`;

/** The rack is kept with or without a record of it: a journal that cannot be opened is said and no more. */
async function recording(config: Config, { clock, log, boot, software, key, seal, grid, farm, sightings, hashrate, ...surroundings }: Recording): Promise<Evidence | null> {
  const { state } = config.paths;
  try {
    const [disk, gridDrawer] = [await openFolder(journalDirectory(config)), await openDrawer(join(state, "outbox-grid"))];
    return await openEvidence({
      clock, boot, software, key, seal, disk, settings: config.evidence,
      energyKey: await openEnergyKey(state).catch(() => null),
      identity: { operator: config.node.operator, node: nodeOf(config) },
      miners: config.miners,
      failsafeW: config.grid.failsafeLimitW,
      sightings, whoIs, log, hashrate,
      grid: { ...grid, drawer: gridDrawer },
      farm: farm === null ? null : { ...farm, drawer: await openDrawer(join(state, "outbox-farm")) },
      config: { state: surroundings.config, content: config },
      draw: () => randomBytes(4).toString("hex"),
    });
  } catch (error) {
    log.error({ reason: messageOf(error) }, `nothing is recorded: ${state} cannot be read or written. Make it a directory this user owns`);
    return null;
  }
}

/** Nor does it need readers: a listener that cannot be opened is said and no more. */
async function reading(web: NonNullable<Config["web"]>, routes: readonly ControlRoute[], { clock, logbook, log, secrets }: Surroundings): Promise<AsyncDisposable | null> {
  try {
    const opened = await openWeb({ ...web, token: await webToken(web.tokenFile), page: web.page ? await loadPage() : null, routes: webRoutes(routes, web), clock, secrets, log: logbook.room("web") });
    log.info({ url: opened.url, token: web.tokenFile !== null }, "readers are welcome");
    return opened;
  } catch (error) {
    log.error({ reason: messageOf(error) }, `nobody can read at ${formatAddress(web.listen)}: correct web.listen, or free the port; then restart`);
    return null;
  }
}

interface Recording extends Surroundings {
  readonly key: DeviceKey | null;
  readonly seal: (payload: string) => string;
  readonly grid: { readonly link: Link; readonly root: string };
  readonly farm: { readonly link: Link; readonly root: string } | null;
  readonly sightings: () => Watch["known"];
  readonly hashrate: EvidenceOptions["hashrate"];
}

const journalDirectory = ({ paths }: Config): string => join(paths.state, "journal");

/** Devices and meters as the file names them. Names that do not exist were refused when it was checked; a race is refused here. */
function wire(config: Config, passwords: ReadonlyMap<string, string>, { clock, random }: Surroundings, scope: Scope): { devices: WiredDevice[]; meters: WiredMeter[] } {
  const buses = new Buses({ random, now: () => clock.now().uptime });
  const meters = config.meters.map((meter): WiredMeter => {
    const { id, profile, unit, login, role } = meter;
    // The frequency is read with every poll only where something hangs on it.
    const urgent = config.policy.underFrequency !== null && role === "rack" ? ["frequency"] : [];
    return { meter: scope.use(`meter ${id}`, modbusMeter({ id, profile: loadProfile(profile, [config.paths.profiles]), address: lineAddress(meter), unit, credentials: login, buses, urgent })), role };
  });
  const devices = config.miners.map((miner): WiredDevice => {
    const { id, driver, address, passwordFile, webPort, outlet } = miner;
    if (!isDriverName(driver)) throw new ConfigError(`miner ${id}: there is no driver ${driver}; use one of ${Object.keys(drivers).join(", ")}`);
    const password = passwordFile === null ? undefined : passwords.get(passwordFile);
    const model = loadModel(miner.model);
    const bounds = boundsOf(miner.limits);
    const options = { id, address, model: narrowed(model, bounds), ...(password !== undefined && { password }), ...(webPort !== null && { webPort }) };
    return {
      device: guarded(scope.use(`miner ${id}`, drivers[driver](options)), bounds),
      outlet: outlet === null ? null : { meter: outlet.meter, index: outlet.outlet },
    };
  });
  return { devices, meters };
}

function boundsOf(limits: Config["miners"][number]["limits"]): Bounds {
  const quantity = <T>(value: number | null | undefined, unit: (value: number) => T): T | null => (value == null ? null : unit(value));
  return {
    frequencyMin: quantity(limits?.frequencyMinMHz, megahertz),
    frequencyMax: quantity(limits?.frequencyMaxMHz, megahertz),
    voltageMin: quantity(limits?.voltageMinMV, millivolts),
    voltageMax: quantity(limits?.voltageMaxMV, millivolts),
    powerMax: quantity(limits?.powerMaxW, watts),
  };
}

/** What each transport needs was asked for when the file was checked. */
function lineAddress({ id, transport, address, serial, tls }: Config["meters"][number]): LineAddress {
  if (transport === "rtu" && serial !== null) return { transport, serial };
  if (address === null || transport === "rtu") throw new ConfigError(`meter ${id}: transport ${transport} needs ${transport === "rtu" ? "serial" : "address"}`);
  if (transport !== "tls") return { ...address, transport };
  return { ...address, transport, tls: tls ?? { caFile: null, certFile: null, keyFile: null, serverName: null } };
}

/** How outlets are switched, and when each may be: as its meter's entry says, else as the policy does. */
function switchingOf({ meters, contacts, policy }: Config): Switching {
  const own = new Map([
    ...meters.flatMap(({ id, outlets }) => outlets.flatMap(({ outlet, use }) => (use === null ? [] : [[`${id}/${outlet}`, use] as const]))),
    // Lamps and contactors are switched by what they are for.
    ...contacts.outputs.map(({ output }) => [`${output.meter}/${output.outlet}`, "never"] as const),
  ]);
  return {
    opens: ({ meter, index }) => own.get(`${meter}/${index}`) ?? policy.outlets,
    rules: { minOff: seconds(policy.outletMinOffS), spacing: seconds(policy.outletSpacingS), perStep: policy.outletsAtOnce },
  };
}

/** What of a configuration a running daemon can take; config/live.ts names the keys. */
const liveTerms = (config: Config) => ({ policy: policyOf(config), breakerW: config.node.breakerW, onStop: config.policy.onStop });

function policyOf(config: Config): Policy {
  const { node, grid, policy } = config;
  return {
    ...DEFAULT_POLICY,
    nominal: watts(node.nominalW),
    failsafe: watts(grid.failsafeLimitW),
    restart: { minOff: seconds(0), random: seconds(policy.restartRandomS), rampPercentPerMinute: policy.rampPctPerMin },
    raisesPerCycle: policy.maxChangesPerCycle,
    turns: { minOff: seconds(policy.minSleepS), minOn: seconds(policy.minRunS) },
    wakes: { atOnce: policy.wakesAtOnce, spacing: seconds(policy.wakeSpacingS) },
    circuits: circuitsOf(config),
    outlets: { grace: seconds(policy.pduGraceS), perStep: policy.outletsAtOnce, spacing: seconds(policy.outletSpacingS) },
    heat: heatLimits(config),
    keepWarm: policy.keepWarm === null ? null : celsius(Math.max(policy.keepWarm.belowC, (policy.keepWarm.dewPointC ?? -Infinity) + ABOVE_DEW_C)),
    supply: node.supply === null ? null : bandAround(node.supply),
    least: policy.revenue === null ? 0 : breakEven(policy.revenue),
    rules: rulesOf(config),
    wear: { between: seconds(policy.changesApartS), rotation: policy.rotateAfterH === 0 ? Infinity : seconds(policy.rotateAfterH * 3600) },
  };
}

/** Only those that are not like the others. */
const rulesOf = ({ miners }: Config): ReadonlyMap<string, MachineRule> =>
  new Map(miners.flatMap(({ id, priority, pin }) => (priority === 0 && pin === null ? [] : [[id, { priority, pin: pin === null ? null : pinned(pin) }] as const])));

/** Boards as warm as this above the dew point stay dry. */
const ABOVE_DEW_C = 3;

/** By model, and what the owner says otherwise. */
function heatLimits({ miners, policy: { heat } }: Config): Policy["heat"] {
  return new Map(miners.map(({ id, model, limits }) => {
    const own = heatOf(loadModel(model));
    return [id, {
      ...own, board: celsius(limits?.boardMaxC ?? own.board), chip: celsius(limits?.chipMaxC ?? own.chip), inlet: celsius(heat.inletMaxC ?? own.inlet),
      cool: heat.coolInletC === null ? null : celsius(heat.coolInletC),
    }];
  }));
}

interface LinkContext extends Surroundings {
  readonly name: string;
  readonly subscriptions: readonly Subscription[];
  readonly will?: (connects: number) => OutgoingMessage;
}

function homeAssistantOf({ farm, node, miners }: Config, root: string, software: string): HomeAssistant | null {
  const asked = farm?.homeAssistant ?? null;
  return asked === null ? null : new HomeAssistant({ prefix: asked.prefix, root, site: node.site, rack: node.rack, software, machines: miners });
}

/** The farm is told by the same kind of link, and what the broker says of us when we are gone is a status without secrets. */
async function farmParty(farm: NonNullable<Config["farm"]>, { site, rack }: Config["node"], { farewell, ...surroundings }: Surroundings & { readonly farewell: (connects: number) => string }) {
  const root = [farm.prefix, site, rack].join("/");
  const will = (connects: number): OutgoingMessage => ({ topic: `${root}/status`, payload: farewell(connects), qos: 1, retain: true });
  return { link: await link(farm, { ...surroundings, name: `farm-${site}-${rack}`, subscriptions: [], will }), root, will };
}

/** null: the rack is no edge node. */
async function edgeNodeOf({ farm, node: { site, rack }, miners, meters }: Config, { about, clock, logbook, random }: Surroundings & { readonly about: (device: string) => DeviceNotes }): Promise<Sparkplug | null> {
  const asked = farm?.sparkplug ?? null;
  if (farm === null || asked === null) return null;
  const access = await brokerAccess(farm);
  const node = asked.node ?? `${site}-${rack}`;
  return new Sparkplug({
    ...asked, node, brokers: farm.brokers.length, machines: miners.map(({ id }) => id), pdus: meters.map(({ id }) => id), about, clock,
    door: (terms) => mqttLink({ urls: farm.brokers, clientId: `curtaild-node-${asked.group}-${node}`, ...access, ...terms, leavesWill: true, clock, log: logbook.room("sparkplug"), random }),
  });
}

async function link(broker: BrokerConfig, { name, subscriptions, will, clock, logbook, random }: LinkContext): Promise<Link> {
  const access = await brokerAccess(broker);
  // The same name after every start: the broker then speaks the dead session's will at the takeover, before our first status.
  return mqttLink({ urls: broker.brokers, clientId: `curtaild-${name}`, subscriptions, ...access, ...(will !== undefined && { will }), clock, log: logbook.room("link"), random });
}

/** A rack that cannot sign goes on under its limits and says so; an operator who knows its key sees that nobody signs. */
function unsigned(error: unknown, { grid }: Config, log: Log): null {
  if (grid.signatures === "required") log.error({ reason: messageOf(error) }, "no device key: what this rack says is not signed");
  return null;
}

/** What cannot be stored cannot raise: every commit fails, and the signal room keeps to the smaller of old and new. */
function brokenStore(error: unknown, { paths }: Config, log: Log): Store {
  // Two keepers of one rack would undo each other's orders, and only one of them knows the technician's limit.
  if (error instanceof StoreError && error.code === "locked") throw new ConfigError(`another curtaild has ${paths.state} open and keeps this rack: stop it first (systemctl stop curtaild), or give this one paths of its own.`);
  const reason = messageOf(error);
  log.error({ reason }, "nothing can be stored: the rack stays under its failsafe limit");
  const fail = (): Promise<never> => Promise.reject(new Error(`the store could not be opened: ${reason}`));
  return { load: fail, commit: fail, close: () => Promise.resolve() };
}
