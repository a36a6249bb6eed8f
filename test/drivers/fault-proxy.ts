/** A TCP proxy between a driver and its simulator: counts what is open, and cuts connections as no simulator can. */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import type { Address } from "../../drivers/cgminer/ask-once.ts";

export interface FaultProxy extends AsyncDisposable {
  readonly address: Address;
  /** Connections of the driver open now. */
  readonly open: number;
  /** Pass half of each answer on, then reset. */
  resetAfterData: boolean;
}

export async function faultProxy(upstream: Address): Promise<FaultProxy> {
  const clients = new Set<Socket>();
  const proxy = { resetAfterData: false };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const miner = connect({ ...upstream, allowHalfOpen: true });
    clients.add(client);
    client.on("data", (chunk: Buffer) => miner.write(chunk));
    miner.on("data", (chunk: Buffer) => {
      if (!proxy.resetAfterData) client.write(chunk);
      else client.write(chunk.subarray(0, chunk.length / 2), () => setTimeout(() => client.resetAndDestroy(), 5));
    });
    miner.on("end", () => client.end());
    client.on("end", () => miner.end());
    miner.on("error", () => client.resetAndDestroy());
    client.on("error", () => {});
    client.on("close", () => {
      clients.delete(client);
      miner.destroy();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(proxy, {
    address: { host: "127.0.0.1", port: (server.address() as AddressInfo).port },
    get open(): number {
      return clients.size;
    },
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) client.destroy();
      server.close();
      await once(server, "close");
    },
  });
}
