/** A connection that outlives its exchange where another request follows at once, and only then: one that idles keeps others out. */
import { Agent } from "node:http";

export class KeptConnection {
  /** At most one connection. */
  readonly agent = new Agent({ keepAlive: true, maxSockets: 1, maxFreeSockets: 1 });

  /** An exchange has ended. Who goes on, does so before this event's work is over. */
  idle(): void {
    setImmediate(() => this.close());
  }

  /** Closes what nobody uses. */
  close(): void {
    for (const sockets of Object.values(this.agent.freeSockets)) for (const socket of [...(sockets ?? [])]) socket.destroy();
  }
}
