import type { Socket } from "node:net";
import type { ModbusRTU } from "modbus-serial/ModbusRTU.js";

import { DeviceError } from "../../agent/runtime/errors.ts";
import { ReplyFrame } from "./frame.ts";
import { NO_PACING } from "./line.ts";
import { loadModbus } from "./library.ts";
import type { Line } from "./line.ts";
import { openSocket } from "./socket.ts";
import type { TcpAddress, TlsFiles } from "./socket.ts";
import { StreamConnection } from "./stream.ts";

/** Modbus/TCP; with `tls` Modbus/TCP Security (usually port 802). */
export function tcpLine(address: TcpAddress, connectTimeoutMs: number, tls?: TlsFiles): Line {
  const name = `${address.host}:${address.port}`;
  return {
    name,
    pacing: NO_PACING,
    async open(signal) {
      const socket = await openSocket({ ...address, connectTimeoutMs, ...(tls !== undefined && { tls }) }, signal);
      try {
        return new StreamConnection(socket, { name, client: await client(socket, address.port), reader: (request) => new ReplyFrame(request) });
      } catch (error) {
        socket.destroy();
        throw new DeviceError("unreachable", `${name}: the connection ended while it was set up`, { cause: error });
      }
    },
  };
}

/** The library is loaded with the first connection: a rack without Modbus does not pay for it. */
async function client(socket: Socket, port: number): Promise<ModbusRTU> {
  const Modbus = await loadModbus();
  const created = new Modbus();
  created.on("error", () => {});
  // Without a timeout of the library's own: its timer neither drops the connection nor forgets the transaction.
  await created.linkTCP(socket, { port });
  return created;
}
