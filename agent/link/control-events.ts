/** Server-sent events to whoever follows: bounded in number, and a follower that does not read is let go. */
import type { ServerResponse } from "node:http";
import type { Secrets } from "../runtime/secrets.ts";
import { ControlError } from "./control-http.ts";

/** Calls `emit` for each event from now on; returns how to stop. */
export type Follow = (emit: (event: object) => void) => () => void;

const mostFollowers = 32;
const mostBacklog = 262_144;

export class EventStreams {
  readonly #open = new Set<ServerResponse>();

  /** Sends `first`, then what comes, until the follower or the daemon goes. */
  begin(response: ServerResponse, first: readonly unknown[], { follow, secrets }: { readonly follow: Follow; readonly secrets: Secrets }): void {
    if (this.#open.size >= mostFollowers) throw new ControlError(503, `${mostFollowers} follow the events already`, "End one of them.");
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.flushHeaders();
    const emit = (event: unknown): void => {
      if (response.writableLength > mostBacklog) response.destroy();
      else response.write(`data: ${JSON.stringify(event, secrets.replacer)}\n\n`);
    };
    for (const event of first) emit(event);
    const stop = follow(emit);
    this.#open.add(response);
    response.on("close", () => {
      this.#open.delete(response);
      stop();
    });
  }

  end(): void {
    for (const response of this.#open) response.end();
  }
}
