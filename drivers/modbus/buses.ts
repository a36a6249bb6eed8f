import { Bus } from "./bus.ts";
import type { BusOptions } from "./bus.ts";
import { tcpLine } from "./tcp.ts";
import type { TcpAddress } from "./tcp.ts";

const CONNECT_TIMEOUT_MS = 2_000;

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

  tcp(address: TcpAddress): BusLease {
    const key = `tcp://${address.host}:${address.port}`;
    const entry = this.#open.get(key) ?? { bus: new Bus(tcpLine(address, CONNECT_TIMEOUT_MS), this.#options), users: 0 };
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
