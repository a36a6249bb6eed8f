/** Debian's mosquitto, and what it takes of the machine. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { owned } from "../bench/processes.ts";
import { freePort } from "../free-port.ts";

export const MOSQUITTO = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto"].find((path) => existsSync(path)) ?? null;

/** The kernel counts a process's time in these. */
const TICKS_A_SECOND = 100;

export class FleetBroker {
  readonly url: string;
  readonly child: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.child = child;
  }

  static async start(directory: string): Promise<FleetBroker> {
    const port = await freePort();
    const file = join(directory, "mosquitto.conf");
    // As docs/mosquitto has it, but for TLS and the access list: what is measured is the routing.
    writeFileSync(file, `${process.getuid?.() === 0 ? "user root\n" : ""}listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\nsys_interval 1\nmax_queued_messages 1000\nset_tcp_nodelay true\n`);
    const child = owned(spawn(MOSQUITTO ?? "mosquitto", ["-c", file], { stdio: ["ignore", "ignore", "pipe"] }));
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    for (let tries = 0; !said.includes("running"); tries += 1) {
      if (child.exitCode !== null || tries > 200) throw new Error(`mosquitto did not start: ${said}`);
      await pause(10);
    }
    return new FleetBroker(`mqtt://127.0.0.1:${port}`, child);
  }

  /** Resident memory. */
  get residentMb(): number {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.child.pid}/status`, "utf8"))?.[1] ?? "NaN";
    return (Number(kib) * 1024) / 1e6;
  }

  get cpuMs(): number {
    const [, rest = ""] = readFileSync(`/proc/${this.child.pid}/stat`, "utf8").split(") ");
    const fields = rest.split(" ");
    return ((Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND) * 1000;
  }
}
