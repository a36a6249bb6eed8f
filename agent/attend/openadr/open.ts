/** From the configuration to a VEN that is ready to run. */
import type { Config } from "../../config/schema.ts";
import { vtnAccess } from "../../config/secrets.ts";
import { seconds, watts } from "../../core/units.ts";
import { mqttLink } from "../../link/mqtt-link.ts";
import { openHttpClient } from "../../link/http-client.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Logbook } from "../../runtime/log.ts";
import { LARGEST_ANSWER } from "../../signal/openadr/reading.ts";
import type { NoticeDoor } from "./notices.ts";
import { Ven } from "./ven.ts";
import { Vtn } from "./vtn.ts";

export interface VenSurroundings {
  readonly clock: Clock;
  readonly logbook: Logbook;
  /** From 0 to 1. */
  readonly random: () => number;
  /** This device's draw for an id. */
  readonly draw: (id: string) => number;
  /** Ends with the daemon. */
  readonly own: (name: string, end: () => void) => void;
}

const DEADLINE = seconds(10);

export async function openVen({ openadr, node, grid }: Config & { readonly openadr: NonNullable<Config["openadr"]> }, { clock, logbook, random, draw, own }: VenSurroundings): Promise<Ven> {
  const { url, tokenUrl, clientId, scope, programs, targets, pollS, lostAfterS, contractW, levels, notifications } = openadr;
  const { secret, ca } = await vtnAccess(openadr);
  const log = logbook.room("openadr");
  const web = openHttpClient({ ca, largest: LARGEST_ANSWER, deadline: DEADLINE, clock });
  own("the way to the VTN", () => web.close());
  const venName = openadr.venName ?? `${node.site}-${node.rack}`;
  const door: NoticeDoor = ({ uris, login }, topics, token) =>
    mqttLink({
      urls: uris, clientId: `curtaild-ven-${venName}`, subscriptions: topics.map((topic) => ({ topic, qos: 1 })), clock, log, random,
      ...(login.method === "OAUTH2_BEARER_TOKEN" && { username: login.username === "{clientID}" ? clientId : login.username, password: token }),
      tls: login.method === "CERTIFICATE" ? { ca: login.ca ?? ca, cert: login.cert, key: login.key } : { ca, cert: null, key: null },
    });
  return new Ven({
    vtn: new Vtn({ url, tokenUrl, clientId, secret, scope, venName, targets }, { web, clock }),
    terms: { contract: contractW === null ? null : watts(contractW), nominal: watts(node.nominalW), failsafe: watts(grid.failsafeLimitW), levels, lostAfter: seconds(lostAfterS), u: draw },
    concern: { programs, targets },
    poll: seconds(pollS),
    door: notifications ? door : null,
    clientName: venName,
    resourceName: node.rack,
    clock, random, log,
  });
}
