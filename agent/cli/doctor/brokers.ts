/** Each broker of each link, one step after the other, so that the first that fails is the one that is named: port, TLS, login, rights. */
import { randomBytes } from "node:crypto";
import { connect } from "node:tls";
import { brokerAccess } from "../../config/secrets.ts";
import type { BrokerConfig, Config } from "../../config/schema.ts";
import { Connector } from "../../link/connector.ts";
import { silentLog } from "../../runtime/log.ts";
import { stopwatch } from "../../runtime/system-clock.ts";
import { doubt, fault, ok, type Finding } from "./finding.ts";
import { unreached } from "./reach.ts";

const timeoutMs = 8_000;
const renewDays = 21;

export async function lookAtBrokers({ grid, farm, node }: Config): Promise<Finding[]> {
  const root = [grid.prefix, node.operator, "site", node.site, "rack", node.rack].join("/");
  const links = [{ name: "grid", broker: grid, topic: `${root}/allocation` }, ...(farm === null ? [] : [{ name: "farm", broker: farm, topic: null }])];
  return (await Promise.all(links.flatMap(({ name, broker, topic }) => broker.brokers.map((url) => look(`${name} broker ${url}`, url, { broker, topic }))))).flat();
}

interface Link {
  readonly broker: BrokerConfig;
  /** Has to be open to us for reading; null: we only speak. */
  readonly topic: string | null;
}

async function look(subject: string, url: string, { broker, topic }: Link): Promise<Finding[]> {
  const { hostname, port, protocol } = new URL(url);
  const secure = protocol === "mqtts:";
  const address = { host: hostname.replace(/^\[|\]$/g, ""), port: port === "" ? (secure ? 8883 : 1883) : Number(port) };
  const away = await unreached(address);
  if (away !== null) return [fault(subject, `port ${address.port}: ${away.text}`, away.cure)];
  const access = await brokerAccess(broker);
  const aging = secure ? await certificate(subject, address, access.tls) : [];
  if (aging.some(({ state }) => state === "fault")) return aging;
  const reason = await session(url, { ...access, topic });
  if (reason !== null) return [...aging, fault(subject, `${secure ? "TCP and TLS are" : "TCP is"} fine, MQTT is not: ${reason}`, /access rights/.test(reason) ? "Ask whoever keeps the broker to open the rack's topics to this user." : "Check username, passwordFile and client certificate with whoever keeps the broker.")];
  return [...aging, ok(subject, `answers${secure ? " with TLS" : ""}, lets us in${topic === null ? "" : " and read what is ours"}`)];
}

/** What is wrong with the certificates, if anything is. */
function certificate(subject: string, { host, port }: { readonly host: string; readonly port: number }, tls: { readonly ca: string | null; readonly cert: string | null; readonly key: string | null } | null): Promise<Finding[]> {
  return new Promise((resolve) => {
    const material = { ...(tls?.ca != null && { ca: tls.ca }), ...(tls?.cert != null && { cert: tls.cert }), ...(tls?.key != null && { key: tls.key }) };
    const socket = connect({ host, port, ...(/[a-z]/i.test(host) && !host.includes(":") && { servername: host }), ...material, timeout: timeoutMs });
    const end = (findings: Finding[]): void => {
      socket.destroy();
      resolve(findings);
    };
    socket.on("secureConnect", () => {
      const until = Date.parse(socket.getPeerCertificate().valid_to);
      const days = Math.floor((until - Date.now()) / 86_400_000);
      end(days < renewDays ? [doubt(subject, `its certificate runs out in ${days} days`, "Whoever keeps the broker has to renew it in time.")] : []);
    });
    socket.on("timeout", () => end([fault(subject, "TLS does not come about: no answer", "Does this port speak TLS? mqtts:// is usually 8883, mqtt:// 1883.")]));
    socket.on("error", (error: NodeJS.ErrnoException) => end([fault(subject, `TLS: ${error.message} (${error.code ?? "no code"})`, "CERT_HAS_EXPIRED or NOT_YET_VALID: certificate or this clock. UNABLE_TO_VERIFY or SELF_SIGNED: tls.caFile is not the broker's authority. ALTNAME: the name in the URL is not in the certificate.")]));
  });
}

/** Logs on as somebody else than the daemon, which must not be thrown out; null: it works. */
async function session(url: string, { topic, ...access }: Awaited<ReturnType<typeof brokerAccess>> & { readonly topic: string | null }): Promise<string | null> {
  let reason: string | null = null;
  const log = { ...silentLog, warn: (fields: object) => void (reason = "reason" in fields ? String(fields.reason) : null) };
  const connector = new Connector({ clientId: `curtaild-doctor-${randomBytes(4).toString("hex")}`, subscriptions: topic === null ? [] : [{ topic, qos: 1 }], ...access, clock: stopwatch(), log, answerTimeoutMs: timeoutMs });
  const opened = await connector.connect(url, { connection: 1, hear: () => undefined }, AbortSignal.timeout(timeoutMs));
  opened?.end();
  return opened === null ? (reason ?? `no session within ${timeoutMs / 1_000} s`) : null;
}
