/** The operator's connection to the broker, and what it hears of the rack there. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import type { ConfigInput } from "../../agent/config/schema.ts";
import { mqttLink } from "../../agent/link/mqtt-link.ts";
import type { IncomingMessage } from "../../agent/runtime/link.ts";
import { silentLog } from "../../agent/runtime/log.ts";
import type { Scope } from "../../agent/runtime/scope.ts";
import { stopwatch } from "../../agent/runtime/system-clock.ts";
import { Operator } from "./operator.ts";
import { Cards } from "../../agent/cli/operator/card.ts";

const BROKER_MS = 5_000;

export interface OperatorContext {
  readonly broker: string;
  readonly rootKey: KeyObject;
  /** The rack refused a document. */
  readonly refused: (text: string) => void;
  readonly scope: Scope;
}

/** Resolves when the operator is connected and has said its keys. */
export async function openOperator({ node }: ConfigInput, { broker, rootKey, refused, scope }: OperatorContext): Promise<Operator> {
  const name = `site/${node.site}/rack/${node.rack}`;
  const root = `gla/1/${node.operator}/${name}`;
  const link = mqttLink({
    urls: [broker],
    clientId: `operator-${process.pid}`,
    subscriptions: ["ack/+", "status"].map((topic) => ({ topic: `${root}/${topic}`, qos: 1 })),
    clock: stopwatch(),
    log: silentLog,
    random: Math.random,
  });
  const keys = generateKeyPairSync("ed25519");
  const operator = new Operator({ link, operator: node.operator, node: name, root: { kid: "root", key: rootKey }, key: { kid: "demo", key: keys.privateKey }, publicKey: keys.publicKey });
  // The demonstration has no card of its rack: it reads what is signed without verifying it.
  const cards = new Cards([]);
  const hear = ({ topic, payload }: IncomingMessage): void => {
    const { status, id = "a document", code = "", reason = "", state, logHead } = (cards.open(payload, name)?.said ?? {}) as Readonly<Record<string, string | undefined>>;
    if (topic === `${root}/status`) {
      operator.saw(logHead ?? null);
      if (state === "init" || state === "failsafe") operator.answer();
    } else if (status === "REJECTED") refused(`the rack refuses ${id}: ${code} ${reason}`.trimEnd());
  };
  await new Promise<void>((resolve, reject) => {
    const running = link.run({ message: hear, connected: () => resolve(), disconnected: () => undefined }, scope.signal);
    scope.own("operator's link", () => running);
    AbortSignal.timeout(BROKER_MS).addEventListener("abort", () => reject(new Error(`the rig's broker ${broker} does not answer`)), { once: true });
  });
  scope.own("heartbeat", () => operator.heartbeat(false));
  operator.keys();
  return operator;
}
