/** What machine this is: make, board, processor, disks, ports. It starts shells and takes seconds: in a child of its own only. */
import { execFile } from "node:child_process";

/** Plain text and figures, as the machine's firmware has them; no serial numbers of disks and no keys. */
export type Inventory = Readonly<Record<string, unknown>>;

export async function readInventory(): Promise<Inventory> {
  const { default: system } = await import("systeminformation");
  const [machine, board, bios, cpu, memory, os, disks, ports] = await Promise.all([
    system.system(), system.baseboard(), system.bios(), system.cpu(), system.mem(), system.osInfo(), system.diskLayout(), system.networkInterfaces(),
  ]);
  return {
    machine: `${machine.manufacturer} ${machine.model}`.trim(),
    board: `${board.manufacturer} ${board.model}`.trim(),
    bios: `${bios.vendor} ${bios.version}`.trim(),
    processor: `${cpu.manufacturer} ${cpu.brand}`.trim(),
    cores: cpu.cores,
    memoryMB: Math.round(memory.total / 1_048_576),
    os: `${os.distro} ${os.release}`,
    kernel: os.kernel,
    architecture: os.arch,
    disks: disks.map(({ name, type, size }) => ({ name, type, sizeGB: Math.round(size / 1e9) })),
    ports: (Array.isArray(ports) ? ports : [ports]).map(({ iface, mac, speed, ip4 }) => ({ name: iface, mac, speedMbps: speed, address: ip4 })),
  };
}

const most = { timeout: 30_000, maxBuffer: 1_048_576 };

/** Asks a child: `command` is this program with what makes it print its inventory. null: it could not say. */
export function askInventory(command: readonly string[], signal: AbortSignal): Promise<Inventory | null> {
  const [program = "", ...args] = command;
  return new Promise((resolve) => {
    execFile(program, args, { ...most, signal, killSignal: "SIGKILL" }, (error, output) => resolve(error === null ? parsed(output) : null));
  });
}

function parsed(output: string): Inventory | null {
  try {
    return JSON.parse(output) as Inventory;
  } catch {
    return null;
  }
}
