/** The machine the daemon runs on: clock, disk, memory, temperature, network, permissions, versions. */
import { access, constants, stat } from "node:fs/promises";
import type { Config } from "../../config/schema.ts";
import { standing } from "../../host/alarms.ts";
import { kernelSynchronised } from "../../host/clock-sync.ts";
import { figureReader, type HostFigures } from "../../host/figures.ts";
import { explained } from "../../report/runbook/runbook.ts";
import { doubt, fault, ok, type Finding } from "./finding.ts";

const leastNode = [20, 19] as const;

export async function lookAtController({ paths, grid }: Config): Promise<Finding[]> {
  const reader = figureReader(paths.state);
  const figures = await reader.read(grid.clock === "assumed" || (await kernelSynchronised()));
  reader.end();
  const alarms = standing(new Set(), figures);
  const judged = (subject: string, alarm: string, text: string): Finding => {
    const entry = alarms.has(alarm) ? explained(alarm) : null;
    return entry === null ? ok(subject, text) : (entry.level === "error" ? fault : doubt)(subject, text, entry.cure);
  };
  return [
    judged("clock", "clock-unsynced", grid.clock === "assumed" ? "believed without asking (grid.clock: assumed)" : figures.clockSynced ? "synchronised" : "not synchronised"),
    judged("disk", "disk-full", figure(figures.diskFreePct, "% free")),
    judged("memory", "memory-low", figure(figures.memoryAvailablePct, "% available")),
    judged("temperature", "controller-hot", figure(figures.temperatureC, " °C")),
    judged("network", "network-down", ports(figures)),
    node(),
    await state(paths.state),
  ];
}

const figure = (value: number | null, unit: string): string => (value === null ? "not known on this machine" : `${value}${unit}`);
const ports = ({ linksUp }: HostFigures): string => (linksUp === null ? "not known on this machine" : linksUp.length === 0 ? "no port has a link" : `link on ${linksUp.join(", ")}`);

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const enough = major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1]);
  return enough ? ok("node", process.version) : fault("node", process.version, `Install Node ${leastNode.join(".")} or newer, or the package that brings its own.`);
}

async function state(directory: string): Promise<Finding> {
  try {
    const { uid, mode } = await stat(directory);
    if ((mode & 0o007) !== 0) return doubt("state", `${directory} is open to everybody`, `chmod o= ${directory}`);
    if (process.getuid?.() === uid) await access(directory, constants.W_OK);
    return ok("state", `${directory} is closed to others`);
  } catch (error) {
    return fault("state", `${directory}: ${error instanceof Error && "code" in error ? String(error.code) : String(error)}`, "It has to be a directory the daemon's user owns: install -d -o curtaild -g curtaild -m 0750 it. To look into it, use sudo.");
  }
}
