/** A link under test: what it heard, what it logged, and how to wait for either. */
import { mqttLink, type MqttLinkOptions } from "../../agent/link/mqtt-link.ts";
import type { IncomingMessage, Link } from "../../agent/runtime/link.ts";
import type { Log } from "../../agent/runtime/log.ts";
import { stopwatch } from "../../agent/runtime/system-clock.ts";

export interface RunningLink extends AsyncDisposable {
  readonly link: Link;
  /** `connected 1`, `lost: reason`, `topic=payload`, `topic=payload retained`. */
  readonly heard: string[];
  readonly logged: string[];
  /** Resolves when the link has ended. */
  stop(): Promise<void>;
}

/** `hear`: what is done with each message besides noting it. */
export function runLink(urls: readonly string[], options: Partial<MqttLinkOptions> = {}, hear: (message: IncomingMessage) => void = () => undefined): RunningLink {
  const heard: string[] = [];
  const logged: string[] = [];
  const note = (fields: object, text: string): void => void logged.push(`${text} ${JSON.stringify(fields)}`);
  const log: Log = { debug: note, info: note, warn: note, error: note };
  const link = mqttLink({ urls, clientId: "rack", subscriptions: [{ topic: "in/#", qos: 1 }], clock: stopwatch(), log, random: () => 1, ...options });
  const ending = new AbortController();
  const done = link.run(
    {
      message: (message) => {
        const { topic, payload, retain } = message;
        heard.push(`${topic}=${Buffer.from(payload).toString()}${retain ? " retained" : ""}`);
        hear(message);
      },
      connected: (count) => heard.push(`connected ${count}`),
      disconnected: (reason) => heard.push(`lost: ${reason}`),
    },
    ending.signal,
  );
  const stop = (): Promise<void> => {
    ending.abort();
    return done;
  };
  return { link, heard, logged, stop, [Symbol.asyncDispose]: stop };
}

/** Looks every few milliseconds; fails after `withinMs` saying what there was. */
export async function until(holds: () => boolean, seen: () => unknown = () => "", withinMs = 4_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${JSON.stringify(seen())}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const say = (topic: string, payload: string, retain = false) => ({ topic, payload, qos: 1, retain }) as const;
