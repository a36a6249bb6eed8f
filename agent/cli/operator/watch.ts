/** `operator watch`: what the racks say, as it comes. A table on a terminal, a line a change elsewhere. */
import { Command } from "commander";
import { watts, type Watts } from "../../core/units.ts";
import { commonOptions, print, printJson } from "../asking.ts";
import { formatPower, parseDuration } from "../human.ts";
import { celled } from "../sim-table.ts";
import { address, addressed, type AddressOptions } from "./address.ts";
import { onBroker, retainedArrive } from "./conversation.ts";

interface WatchOptions extends AddressOptions {
  readonly once?: true;
}

interface RackLine {
  readonly node: string;
  readonly at: string;
  readonly online: boolean;
  readonly state: string;
  readonly limit: Watts | null;
  readonly measured: Watts | null;
  readonly compliance: string;
  readonly document: string;
  readonly heartbeat: string;
  /** The last acknowledgement. */
  ack: string;
}

/** More racks than fit any screen: one process shows no more. */
const mostRacks = 5_000;
const redrawEvery = parseDuration("1s");

export function watchCommand(): Command {
  return addressed(new Command("watch"))
    .description("show the status of racks as it comes, until Ctrl-C")
    .option("--once", "show what the broker retains, then end")
    .action(watch);
}

async function watch(options: WatchOptions, command: Command): Promise<void> {
  const to = await address({ ...options, node: options.node ?? "all" });
  const racks = new Map<string, RackLine>();
  const filter = to.node === "all" ? "site/+/rack/+" : to.node.includes("/rack/") ? to.node : `${to.node}/rack/+`;
  const table = process.stdout.isTTY || options.once === true;
  const json = commonOptions(command).json === true;
  await onBroker(to, {
    subscriptions: [{ topic: `${to.root}/${filter}/status`, qos: 1 }, { topic: `${to.root}/${filter}/ack/+`, qos: 1 }],
    message: ({ topic, payload }) => {
      const [, node = "", kind] = /^(site\/[^/]+\/rack\/[^/]+)\/(status|ack)/.exec(topic.slice(to.root.length + 1)) ?? [];
      const said = parse(payload);
      if (said === null || (!racks.has(node) && racks.size >= mostRacks)) return;
      if (kind === "status") racks.set(node, lineOf(node, said, racks.get(node)?.ack ?? "-"));
      const rack = racks.get(node);
      if (kind === "ack" && rack !== undefined) rack.ack = `${text(said["id"])} ${text(said["status"])}`;
      if (json) printJson({ topic, ...said });
      else if (!table && rack !== undefined) print(cells(rack).join("  "));
    },
    body: async (_link, clock, signal) => {
      if (options.once === true) {
        await clock.sleep(retainedArrive, signal).catch(() => undefined);
        if (!json) print(draw(racks));
        return;
      }
      while (!signal.aborted) {
        if (table && !json) process.stdout.write(`\x1b[H\x1b[2J${draw(racks)}\n`);
        await clock.sleep(redrawEvery, signal).catch(() => undefined);
      }
    },
  });
}

function lineOf(node: string, status: Readonly<Record<string, unknown>>, ack: string): RackLine {
  const online = status["online"] === true;
  const age = status["heartbeatAgeS"];
  return {
    node, ack, online,
    at: text(status["at"]).slice(11, 19),
    state: online ? text(status["state"]) : "unreachable",
    limit: power(status["effectiveLimitW"]),
    measured: power(status["measuredW"]),
    compliance: text(status["compliance"]),
    document: text(status["bindingDoc"]),
    heartbeat: typeof age === "number" ? `${Math.round(age)} s` : "-",
  };
}

const head = ["RACK", "AT", "STATE", "COMPLIANCE", "BY", "LAST ACK", "HEARTBEAT", "LIMIT", "DRAWS"];

function cells({ node, at, state, compliance, document, ack, heartbeat, limit, measured, online }: RackLine): string[] {
  return [node, at, state, compliance, document, ack, heartbeat, limit === null ? "none" : formatPower(limit), online ? formatPower(measured) : "unknown"];
}

/** The sum counts what is known and says of how many racks. */
function draw(racks: ReadonlyMap<string, RackLine>): string {
  const lines = [...racks.values()].sort((a, b) => (a.node < b.node ? -1 : 1));
  const known = lines.flatMap(({ online, measured }) => (online && measured !== null ? [measured] : []));
  const sum = `${lines.length} ${lines.length === 1 ? "rack" : "racks"}, ${known.length} metered, together ${formatPower(watts(known.reduce((total, drawn) => total + drawn, 0)))}`;
  return `${celled([head, ...lines.map(cells)], 6)}\n${sum}`;
}

function parse(payload: Uint8Array): Readonly<Record<string, unknown>> | null {
  try {
    const said: unknown = JSON.parse(Buffer.from(payload).toString("utf8"));
    return typeof said === "object" && said !== null ? { ...said } : null;
  } catch {
    return null;
  }
}

const power = (value: unknown): Watts | null => (typeof value === "number" && Number.isFinite(value) ? watts(value) : null);
/** What a rack says is shown, never obeyed: no control characters reach the terminal. */
const text = (value: unknown): string => (typeof value === "string" ? value.replaceAll(/\p{Cc}/gu, "").slice(0, 60) : "-");
