/** From a configuration to a running rack: the only place that chooses which implementation stands behind each contract. */
import { createPublicKey, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Attendant } from "./attend/attendant.ts";
import { Calendar } from "./attend/calendar.ts";
import { Commissioning } from "./attend/commissioning.ts";
import { DebtKeeper } from "./attend/debts.ts";
import { EStop } from "./attend/estop.ts";
import { History } from "./attend/history.ts";
import { HostHealth } from "./attend/host-health.ts";
import { Live } from "./attend/live.ts";
import { Metrics } from "./attend/metrics.ts";
import { OutletBook } from "./attend/outlet-book.ts";
import { outletNames } from "./attend/outlet-names.ts";
import { Outputs } from "./attend/outputs.ts";
import { OverTemperature } from "./attend/over-temperature.ts";
import { PoolGuard } from "./attend/pool-guard.ts";
import { Proving } from "./attend/proving.ts";
import { Reload } from "./attend/reload.ts";
import { Schedule } from "./attend/schedule.ts";
import { Succession } from "./attend/succession.ts";
import { Truth } from "./attend/truth.ts";
import { UnderFrequency } from "./attend/under-frequency.ts";
import { Watch } from "./attend/watch.ts";
import { openDeviceKey } from "./config/device-key.ts";
import type { Config } from "./config/schema.ts";
import { learnSecrets, minerPasswords } from "./config/secrets.ts";
import { seconds, watts } from "./core/units.ts";
import { Daemon } from "./daemon.ts";
import { figureReader, processUsage } from "./host/figures.ts";
import { openControl } from "./link/control.ts";
import { noLink } from "./link/no-link.ts";
import { openStore } from "./record/store.ts";
import type { DeviceNotes } from "./report/devices.ts";
import { willDocument } from "./report/status.ts";
import { allRoutes } from "./routes/all-routes.ts";
import { edgeNode, farmParty, farmTeller, link, readers, venOf } from "./run/parties.ts";
import { brokenStore, journalDirectory, recording, unsigned } from "./run/record.ts";
import type { Surroundings } from "./run/surroundings.ts";
import { liveTerms } from "./run/terms.ts";
import { switchingOf, wire } from "./run/wiring.ts";
import { messageOf } from "./runtime/errors.ts";
import type { OutgoingMessage } from "./runtime/link.ts";
import { Scope } from "./runtime/scope.ts";
import { signJws } from "./signal/jws.ts";
import { Signal } from "./signal/signal.ts";

/** Runs the rack until `signal` aborts. Rejects only when the configuration names what does not exist, or on a bug of ours. */
export async function runRack(config: Config, surroundings: Surroundings, signal: AbortSignal): Promise<void> {
  const { clock, log, boot, secrets } = surroundings;
  const scope = new Scope();
  try {
    await learnSecrets(config, secrets);
    const wiring = await wire(config, await minerPasswords(config.miners), surroundings, scope);
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
    const farm = await farmParty(config, { ...surroundings, farewell });
    const watch = new Watch(config, async (...asked) => (await import("../drivers/find/look.ts")).lookAt(...asked));
    const history = new History(config.miners);
    const evidence = await recording(config, { ...surroundings, key: deviceKey, seal, grid: { link: grid, root: gridRoot }, farm, sightings: () => watch.known, hashrate: (from, to) => history.past.hashrate(from, to) });
    if (evidence !== null) scope.own("journal", () => evidence.close());
    const ven = await venOf(config, { ...surroundings, draw: (id) => heard.draw(id), scope });
    const schedule = new Schedule(config);
    const estop = new EStop(config.contacts.estop, clock);
    const outputs = new Outputs(config.contacts.outputs, { clock, grace: seconds(config.policy.pduGraceS) });
    const outlets = new OutletBook(outletNames(config));
    const commissioning = new Commissioning(clock);
    const proving = new Proving(clock, new Map(config.miners.map(({ id, model }) => [id, model])));
    const attendants: readonly Attendant[] = [new Succession(), new PoolGuard(config), new DebtKeeper(clock), schedule, estop, new OverTemperature(config, clock), new UnderFrequency(config), outputs, outlets, commissioning, proving, new Truth(config), watch, ...present(ven), ...(evidence?.attendants ?? [])];
    const about = (device: string): DeviceNotes => daemon.about(device);
    const farmers = [await farmTeller(farm, config, { ...surroundings, about }), await edgeNode(config, { ...surroundings, about })];
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
      attendants: [...attendants, ...present(...farmers), calendar, reload, history, live, metrics, health],
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
    const web = await readers(config, routes, surroundings);
    if (web !== null) scope.use("web", web);
    await daemon.run(signal);
  } finally {
    await scope.end();
  }
}

/** Those that are configured. */
const present = (...attendants: readonly (Attendant | null)[]): Attendant[] => attendants.filter((attendant) => attendant !== null);
