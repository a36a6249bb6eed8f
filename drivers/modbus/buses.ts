import { Bus } from "./bus.ts";
import type { BusOptions } from "./bus.ts";
import type { Line } from "./line.ts";
import { rtuOverTcpLine, serialLine } from "./rtu-lines.ts";
import type { SerialSettings } from "./rtu-lines.ts";
import type { TcpAddress, TlsFiles } from "./socket.ts";
import { tcpLine } from "./tcp.ts";

const CONNECT_TIMEOUT_MS = 2_000;

/** Where a device is found, and how frames travel there. */
export type LineAddress =
  | (TcpAddress & { readonly transport?: "tcp" | "rtu-over-tcp" })
  | (TcpAddress & { readonly transport: "tls"; readonly tls: TlsFiles })
  | { readonly transport: "rtu"; readonly serial: SerialSettings };

/** A line in use; `release` closes it with its last user. */
export interface BusLease {
  readonly bus: Bus;
  release(): void;
}

/** All the lines of a rack. Whoever names the same endpoint shares its bus: two connections to one gateway are one too many for most. */
export class Buses {
  readonly #options: BusOptions;
  readonly #open = new Map<string, { readonly bus: Bus; users: number }>();

  constructor(options: BusOptions) {
    this.#options = options;
  }

  lease(address: LineAddress): BusLease {
    const key = keyOf(address);
    const entry = this.#open.get(key) ?? { bus: new Bus(lineOf(address), this.#options), users: 0 };
    this.#open.set(key, entry);
    entry.users += 1;
    let held = true;
    return {
      bus: entry.bus,
      release: () => {
        if (!held) return;
        held = false;
        entry.users -= 1;
        if (entry.users > 0) return;
        this.#open.delete(key);
        entry.bus.close();
      },
    };
  }
}

function lineOf(address: LineAddress): Line {
  switch (address.transport) {
    case "rtu": return serialLine(address.serial);
    case "rtu-over-tcp": return rtuOverTcpLine(address, CONNECT_TIMEOUT_MS);
    case "tls": return tcpLine(address, CONNECT_TIMEOUT_MS, address.tls);
    default: return tcpLine(address, CONNECT_TIMEOUT_MS);
  }
}

const keyOf = (address: LineAddress): string => (address.transport === "rtu" ? address.serial.path : `${address.host}:${address.port}`);
