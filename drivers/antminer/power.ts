/** The only place where stock firmware tells real watts: a port of its own, on some firmwares. */
import { watts, type Watts } from "../../agent/core/units.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import { HttpClient } from "../http/client.ts";

const MAX_REPLY_BYTES = 4 * 1024;
/** A machine that does not tell is asked again after this, as its firmware may have been changed. */
const PAUSE_MS = 600_000;
const LINE = /^\s*miner[ _]power\s*:\s*(\d{1,5}(?:\.\d+)?)\s*W?\s*$/im;

export class PowerPort {
  readonly #client: HttpClient;
  readonly #requestMs: number;
  readonly #now: () => number;
  #askAgain = -Infinity;

  /** `now`: monotonic ms. */
  constructor(host: string, { port, requestMs, now }: { port: number; requestMs: number; now: () => number }) {
    this.#now = now;
    this.#client = new HttpClient({ host, port }, { deadlineMs: requestMs, maxBytes: MAX_REPLY_BYTES });
    this.#requestMs = requestMs;
  }

  /** null: it does not tell. Never throws a DeviceError. */
  async read(signal: AbortSignal): Promise<Watts | null> {
    if (this.#now() < this.#askAgain) return null;
    try {
      const { status, body } = await this.#client.talk("poll", this.#requestMs, signal).send({ method: "GET", path: "/miner_power" });
      const power = status === 200 ? LINE.exec(body)?.[1] : undefined;
      if (power !== undefined) return watts(Number(power));
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
    }
    this.#askAgain = this.#now() + PAUSE_MS;
    return null;
  }
}
