/** What the daemon says of the rack, and what lies behind each machine it cannot read. */
import type { Config } from "../../config/schema.ts";
import { explained } from "../../report/runbook/runbook.ts";
import type { DeviceRow, GridAnswer, StatusDocument } from "../answers.ts";
import type { ControlClient } from "../client.ts";
import { Failure } from "../exit.ts";
import { version } from "../version.ts";
import { complianceText, limitText, plain } from "../words.ts";
import { doubt, fault, ok, type Finding } from "./finding.ts";
import { unreached } from "./reach.ts";

interface MeterRow {
  readonly id: string;
  readonly role: string;
  readonly failure: string | null;
}

export async function lookAtDaemon(daemon: ControlClient): Promise<Finding[]> {
  try {
    const status = (await daemon.ask("GET", "/status")) as StatusDocument;
    return [ok("daemon", `runs ${status.software}`), ...judge(status), ...(await lookAtTongues(daemon))];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [fault("daemon", error.message, "systemctl status curtaild; journalctl -u curtaild -b -p warning")];
  }
}

/** A second grid: whether it is heard, and else why not. */
async function lookAtTongues(daemon: ControlClient): Promise<Finding[]> {
  const answer = await told<Pick<GridAnswer, "tongues">>(daemon, "/grid");
  return (answer?.tongues ?? []).map(({ by, heard, trouble }) =>
    heard && trouble === null ? ok(by, "is heard") : (heard ? doubt : fault)(by, trouble === null ? "is not heard" : plain(trouble), "Correct what is named: network, address, certificate or what this rack is let in with. Until it is heard the failsafe limit holds."));
}

const cureOf = (name: string): string => explained(name)?.cure ?? "See the runbook.";

function judge(status: StatusDocument): Finding[] {
  const { state, compliance, config, storage, clock, software } = status;
  const judged = (subject: string, word: string, { bad, odd, text }: { readonly bad: readonly string[]; readonly odd: readonly string[]; readonly text: string }): Finding =>
    bad.includes(word) ? fault(subject, text, cureOf(word)) : odd.includes(word) ? doubt(subject, text, cureOf(word)) : ok(subject, text);
  return [
    judged("grid", state, { bad: ["failsafe"], odd: ["init", "emergency"], text: `${state}; the limit is ${limitText(status)}` }),
    judged("rack", compliance, { bad: ["violating"], odd: ["unverified", "at-floor"], text: complianceText(status) }),
    ...(config === "ok" ? [] : [fault("configuration", "the daemon runs the last good one under the failsafe limit", "Correct the file, then systemctl restart curtaild.")]),
    ...(storage === "ok" ? [] : [fault("storage", "nothing can be kept", cureOf("storage.failed"))]),
    ...(clock === "unsynced" ? [doubt("clock", "the daemon does not believe its clock", cureOf("clock-unsynced"))] : []),
    ...(software === `curtaild/${version}` ? [] : [doubt("version", `${software} runs, curtaild/${version} is installed`, "systemctl restart curtaild")]),
  ];
}

/** Machines and meters as the daemon reads them; where no daemon answers, as the configuration names them. */
export async function lookAtMachines(daemon: ControlClient, { miners, meters }: Config, progress: (text: string) => void): Promise<Finding[]> {
  const [rows, read] = await Promise.all([told<readonly DeviceRow[]>(daemon, "/devices"), told<readonly MeterRow[]>(daemon, "/meters")]);
  const known = new Map(rows?.map((row) => [row.id, row]));
  const readings = new Map(read?.map((row) => [row.id, row]));
  let done = 0;
  const look = async (subject: string, address: Config["miners"][number]["address"] | null, { trouble, driver }: { readonly trouble: string | null | undefined; readonly driver: string }): Promise<Finding> => {
    if (trouble === null) return ok(subject, "answers");
    const away = address === null ? null : await unreached(address);
    progress(`${++done} of ${miners.length + meters.length} machines`);
    if (away !== null) return fault(subject, away.text, away.cure);
    if (trouble === undefined) return ok(subject, "listens");
    if (trouble === "timeout") return fault(subject, "it takes connections and does not answer", "It hangs or is starting: wait two minutes, then curtailctl restart ID, or its outlet off for 30 s.");
    return fault(subject, trouble, `Something listens there that does not answer as ${driver} does: check driver or profile, unit and passwordFile.`);
  };
  const found: Finding[] = [];
  const machines = [
    ...miners.map(({ id, address, driver }) => ({ subject: `miner ${id}`, address, driver, trouble: troubleOf(known.get(id)) })),
    ...meters.map(({ id, address, profile }) => ({ subject: `meter ${id}`, address, driver: profile, trouble: readings.get(id)?.failure })),
  ].values();
  // A few at a time: a doctor must not be the storm.
  await Promise.all(Array.from({ length: 16 }, async () => {
    for (const { subject, address, driver, trouble } of machines) found.push(await look(subject, address, { trouble, driver }));
  }));
  if (!meters.some(({ role }) => role === "rack")) found.push(doubt("meters", "none measures the rack", "Without a meter with role rack compliance stays unverified."));
  return found;
}

/** null: it is well; undefined: nobody knows. */
const troubleOf = (row: DeviceRow | undefined): string | null | undefined =>
  row === undefined ? undefined : row.quarantineReason !== null ? `in quarantine: ${row.quarantineReason}` : row.unknownReason === null || row.unknownReason === "not-polled" ? null : row.unknownReason;

const told = async <T>(daemon: ControlClient, path: string): Promise<T | null> => {
  try {
    return (await daemon.ask("GET", path)) as T;
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
};
