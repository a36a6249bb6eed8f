/** `operator emergency`: stops a rack, a site or all, until it is released. */
import { Command, Option } from "commander";
import { confirm } from "../asking.ts";
import { parseDuration } from "../human.ts";
import { publish, publishing, type PublishOptions } from "./publishing.ts";

interface EmergencyOptions extends PublishOptions {
  readonly action: "STOP" | "BLACK_START_HOLD";
  readonly drill?: true;
}

/** An emergency has no end in time; the envelope asks for one. */
const formalLength = parseDuration("365d");

export function emergencyCommand(): Command {
  return publishing(new Command("emergency"))
    .description("stop the racks of a node at once, until `release`")
    .addOption(new Option("--action <action>", "what to do").choices(["STOP", "BLACK_START_HOLD"]).default("STOP"))
    .option("--drill", "a rehearsal: acted on, and marked in every answer")
    .action(async (options: EmergencyOptions, command: Command) => {
      await confirm(command, `This stops every machine of ${options.node ?? "the node"} by the fastest safe path, until it is released.`);
      await publish({ type: "EMERGENCY", fields: () => ({ action: options.action, ...(options.drill === true && { drill: true }) }), exp: (iat) => iat + formalLength }, options, { command });
    });
}
