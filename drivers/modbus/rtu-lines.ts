import { DeviceError } from "../../agent/runtime/errors.ts";
import { loadSerialPort } from "./library.ts";
import type { Line } from "./line.ts";
import { rtuConnection, rtuPacing } from "./rtu.ts";
import { openSocket } from "./socket.ts";
import type { TcpAddress } from "./socket.ts";

export interface SerialSettings {
  /** `/dev/ttyUSB0`; better a name under /dev/serial/by-id, which stays when adapters are replugged. */
  readonly path: string;
  readonly baud: number;
  readonly parity: "none" | "even" | "odd";
  readonly stopBits: 1 | 2;
}

/** The slowest line gateways are set to: what they need between frames behind our back. */
const GATEWAY_BAUD = 9_600;

/** RTU frames as they are through a TCP socket: serial servers in transparent mode, and PDUs that were built around one. */
export function rtuOverTcpLine(address: TcpAddress, connectTimeoutMs: number): Line {
  const name = `${address.host}:${address.port} (RTU)`;
  return {
    name,
    pacing: rtuPacing(GATEWAY_BAUD),
    open: async (signal) => rtuConnection(await openSocket({ ...address, connectTimeoutMs }, signal), name),
  };
}

/** A serial port of this machine, held for ourselves alone. The package that opens it is loaded with the first one. */
export function serialLine({ path, baud, parity, stopBits }: SerialSettings): Line {
  let closed = Promise.resolve();
  return {
    name: path,
    pacing: rtuPacing(baud),
    async open() {
      const { SerialPort } = await loadSerialPort().catch((error: unknown) => {
        throw new DeviceError("unreachable", `${path}: the package serialport is not installed: npm install serialport`, { cause: error });
      });
      // The last one holds the lock until it is closed.
      await closed;
      const port = new SerialPort({ path, baudRate: baud, parity, stopBits, dataBits: 8, lock: true, autoOpen: false });
      port.on("error", () => {});
      // The package's stream does not close its port when it is destroyed: the port would stay open and locked for good.
      port.once("close", () => {
        if (port.isOpen && !port.closing) closed = new Promise((resolve) => { port.close(() => resolve()); });
      });
      await new Promise<void>((resolve, reject) => {
        port.open((error) => (error === null ? resolve() : reject(new DeviceError("unreachable", `cannot open ${path}: ${error.message}`, { cause: error }))));
      });
      // What a reply too late has left in the driver's buffer answers nothing of ours.
      await new Promise<void>((resolve) => { port.flush(() => resolve()); });
      return rtuConnection(port, path);
    },
  };
}
