/** Making a document, sending it, and waiting for the word of every agent that has to answer. */
import type { Command } from "commander";
import type { Millis } from "../../core/units.ts";
import { Bell } from "../../runtime/bell.ts";
import { compose, type Composed } from "../../signal/compose.ts";
import type { DocumentType } from "../../signal/documents/envelope.ts";
import { commonOptions, confirm, print, printJson } from "../asking.ts";
import { exit, Failure } from "../exit.ts";
import { durationOption, formatDuration } from "../human.ts";
import { plain } from "../words.ts";
import { stopwatch } from "../../runtime/system-clock.ts";
import { address, signing, signingKey, type Address, type AddressOptions, type SigningOptions } from "./address.ts";
import { onBroker } from "./conversation.ts";
import { speakerOf } from "./rack-line.ts";
import { Sequence, stateDirectory } from "./sequence.ts";

export interface PublishOptions extends AddressOptions, SigningOptions {
  readonly timeout: Millis;
}

/** The flags of every command that publishes a document and waits. */
export function publishing(command: Command): Command {
  return signing(command).addOption(durationOption("--timeout <time>", "how long to wait for the agent's answer; 0 does not wait", "10s"));
}

export interface Draft {
  readonly type: DocumentType;
  /** `iat`: milliseconds since 1970. */
  fields(iat: number): Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970, given `iat`. */
  exp(iat: number): number;
  readonly id?: string;
}

/** A document from this operator, numbered and signed. */
export async function draw(to: Address, { type, fields, exp, id }: Draft, options: SigningOptions): Promise<Composed> {
  const key = await signingKey(options);
  const iat = stopwatch().now().at;
  const { prefix, operator, node } = to;
  const make = (seq: number): Composed => compose(type, fields(iat), { prefix, operator, node, seq, iat, exp: exp(iat), key, ...(id !== undefined && { id }) });
  const sequence = new Sequence(stateDirectory(process.env));
  return make(await sequence.next(make(0).topic, iat));
}

/** Draws, publishes, waits, and says what came of it. Throws a Failure: 65 refused, 69 no broker, 75 no answer in time. */
export async function publish(draft: Draft, options: PublishOptions, { command, node }: { readonly command: Command; readonly node?: string }): Promise<void> {
  const to = await address(node === undefined ? options : { ...options, node });
  await announce(to, { type: draft.type, fields: draft.fields(stopwatch().now().at) }, command);
  const document = await draw(to, draft, options);
  await deliver(to, document, { timeout: options.timeout, command });
}

/** Asks on a terminal; a program that publishes has been told to. What stops or releases racks asks of itself, always. */
export async function announce({ node, operator }: Address, { type, fields }: { readonly type: DocumentType; readonly fields: object }, command: Command): Promise<void> {
  if (type === "EMERGENCY" || type === "RELEASE") return;
  const said = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  await confirm(command, `This publishes a document of type ${type} to ${node} of ${operator}: ${said.join(", ")}. Its racks obey it as soon as they hear it.`, "yes");
}

interface Ack {
  readonly status: string;
  readonly code: string | null;
  readonly reason: string | null;
}

export async function deliver(to: Address, document: Composed, { timeout, command }: { readonly timeout: Millis; readonly command: Command }): Promise<void> {
  const answers = new Map<string, Ack>();
  const bell = new Bell();
  await onBroker(to, {
    subscriptions: timeout === 0 ? [] : [{ topic: `${to.root}/${answering(to.node)}/ack/${document.id}`, qos: 1 }],
    message: ({ topic, payload }) => {
      const node = speakerOf(topic.slice(to.root.length + 1))?.node;
      if (node === undefined) return;
      const ack = readAck(to.cards.open(payload, node)?.said ?? {});
      // The first word after RECEIVED is the answer; what follows is told of the rack's work.
      if (ack !== null && ack.status !== "RECEIVED" && !answers.has(node)) answers.set(node, ack);
      bell.ring();
    },
    body: async (link, clock, signal) => {
      link.publish(document);
      const deadline = clock.now().uptime + timeout;
      // One rack answers once; for a site or for all, everybody who answers in time is heard.
      const enough = (): boolean => to.node.includes("/rack/") && answers.size > 0;
      while (!enough() && !signal.aborted && clock.now().uptime < deadline) {
        await bell.wait(clock, (deadline - clock.now().uptime) as Millis, signal).catch(() => undefined);
      }
    },
  });
  say(document, { answers, timeout, command });
}

function say({ id, topic }: Composed, { answers, timeout, command }: { readonly answers: ReadonlyMap<string, Ack>; readonly timeout: Millis; readonly command: Command }): void {
  if (commonOptions(command).json === true) printJson({ id, topic, answers: Object.fromEntries(answers) });
  else print(`${id} published on ${topic}`, ...[...answers].map(([node, { status, code, reason }]) => `${node}: ${[status, code, reason].filter((word) => word !== null).join(" ")}`));
  const refused = [...answers].find(([, { status }]) => status === "REJECTED");
  if (refused !== undefined) throw new Failure(exit.badInput, `${refused[0]} refused it: ${refused[1].code ?? ""} ${refused[1].reason ?? ""}`.trimEnd());
  if (timeout > 0 && answers.size === 0) {
    throw new Failure(exit.notConfirmed, `no agent answered within ${formatDuration(timeout)}. The broker retains the document; an agent that connects will find it. Signed with a key it knows?`);
  }
}

/** The nodes whose agents answer for a node: itself, or every rack below it. */
function answering(node: string): string {
  if (node === "all" || node.startsWith("area/")) return "site/+/rack/+";
  return node.includes("/rack/") ? node : `${node}/rack/+`;
}

function readAck({ status, code, reason }: Readonly<Record<string, unknown>>): Ack | null {
  const word = (value: unknown): string | null => (typeof value === "string" ? plain(value).slice(0, 200) : null);
  return typeof status === "string" ? { status: plain(status).slice(0, 20), code: word(code), reason: word(reason) } : null;
}
