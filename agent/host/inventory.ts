/** What machine this is: make, board, processor, disks, ports. It starts shells and may take seconds: `curtaild inventory` runs it, the daemon never does. */

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
