import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:net";

export interface Broker {
  /** mqtt://HOST:PORT */
  readonly url: string;
  /** Says something itself. */
  publish(topic: string, payload: string): void;
  close(): Promise<void>;
}

/** An MQTT 3.1.1 broker in this process, for rigs, demos and tests: no persistence, no access control. Port 0, the default, takes a free one. */
export async function startBroker({ host = "127.0.0.1", port = 0 }: { host?: string; port?: number } = {}): Promise<Broker> {
  // Loaded only here: the daemon never needs a broker of its own.
  const { Aedes } = await import("aedes");
  const aedes = await Aedes.createBroker();
  const clients = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    clients.add(socket);
    socket.once("close", () => clients.delete(socket));
    aedes.handle(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const bound = server.address() as AddressInfo;
  return {
    url: `mqtt://${bound.address}:${bound.port}`,
    publish: (topic, payload) => aedes.publish({ cmd: "publish", topic, payload, qos: 1, retain: false, dup: false }, () => undefined),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      await new Promise<void>((resolve) => aedes.close(resolve));
      for (const socket of clients) socket.destroy();
      await closed;
    },
  };
}
