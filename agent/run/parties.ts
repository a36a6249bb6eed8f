/**
 * Who is told and asked over the network. The grid's link is always there; each other party is a key of the configuration,
 * and what belongs to it is loaded where the key is set, and not otherwise.
 */
import type { Attendant } from "../attend/attendant.ts";
import type { Party } from "../attend/evidence.ts";
import type { Ven } from "../attend/openadr/ven.ts";
import { formatAddress } from "../config/address.ts";
import type { BrokerConfig, Config } from "../config/schema.ts";
import { brokerAccess, webToken } from "../config/secrets.ts";
import type { ControlRoute } from "../link/control.ts";
import { mqttLink } from "../link/mqtt-link.ts";
import type { DeviceNotes } from "../report/devices.ts";
import type { Pace } from "../report/farm/pace.ts";
import { messageOf } from "../runtime/errors.ts";
import type { Link, OutgoingMessage, Subscription } from "../runtime/link.ts";
import type { Scope } from "../runtime/scope.ts";
import type { Surroundings } from "./surroundings.ts";

interface LinkContext extends Surroundings {
  readonly name: string;
  readonly subscriptions: readonly Subscription[];
  readonly will?: (connects: number) => OutgoingMessage;
}

export async function link(broker: BrokerConfig, { name, subscriptions, will, clock, logbook, random }: LinkContext): Promise<Link> {
  const access = await brokerAccess(broker);
  // The same name after every start: the broker then speaks the dead session's will at the takeover, before our first status.
  return mqttLink({ urls: broker.brokers, clientId: `curtaild-${name}`, subscriptions, ...access, ...(will !== undefined && { will }), clock, log: logbook.room("link"), random });
}

export interface FarmParty {
  readonly link: Link;
  /** Of all that goes over the link. */
  readonly pace: Pace;
  /** For the records among it. */
  readonly records: Pick<Party, "link" | "room">;
  readonly root: string;
  readonly will: (connects: number) => OutgoingMessage;
}

type About = (device: string) => DeviceNotes;

/** The farm is told by the same kind of link, and what the broker says of us when we are gone is a status without secrets. */
export async function farmParty({ farm, node: { site, rack } }: Config, { farewell, ...surroundings }: Surroundings & { readonly farewell: (connects: number) => string }): Promise<FarmParty | null> {
  if (farm === null) return null;
  const root = [farm.prefix, site, rack].join("/");
  const will = (connects: number): OutgoingMessage => ({ topic: `${root}/status`, payload: farewell(connects), qos: 1, retain: true });
  const [{ charging, Pace }, { BUDGET, RECORDS }] = await Promise.all([import("../report/farm/pace.ts"), import("../report/farm/tables.ts")]);
  const [pace, half] = [new Pace(BUDGET), new Pace(RECORDS)];
  const charged = charging(await link(farm, { ...surroundings, name: `farm-${site}-${rack}`, subscriptions: [], will }), pace);
  return { link: charged, pace, records: { link: charging(charged, half), room: (signal) => half.room(surroundings.clock, signal) }, root, will };
}

/** Who tells the farm; null: there is none. */
export async function farmTeller(party: FarmParty | null, { farm, node, miners }: Config, { about, software }: Surroundings & { readonly about: About }): Promise<Attendant | null> {
  if (party === null) return null;
  const [{ Farm }, { HomeAssistant }] = await Promise.all([import("../attend/farm.ts"), import("../report/farm/home-assistant.ts")]);
  const asked = farm?.homeAssistant ?? null;
  const homeAssistant = asked === null ? null : new HomeAssistant({ prefix: asked.prefix, root: party.root, site: node.site, rack: node.rack, software, machines: miners });
  return new Farm({ ...party, machines: miners.length, about, homeAssistant });
}

/** null: the rack is no edge node. */
export async function edgeNode({ farm, node: { site, rack }, miners, meters }: Config, { about, clock, logbook, random }: Surroundings & { readonly about: About }): Promise<Attendant | null> {
  const asked = farm?.sparkplug ?? null;
  if (farm === null || asked === null) return null;
  const [access, { Sparkplug }] = await Promise.all([brokerAccess(farm), import("../attend/sparkplug.ts")]);
  const node = asked.node ?? `${site}-${rack}`;
  return new Sparkplug({
    ...asked, node, brokers: farm.brokers.length, machines: miners.map(({ id }) => id), pdus: meters.map(({ id }) => id), about, clock,
    door: (terms) => mqttLink({ urls: farm.brokers, clientId: `curtaild-node-${asked.group}-${node}`, ...access, ...terms, leavesWill: true, clock, log: logbook.room("sparkplug"), random }),
  });
}

/** null: no VTN is configured. */
export async function venOf(config: Config, { draw, scope, ...surroundings }: Surroundings & { readonly draw: (id: string) => number; readonly scope: Scope }): Promise<Ven | null> {
  const { openadr } = config;
  if (openadr === null) return null;
  const { openVen } = await import("../attend/openadr/open.ts");
  return openVen({ ...config, openadr }, { ...surroundings, draw, own: (name, end) => scope.own(name, end) });
}

/** Readers over the network; null: none are asked for, or they cannot be let in. The rack does not need them: a listener that cannot be opened is said and no more. */
export async function readers({ web }: Config, routes: readonly ControlRoute[], { clock, logbook, log, secrets }: Surroundings): Promise<AsyncDisposable | null> {
  if (web === null) return null;
  try {
    const [{ openWeb }, { loadPage }, { webRoutes }] = await Promise.all([import("../link/web.ts"), import("../routes/page.ts"), import("../routes/web-routes.ts")]);
    const opened = await openWeb({ ...web, token: await webToken(web.tokenFile), page: web.page ? await loadPage() : null, routes: webRoutes(routes, web), clock, secrets, log: logbook.room("web") });
    log.info({ url: opened.url, token: web.tokenFile !== null }, "readers are welcome");
    return opened;
  } catch (error) {
    log.error({ reason: messageOf(error) }, `nobody can read at ${formatAddress(web.listen)}: correct web.listen, or free the port; then restart`);
    return null;
  }
}
