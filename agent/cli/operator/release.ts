/** `operator release`: ends the emergency it names. The agent acts on it when a heartbeat confirms it. */
import { Command } from "commander";
import type { IncomingMessage } from "../../runtime/link.ts";
import { confirm } from "../asking.ts";
import { exit, Failure } from "../exit.ts";
import { parseDuration } from "../human.ts";
import { address } from "./address.ts";
import { onBroker, retainedArrive } from "./conversation.ts";
import { eventId } from "./event.ts";
import { publish, publishing, type PublishOptions } from "./publishing.ts";
import { readSpoken } from "./spoken.ts";

const retainedFor = parseDuration("365d");

export function releaseCommand(): Command {
  return publishing(new Command("release"))
    .description("end the emergency of a node; racks come back after the next heartbeat")
    .argument("[id]", "the emergency's id; without it the one the broker retains", eventId)
    .action(async (given: string | undefined, options: PublishOptions, command: Command) => {
      const releases = given ?? (await retainedEmergency(options));
      await confirm(command, `This releases ${releases} of ${options.node ?? "the node"}: its racks come back.`);
      await publish({ type: "RELEASE", fields: () => ({ releases }), exp: (iat) => iat + retainedFor }, options, { command });
    });
}

async function retainedEmergency(options: PublishOptions): Promise<string> {
  const to = await address(options);
  const topic = `${to.root}/${to.node}/emergency`;
  const found: IncomingMessage[] = [];
  await onBroker(to, {
    subscriptions: [{ topic, qos: 1 }],
    message: (message) => void found.push(message),
    body: async (_link, clock, signal) => clock.sleep(retainedArrive, signal).catch(() => undefined),
  });
  const spoken = readSpoken(found.at(-1)?.payload ?? new Uint8Array());
  if (spoken === null || spoken.type !== "EMERGENCY") {
    throw new Failure(exit.badInput, `the broker retains no EMERGENCY on ${topic}. If one is latched all the same, release it by its id: \`curtailctl grid show\` at the rack names it.`);
  }
  return spoken.id;
}
