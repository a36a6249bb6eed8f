import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";

import { DeviceError } from "../../agent/runtime/errors.ts";

export interface TcpAddress {
  readonly host: string;
  readonly port: number;
}

/** Modbus/TCP Security: who may vouch for the device, and who we are to it. Paths of PEM files, read with every connection, so that a renewed certificate is used. */
export interface TlsFiles {
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
  /** The name in the device's certificate, where it is not the host's. */
  readonly serverName: string | null;
}

export interface SocketOptions extends TcpAddress {
  readonly connectTimeoutMs: number;
  readonly tls?: TlsFiles;
}

/** A connected socket that is ours. A black hole answers nothing at all, so the timer is ours too. Rejects with DeviceError("unreachable"). */
export async function openSocket(options: SocketOptions, signal: AbortSignal): Promise<Socket> {
  const { host, port, connectTimeoutMs, tls } = options;
  const failed = (error: Error): DeviceError => new DeviceError("unreachable", `cannot connect to ${host}:${port}: ${error.message}`, { cause: error });
  const identity = tls === undefined ? null : await identityOf(tls).catch((error: unknown) => { throw failed(error as Error); });
  return new Promise((resolve, reject) => {
    const plain = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 10_000 });
    const socket = identity === null ? plain : connectTls({ socket: plain, ...identity, servername: tls?.serverName ?? (isAddress(host) ? "" : host), host: tls?.serverName ?? host, minVersion: "TLSv1.2" });
    const timer = setTimeout(() => socket.destroy(new Error(`no answer within ${connectTimeoutMs} ms`)), connectTimeoutMs);
    const stop = (): void => { socket.destroy(new Error("given up")); };
    const clear = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    };
    const broken = (error: Error): void => {
      clear();
      plain.destroy();
      reject(failed(error));
    };
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    socket.on("error", broken);
    // TLS knows no reset of its own.
    if (socket !== plain) {
      socket.resetAndDestroy = () => {
        plain.resetAndDestroy();
        return socket.destroy();
      };
    }
    // Under TLS the plain socket fails on its own, before there is a session to fail.
    if (socket !== plain) plain.on("error", (error) => socket.destroy(error));
    socket.once(identity === null ? "connect" : "secureConnect", () => {
      clear();
      socket.off("error", broken);
      // Whoever uses the socket sees its end by "close"; the reason adds nothing then.
      socket.on("error", () => {});
      resolve(socket);
    });
  });
}

/** SNI carries names only. */
const isAddress = (host: string): boolean => /^[\d.]+$|:/.test(host);

async function identityOf({ caFile, certFile, keyFile }: TlsFiles): Promise<{ ca?: Buffer; cert?: Buffer; key?: Buffer }> {
  const [ca, cert, key] = await Promise.all([caFile, certFile, keyFile].map(async (file) => (file === null ? null : readFile(file))));
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}
