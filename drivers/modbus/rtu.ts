import { EventEmitter } from "node:events";
import type { Duplex } from "node:stream";
import type { ModbusRTU } from "modbus-serial/ModbusRTU.js";

import { loadModbus } from "./library.ts";
import type { Connection, Pacing } from "./line.ts";
import { RtuReplyFrame } from "./rtu-frame.ts";
import { StreamConnection } from "./stream.ts";

/** Eleven bits a character: start, eight of data, parity or a second stop, stop. */
const BITS_PER_CHARACTER = 11;
/** The standard fixes the silence between frames above this speed. */
const FAST_BAUD = 19_200;
const FAST_GAP_MS = 1.75;
/** Timers are good to a millisecond, and USB adapters hold bytes back for as long. */
const MARGIN_MS = 1;
const UNIT_GAP_MS = 20;
/**
 * The slowest reply of common meters after our patience has ended. In an RTU reply nothing says what it answers: one that comes
 * after this, to a request of the same unit, function and length, would be believed. Profiles of slower devices say a longer one.
 */
const QUIET_MS = 300;

/** 3.5 characters between frames, 1.75 ms above 19200 baud. */
export function rtuPacing(baud: number): Pacing {
  const gap = baud > FAST_BAUD ? FAST_GAP_MS : (3.5 * BITS_PER_CHARACTER * 1_000) / baud;
  return { minGapMs: gap + MARGIN_MS, unitGapMs: UNIT_GAP_MS, connectDelayMs: UNIT_GAP_MS, quietAfterTimeoutMs: QUIET_MS };
}

/** Modbus RTU on any stream of bytes: a serial port, a socket to a gateway that passes frames through, two ends of a pipe. */
export async function rtuConnection(stream: Duplex, name: string): Promise<Connection> {
  const Modbus = await loadModbus();
  const port = new RtuPort(stream);
  const client: ModbusRTU = new Modbus(port);
  client.on("error", () => {});
  client.open(() => {});
  let frame: RtuReplyFrame | null = null;
  return new StreamConnection(stream, {
    name, client,
    reader: (request) => (frame = new RtuReplyFrame(request)),
    // The library checks the sum and reads the data.
    deliver: () => { if (frame !== null) port.emit("data", frame.bytes); },
  });
}

/** What the library takes for a serial port: it writes whole requests with their checksum and is given whole replies. */
class RtuPort extends EventEmitter {
  readonly #stream: Duplex;

  constructor(stream: Duplex) {
    super();
    this.#stream = stream;
  }

  get isOpen(): boolean {
    return !this.#stream.destroyed && this.#stream.writable;
  }

  open(done: (error: null) => void): void {
    done(null);
  }

  write(frame: Buffer): void {
    this.#stream.write(frame);
  }
}
