import { Command } from "commander";
import type { EstopAnswer } from "../answers.ts";
import { client, commonOptions, order, print, printJson } from "../asking.ts";
import { judged } from "../words.ts";

/** `estop` shows, `estop reset` clears. To stop the rack by hand there is `curtailctl stop`. */
export function estopCommand(): Command {
  const estop = new Command("estop").description("the emergency stop at the rack, and `estop reset`").action(async (_options: object, command: Command) => {
    const answer = (await client(command).ask("GET", "/estop")) as EstopAnswer;
    if (commonOptions(command).json === true) printJson(answer);
    else print(...estopLines(answer));
  });
  estop.command("reset").description("clear it, once every contact is closed").action(async (_options: object, command: Command) => {
    const will = "This clears the emergency stop: the rack wakes as far as its limit allows. Is nobody at the machines?";
    const answer = (await order(command, { will, path: "/estop/reset" })) as { cleared: boolean };
    if (commonOptions(command).json === true) printJson(answer);
    else print(answer.cleared ? "The emergency stop is cleared." : "There was no emergency stop.");
  });
  return estop;
}

export function estopLines({ latch, contacts }: EstopAnswer): string[] {
  const stopped = latch === null
    ? `estop      ${judged("ok")}; to stop the rack by hand: curtailctl stop`
    : `estop      ${judged("emergency")} since ${new Date(latch.at).toISOString()}: ${latch.contact} was ${latch.reason}. Clear it with: curtailctl estop reset`;
  if (contacts.length === 0) return [stopped, "contacts   none; name them under contacts.estop in the configuration"];
  return [stopped, ...contacts.map(({ contact, state }) => `contact    ${contact} ${judged(state === "closed" ? "ok" : "failed")}${state === "closed" ? ", closed" : `, ${state}`}`)];
}
