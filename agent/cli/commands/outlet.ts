import { Command } from "commander";
import { parseOutlet } from "../../config/address.ts";
import type { PduRow } from "../../routes/outlets.ts";
import { client, commonOptions, order, print, printJson } from "../asking.ts";
import type { ControlClient } from "../client.ts";
import { exit, Failure } from "../exit.ts";
import { powerText } from "../words.ts";

const ACTIONS = ["on", "off", "lock", "unlock"] as const;
type Action = (typeof ACTIONS)[number];

const done: Readonly<Record<Action, string>> = {
  on: "is closed, and the agent's again.",
  off: "is open, and stays open until you close it.",
  lock: "is locked: nobody switches it, also after a restart of the daemon, until `unlock`.",
  unlock: "is no longer locked.",
};

export const outletCommand = (): Command =>
  new Command("outlet").description("switch an outlet, or lock it while somebody works on it").argument("<outlet>", "PDU/NUMBER, as curtailctl pdu shows them")
    .argument("<action>", ACTIONS.join(", "))
    .requiredOption("--reason <text>", "why; it goes into the record")
    .action(async (name: string, action: string, { reason }: { reason: string }, command: Command) => {
      const outlet = parseOutlet(name);
      const wanted = ACTIONS.find((one) => one === action);
      if (outlet === null) throw new Failure(exit.usage, `"${name}" is no outlet: write PDU/NUMBER, as pdu-1/3`);
      if (wanted === undefined) throw new Failure(exit.usage, `"${action}" is nothing an outlet can do; there are ${ACTIONS.join(", ")}`);
      const will = await asked(client(command), outlet, wanted);
      const path = `/outlets/${encodeURIComponent(outlet.meter)}/${outlet.outlet}`;
      const answer = wanted === "on" || wanted === "off"
        ? await order(command, { will, path, body: { on: wanted === "on", why: reason } })
        : await order(command, { will, path: `${path}/lock`, body: { locked: wanted === "lock", why: reason } });
      if (commonOptions(command).json === true) printJson(answer);
      else print(`${name} ${done[wanted]}`);
    });

/** What will happen, with what hangs on it now. */
async function asked(daemon: ControlClient, { meter, outlet }: { readonly meter: string; readonly outlet: number }, action: Action): Promise<string> {
  const rows = (await daemon.ask("GET", "/pdus")) as PduRow[];
  const row = rows.find(({ id }) => id === meter)?.outlets.find((one) => one.outlet === outlet);
  if (row === undefined) throw new Failure(exit.usage, `there is no outlet ${meter}/${outlet}: curtailctl pdu shows which there are`);
  const load = `${row.device ?? "no registered miner"} hangs on ${meter}/${outlet}, which draws ${powerText(row.powerW)}`;
  switch (action) {
    case "on": return `${load}. This gives it power: it boots and may draw its most on the way.`;
    case "off": return `${load}. This takes its power away at once; a miner is better put to sleep first.`;
    case "lock": return `${load}. Nobody will switch it, not even in an emergency, until you unlock it.`;
    case "unlock": return `${load}. The agent may switch it again as its rule says (${row.opens}).`;
  }
}
