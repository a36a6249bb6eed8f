/** How the controller itself is: from /proc and /sys, a tenth of a millisecond, no child process. Unknown is null. */
import { readdir, readFile, statfs } from "node:fs/promises";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";

export interface HostFigures {
  /** The hottest sensor of the machine. */
  readonly temperatureC: number | null;
  /** Of the disk with the state, for bytes and for files: the smaller. */
  readonly diskFreePct: number | null;
  readonly memoryAvailablePct: number | null;
  readonly clockSynced: boolean;
  /** Names of network ports with a link. */
  readonly linksUp: readonly string[] | null;
  /** Longest of 99 of 100 waits of the daemon's loop since the last look. */
  readonly loopDelayMs: number | null;
}

export interface FigureReader {
  read(clockSynced: boolean): Promise<HostFigures>;
  end(): void;
}

const loopResolutionMs = 100;

/** `state`: a directory on the disk that matters. `root`: where /proc and /sys begin. */
export function figureReader(state: string, root = "/"): FigureReader {
  const loop = monitorEventLoopDelay({ resolution: loopResolutionMs });
  loop.enable();
  return {
    async read(clockSynced) {
      const [temperatureC, diskFreePct, memoryAvailablePct, linksUp] = await Promise.all([hottest(root), diskFree(state), memoryAvailable(root), links(root)]);
      // What it calls delay is the whole wait, its own resolution included.
      const loopDelayMs = loop.count === 0 ? null : Math.max(0, Math.round(loop.percentile(99) / 1e6) - loopResolutionMs);
      loop.reset();
      return { temperatureC, diskFreePct, memoryAvailablePct, clockSynced, linksUp, loopDelayMs };
    },
    end: () => void loop.disable(),
  };
}

async function hottest(root: string): Promise<number | null> {
  const zones = await entries(join(root, "sys/class/thermal"), /^thermal_zone/, "temp");
  const chips = (await list(join(root, "sys/class/hwmon"))).map((chip) => join(root, "sys/class/hwmon", chip));
  const inputs = await Promise.all(chips.map(async (chip) => (await list(chip)).filter((name) => /^temp\d+_input$/.test(name)).map((name) => join(chip, name))));
  const texts = await Promise.all([...zones, ...inputs.flat()].map(text));
  // Sensors that are not there read as nonsense: nothing that runs is colder than -40 or hotter than 150.
  const degrees = texts.map((reading) => Number(reading ?? Number.NaN) / 1_000).filter((degree) => degree > -40 && degree < 150 && degree !== 0);
  return degrees.length === 0 ? null : Math.round(Math.max(...degrees));
}

async function diskFree(directory: string): Promise<number | null> {
  try {
    const { blocks, bavail, files, ffree } = await statfs(directory);
    const shares = [[bavail, blocks], [ffree, files]].filter(([, all = 0]) => all > 0).map(([free = 0, all = 1]) => (free / all) * 100);
    return shares.length === 0 ? null : Math.round(Math.min(...shares) * 10) / 10;
  } catch {
    return null;
  }
}

async function memoryAvailable(root: string): Promise<number | null> {
  const lines = (await text(join(root, "proc/meminfo"))) ?? "";
  const figure = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(lines)?.[1] ?? Number.NaN);
  const share = (figure("MemAvailable") / figure("MemTotal")) * 100;
  return Number.isFinite(share) ? Math.round(share * 10) / 10 : null;
}

async function links(root: string): Promise<readonly string[] | null> {
  const directory = join(root, "sys/class/net");
  const ports = (await list(directory)).filter((name) => name !== "lo");
  const states = await Promise.all(ports.map((name) => text(join(directory, name, "operstate"))));
  if (states.every((state) => state === null)) return null;
  // Virtual ports know no other word than "unknown" while they work.
  return ports.filter((_, index) => states[index] === "up" || states[index] === "unknown");
}

async function entries(directory: string, name: RegExp, file: string): Promise<string[]> {
  return (await list(directory)).filter((entry) => name.test(entry)).map((entry) => join(directory, entry, file));
}

const list = (directory: string): Promise<string[]> => readdir(directory).catch(() => []);
const text = (file: string): Promise<string | null> => readFile(file, "utf8").then((content) => content.trim(), () => null);

/** What this process takes. */
export function processUsage(): { readonly cpuS: number; readonly residentBytes: number } {
  const { user, system } = process.cpuUsage();
  return { cpuS: (user + system) / 1e6, residentBytes: process.memoryUsage.rss() };
}
